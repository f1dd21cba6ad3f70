//! A turn of the filter: from when the host calls it until it returns, and what it may ask meanwhile.
//! The answers are Envoy's.

mod calls;
mod clocks;
mod headers;
mod metrics;
mod plugin;
mod streams;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::call::{Call, HostCall, Level, Log};
use crate::contexts::Contexts;
use crate::fault::{Effect, Fault};
use crate::foreign::ForeignFunction;
use crate::http_call::{CallResponse, HttpCall};
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
    /// The contexts of the VM.
    pub(crate) contexts: Contexts,
    /// Nanoseconds since the Unix epoch; `None`: the machine's clock.
    pub(crate) clock: Option<u64>,
    /// What the monotonic clock shows; `None`: the machine's own.
    pub(crate) monotonic: Option<Duration>,
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
    /// The last token of a call that was made in the VM.
    pub(crate) token: u32,
    /// The calls that were made.
    pub(crate) http_calls: Vec<HttpCall>,
    /// The clusters that Envoy does not know.
    pub(crate) unknown_clusters: BTreeSet<String>,
    /// The answer to a call, while the filter is told of it.
    pub(crate) response: Option<CallResponse>,
}

impl Turn {
    /// Notes a call; `Some` if a fault answers in its place.
    fn note(&mut self, call: Call, argument: String) -> Result<Option<Vec<u8>>, Status> {
        let effects: Vec<Effect> =
            self.faults.iter_mut().filter_map(|fault| fault.strike(call, &argument)).collect();
        let made = HostCall { call, argument };
        if let Some(stream) = self.contexts.stream() {
            stream.calls.push(made.clone());
        }
        self.calls.push(made);
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
        self.keep_log(level, message);
        Ok(())
    }

    fn keep_log(&mut self, level: Level, message: String) {
        let log = Log { level, message };
        if let Some(stream) = self.contexts.stream() {
            stream.logs.push(log.clone());
        }
        self.logs.push(log);
    }

    pub(crate) fn log_level(&mut self) -> Result<u32, Status> {
        let fault = self.note(Call::LogLevel, String::new())?;
        Ok(if fault.is_some() { 0 } else { INFO })
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
        let bytes = match buffer {
            CALL_RESPONSE_BODY => self.response.as_ref().and_then(CallResponse::content),
            VM_CONFIGURATION => Some(&[][..]),
            PLUGIN_CONFIGURATION => self.configuration.as_deref(),
            _ => None,
        };
        let bytes = bytes.ok_or(Status::NOT_FOUND)?;
        Ok(bytes.iter().skip(start).take(length).copied().collect())
    }

    /// A property. An attribute of the stream goes before one of the plugin, and filter state comes last;
    /// a root context has no stream.
    pub(crate) fn property(&mut self, path: &[u8]) -> Result<Vec<u8>, Status> {
        if let Some(bytes) = self.note(Call::Property, dotted(path))? {
            return Ok(bytes);
        }
        let stream = self.contexts.stream();
        let attribute = stream.as_ref().and_then(|stream| stream.properties.get(path)).cloned();
        let is_stream = stream.is_some();
        let own = || match path {
            // Of which no filter has said anything.
            b"metadata" if is_stream => Some(Vec::new()),
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
            self.contexts.stream().ok_or(Status::NOT_FOUND)?.set_property(path, value);
        }
        Ok(())
    }

    /// A call that the mock does not know: the filter has no use for it, or the mock is behind.
    pub(crate) fn unimplemented(&mut self, name: &'static str) -> Status {
        let faulty = self.note(Call::Other(name), String::new());
        let message = format!("peergate-mock does not implement {name}");
        self.keep_log(Level::Critical, message);
        faulty.err().unwrap_or(Status::UNIMPLEMENTED)
    }

    fn stream(&mut self) -> Result<&mut Stream, Status> {
        self.contexts.stream().ok_or(Status::BAD_ARGUMENT)
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
const CALL_RESPONSE_BODY: u32 = 4;
const VM_CONFIGURATION: u32 = 6;
const PLUGIN_CONFIGURATION: u32 = 7;

#[cfg(test)]
mod tests;
