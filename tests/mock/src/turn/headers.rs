//! Header maps.

use super::{Turn, text};
use crate::call::Call;
use crate::http_call::CallResponse;
use crate::pairs::{self, Field};
use crate::status::Status;
use crate::stream::{add, remove};

impl Turn {
    /// All fields. Of a map that is not at hand, as of an empty one, no bytes at all: Envoy does not tell
    /// them apart.
    pub(crate) fn pairs(&mut self, map: u32) -> Result<Vec<u8>, Status> {
        if let Some(bytes) = self.note(Call::HeaderPairs, map_name(map))? {
            return Ok(bytes);
        }
        if map > LAST_MAP {
            return Err(Status::BAD_ARGUMENT);
        }
        match self.readable(map) {
            Ok(fields) if !fields.is_empty() => pairs::write(fields),
            _ => Ok(Vec::new()),
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
        let mut fields = self.readable(map)?.iter();
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

    /// A map for reading; that of an answered call is there in its callback alone, and only for this.
    fn readable(&mut self, map: u32) -> Result<&Vec<Field>, Status> {
        if map == CALL_RESPONSE_HEADERS {
            let response = self.response.as_ref();
            return response.and_then(CallResponse::headers).ok_or(Status::BAD_ARGUMENT);
        }
        self.stream()?.map(map).map(|fields| &*fields)
    }
}

fn map_name(map: u32) -> String {
    match map {
        0 => "headers".to_owned(),
        1 => "trailers".to_owned(),
        _ => map.to_string(),
    }
}

const CALL_RESPONSE_HEADERS: u32 = 6;
const LAST_MAP: u32 = 7;
