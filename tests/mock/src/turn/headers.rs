//! Header maps.

use super::{Turn, text};
use crate::call::Call;
use crate::pairs;
use crate::status::Status;
use crate::stream::{add, remove};

impl Turn {
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
}

fn map_name(map: u32) -> String {
    match map {
        0 => "headers".to_owned(),
        1 => "trailers".to_owned(),
        _ => map.to_string(),
    }
}
