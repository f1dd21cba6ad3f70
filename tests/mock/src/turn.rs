//! A turn of the filter: from when the host calls it until it returns, and what it may ask meanwhile.
//! The answers are Envoy's.

mod headers;
mod metrics;
mod plugin;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::answer::Reply;
use crate::call::{Call, HostCall, Level, Log};
use crate::fault::{Effect, Fault};
use crate::foreign::ForeignFunction;
use crate::shared::SharedData;
use crate::status::Status;
use crate::stream::Stream;

/// One turn. Nothing outlives it but what is taken from it.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// The plugin's name.
    pub(crate) name: String,
    /// The plugin's configuration, while it is being configured.
    pub(crate) configuration: Option<Vec<u8>>,
    pub(crate) stream: Option<Stream>,
    /// Nanoseconds since the Unix epoch; `None`: the machine's clock.
    pub(crate) clock: Option<u64>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) calls: Vec<HostCall>,
    pub(crate) logs: Vec<Log>,
    /// The plugin's metrics by name.
    pub(crate) metrics: BTreeMap<String, u64>,
    /// The metrics of the VM: kind and name; an ID is a place here, from 1.
    pub(crate) definitions: Vec<(u32, String)>,
    /// How often the plugin wants to be called; `None`: never.
    pub(crate) tick_period: Option<Duration>,
    /// What the VM shares with those of other workers.
    pub(crate) shared: SharedData,
    /// The foreign functions that there are, by name.
    pub(crate) foreign_functions: BTreeMap<String, ForeignFunction>,
}

impl Turn {
    /// Notes a call; `Some` if a fault answers in its place.
    fn note(&mut self, call: Call, argument: String) -> Result<Option<Vec<u8>>, Status> {
        let effects: Vec<Effect> =
            self.faults.iter_mut().filter_map(|fault| fault.strike(call, &argument)).collect();
        self.calls.push(HostCall { call, argument });
        match effects.into_iter().next() {
            None => Ok(None),
            Some(Effect::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Effect::Status(status)) => Err(status),
        }
    }

    pub(crate) fn log(&mut self, level: u32, message: &[u8]) -> Result<(), Status> {
        let message = text(message);
        if self.note(Call::Log, message.clone())?.is_some() {
            return Ok(());
        }
        let level = Level::from_number(level).ok_or(Status::BAD_ARGUMENT)?;
        self.logs.push(Log { level, message });
        Ok(())
    }

    pub(crate) fn log_level(&mut self) -> Result<u32, Status> {
        let fault = self.note(Call::LogLevel, String::new())?;
        Ok(if fault.is_some() { 0 } else { INFO })
    }

    pub(crate) fn time(&mut self) -> Result<u64, Status> {
        if self.note(Call::Time, String::new())?.is_some() {
            return Ok(0);
        }
        Ok(self.clock.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
        }))
    }

    pub(crate) fn buffer(
        &mut self,
        buffer: u32,
        start: usize,
        length: usize,
    ) -> Result<Vec<u8>, Status> {
        if let Some(bytes) = self.note(Call::Buffer, buffer.to_string())? {
            return Ok(bytes);
        }
        match (buffer, &self.configuration) {
            (VM_CONFIGURATION, _) => Ok(Vec::new()),
            (PLUGIN_CONFIGURATION, Some(bytes)) => {
                Ok(bytes.iter().skip(start).take(length).copied().collect())
            }
            _ => Err(Status::NOT_FOUND),
        }
    }

    /// A property. An attribute of the stream goes before one of the plugin, and filter state comes last;
    /// a root context has no stream.
    pub(crate) fn property(&mut self, path: &[u8]) -> Result<Vec<u8>, Status> {
        if let Some(bytes) = self.note(Call::Property, dotted(path))? {
            return Ok(bytes);
        }
        let stream = self.stream.as_ref();
        let attribute = stream.and_then(|stream| stream.properties.get(path)).cloned();
        let own = || match path {
            b"plugin_name" => Some(self.name.clone().into_bytes()),
            // No configuration that we know of names these.
            b"plugin_root_id" | b"plugin_vm_id" => Some(Vec::new()),
            _ => None,
        };
        let state = || stream?.filter_state(path).cloned();
        attribute.or_else(own).or_else(state).ok_or(Status::NOT_FOUND)
    }

    pub(crate) fn set_property(&mut self, path: &[u8], value: &[u8]) -> Result<(), Status> {
        if self.note(Call::SetProperty, dotted(path))?.is_none() {
            self.stream.as_mut().ok_or(Status::NOT_FOUND)?.set_property(path, value);
        }
        Ok(())
    }

    /// Answers the request; Envoy passes over a second answer.
    pub(crate) fn reply(&mut self, reply: Reply) -> Result<(), Status> {
        if self.note(Call::LocalResponse, reply.details.clone())?.is_none() {
            self.stream()?.reply.get_or_insert(reply);
        }
        Ok(())
    }

    /// A call that the mock does not know: the filter has no use for it, or the mock is behind.
    pub(crate) fn unimplemented(&mut self, name: &'static str) -> Status {
        let faulty = self.note(Call::Other(name), String::new());
        let message = format!("peergate-mock does not implement {name}");
        self.logs.push(Log { level: Level::Critical, message });
        faulty.err().unwrap_or(Status::UNIMPLEMENTED)
    }

    fn stream(&mut self) -> Result<&mut Stream, Status> {
        self.stream.as_mut().ok_or(Status::BAD_ARGUMENT)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn dotted(path: &[u8]) -> String {
    text(path).replace('\0', ".")
}

/// The log level of Envoy's Wasm logger unless told otherwise.
const INFO: u32 = 2;
const VM_CONFIGURATION: u32 = 6;
const PLUGIN_CONFIGURATION: u32 = 7;

#[cfg(test)]
mod tests;
