//! What the host knows of one request while the filter looks at it.

use std::collections::BTreeMap;

use crate::answer::Reply;
use crate::pairs::Field;
use crate::status::Status;

/// One request on its way.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) phase: Phase,
    pub(crate) headers: Vec<Field>,
    pub(crate) trailers: Vec<Field>,
    /// By path, segments joined by NUL.
    pub(crate) properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Filter state that the filter set, by its whole name.
    pub(crate) state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) reply: Option<Reply>,
}

/// Which callback is running: Envoy has a header map at hand only in its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Headers,
    Trailers,
    Over,
}

impl Stream {
    /// A header map by its number in the ABI.
    pub(crate) fn map(&mut self, map: u32) -> Result<&mut Vec<Field>, Status> {
        match (map, self.phase) {
            (REQUEST_HEADERS, Phase::Headers) => Ok(&mut self.headers),
            (REQUEST_TRAILERS, Phase::Trailers) => Ok(&mut self.trailers),
            _ => Err(Status::BAD_ARGUMENT),
        }
    }

    /// Filter state: by its whole name, or, as a filter names its own, without the prefix `wasm.`.
    pub(crate) fn filter_state(&self, path: &[u8]) -> Option<&Vec<u8>> {
        let any = || self.state.get(path.strip_prefix(b"filter_state\0")?);
        self.state.get(&own_state(path)).or_else(any)
    }

    pub(crate) fn set_property(&mut self, path: &[u8], value: &[u8]) {
        self.state.insert(own_state(path), value.to_vec());
    }
}

/// Adds a field; pseudo-headers stay in front, where Envoy has them.
pub(crate) fn add(fields: &mut Vec<Field>, name: &[u8], value: &[u8]) {
    let name = name.to_ascii_lowercase();
    let is_pseudo = |name: &[u8]| name.first() == Some(&b':');
    let end = fields.len();
    let place = if is_pseudo(&name) {
        fields.iter().position(|(other, _)| !is_pseudo(other)).unwrap_or(end)
    } else {
        end
    };
    fields.insert(place, (name, value.to_vec()));
}

/// Removes every copy of a field.
pub(crate) fn remove(fields: &mut Vec<Field>, name: &[u8]) {
    fields.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
}

/// What Envoy calls the filter state that a filter sets as a property.
fn own_state(path: &[u8]) -> Vec<u8> {
    [b"wasm.", path].concat()
}

const REQUEST_HEADERS: u32 = 0;
const REQUEST_TRAILERS: u32 = 1;
