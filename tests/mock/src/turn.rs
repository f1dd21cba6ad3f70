//! A turn of the filter: from when the host calls it until it returns, and what it may ask meanwhile.
//! The answers are Envoy's.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::answer::Reply;
use crate::call::{Call, HostCall, Level, Log};
use crate::fault::{Effect, Fault};
use crate::pairs;
use crate::status::Status;
use crate::stream::{Stream, add, remove};

/// One turn. Nothing outlives it but what is taken from it.
#[derive(Debug, Default)]
pub(crate) struct Turn {
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

    pub(crate) fn pairs(&mut self, map: u32) -> Result<Vec<u8>, Status> {
        match self.note(Call::HeaderPairs, map_name(map))? {
            Some(bytes) => Ok(bytes),
            None => pairs::write(self.stream()?.map(map)?),
        }
    }

    pub(crate) fn set_pairs(&mut self, map: u32, bytes: &[u8]) -> Result<(), Status> {
        if self.note(Call::SetHeaderPairs, map_name(map))?.is_none() {
            let fields = pairs::read(bytes)?;
            let map = self.stream()?.map(map)?;
            map.clear();
            fields.iter().for_each(|(name, value)| add(map, name, value));
        }
        Ok(())
    }

    /// The first value of a header, as Envoy has it.
    pub(crate) fn header(&mut self, map: u32, name: &[u8]) -> Result<Vec<u8>, Status> {
        if let Some(bytes) = self.note(Call::HeaderValue, text(name))? {
            return Ok(bytes);
        }
        let mut fields = self.stream()?.map(map)?.iter();
        let found = fields.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone()).ok_or(Status::NOT_FOUND)
    }

    pub(crate) fn add_header(&mut self, map: u32, name: &[u8], value: &[u8]) -> Result<(), Status> {
        if self.note(Call::AddHeader, text(name))?.is_none() {
            add(self.stream()?.map(map)?, name, value);
        }
        Ok(())
    }

    pub(crate) fn replace_header(
        &mut self,
        map: u32,
        name: &[u8],
        value: &[u8],
    ) -> Result<(), Status> {
        if self.note(Call::ReplaceHeader, text(name))?.is_none() {
            let map = self.stream()?.map(map)?;
            remove(map, name);
            add(map, name, value);
        }
        Ok(())
    }

    pub(crate) fn remove_header(&mut self, map: u32, name: &[u8]) -> Result<(), Status> {
        if self.note(Call::RemoveHeader, text(name))?.is_none() {
            remove(self.stream()?.map(map)?, name);
        }
        Ok(())
    }

    pub(crate) fn property(&mut self, path: &[u8]) -> Result<Vec<u8>, Status> {
        if let Some(bytes) = self.note(Call::Property, dotted(path))? {
            return Ok(bytes);
        }
        // A root context has no stream, and so no attributes of one.
        self.stream.as_ref().ok_or(Status::NOT_FOUND)?.property(path)
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

    pub(crate) fn define_metric(&mut self, kind: u32, name: &[u8]) -> Result<u32, Status> {
        let name = text(name);
        if self.note(Call::DefineMetric, name.clone())?.is_some() {
            return Ok(0);
        }
        if kind > HISTOGRAM {
            return Err(Status::BAD_ARGUMENT);
        }
        self.metrics.entry(name.clone()).or_default();
        self.definitions.push((kind, name));
        u32::try_from(self.definitions.len()).map_err(|_| Status::INTERNAL_FAILURE)
    }

    pub(crate) fn metric(&mut self, id: u32) -> Result<u64, Status> {
        let (_, name) = self.definition(id);
        if self.note(Call::Metric, name.clone())?.is_some() {
            return Ok(0);
        }
        self.metrics.get(&name).copied().ok_or(Status::NOT_FOUND)
    }

    pub(crate) fn record_metric(&mut self, id: u32, value: u64) -> Result<(), Status> {
        let (kind, name) = self.definition(id);
        if self.note(Call::RecordMetric, name.clone())?.is_some() {
            return Ok(());
        }
        match kind {
            None => Err(Status::NOT_FOUND),
            Some(COUNTER) => Err(Status::BAD_ARGUMENT),
            Some(_) => {
                self.metrics.insert(name, value);
                Ok(())
            }
        }
    }

    pub(crate) fn increment_metric(&mut self, id: u32, offset: i64) -> Result<(), Status> {
        let (kind, name) = self.definition(id);
        if self.note(Call::IncrementMetric, name.clone())?.is_some() {
            return Ok(());
        }
        match kind {
            None => Err(Status::NOT_FOUND),
            Some(COUNTER) if offset <= 0 => Err(Status::BAD_ARGUMENT),
            Some(HISTOGRAM) => Err(Status::BAD_ARGUMENT),
            Some(_) => {
                let value = self.metrics.entry(name).or_default();
                *value = value.saturating_add_signed(offset);
                Ok(())
            }
        }
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

    /// A metric's kind and name; no kind if nobody defined it.
    fn definition(&self, id: u32) -> (Option<u32>, String) {
        let place = usize::try_from(id).ok().and_then(|id| id.checked_sub(1));
        match place.and_then(|place| self.definitions.get(place)) {
            Some((kind, name)) => (Some(*kind), name.clone()),
            None => (None, format!("undefined metric {id}")),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn dotted(path: &[u8]) -> String {
    text(path).replace('\0', ".")
}

fn map_name(map: u32) -> String {
    match map {
        0 => "headers".to_owned(),
        1 => "trailers".to_owned(),
        _ => map.to_string(),
    }
}

/// The log level of Envoy's Wasm logger unless told otherwise.
const INFO: u32 = 2;
const VM_CONFIGURATION: u32 = 6;
const PLUGIN_CONFIGURATION: u32 = 7;
const COUNTER: u32 = 0;
const HISTOGRAM: u32 = 2;

#[cfg(test)]
mod tests;
