//! What the host knows of one request.

use std::collections::BTreeMap;

use crate::answer::Reply;
use crate::call::{HostCall, Log};
use crate::pairs::Field;
use crate::status::Status;

/// One request on its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    /// How far the filter has let it go.
    pub(crate) stage: Stage,
    /// The header map of the stage is no longer at hand: Envoy takes it away with the request's going on.
    pub(crate) released: bool,
    /// The filter has asked for it to go on.
    pub(crate) resumed: bool,
    pub(crate) headers: Vec<Field>,
    pub(crate) trailers: Vec<Field>,
    /// By path, segments joined by NUL.
    pub(crate) properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Filter state that the filter set, by its whole name.
    pub(crate) state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) reply: Option<Reply>,
    /// The filter has had it reset.
    pub(crate) reset: bool,
    /// It has ended, and its context with it.
    pub(crate) gone: bool,
    /// What the filter asked of the host about it.
    pub(crate) calls: Vec<HostCall>,
    pub(crate) logs: Vec<Log>,
}

/// What the filter holds, or has let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It looks at the headers.
    #[default]
    Headers,
    /// It has let the headers go, and looks at the trailers.
    Trailers,
    /// It has let all of it go.
    Passed,
}

/// What Envoy does with a stream once a callback has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It shows as many trailers.
    Trailers(usize),
    /// It ends the stream.
    End,
    /// Nothing.
    Wait,
}

/// A second end, of which Envoy dies: see [`Stream::end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SecondEnd;

impl Stream {
    /// A header map that can be read and changed, by its number in the ABI: Envoy has one at hand from its
    /// callback on, for as long as the filter holds the request there.
    pub(crate) fn map(&mut self, map: u32) -> Result<&mut Vec<Field>, Status> {
        match (map, self.stage) {
            _ if self.released || self.gone => Err(Status::BAD_ARGUMENT),
            (REQUEST_HEADERS, Stage::Headers) => Ok(&mut self.headers),
            (REQUEST_TRAILERS, Stage::Trailers) => Ok(&mut self.trailers),
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

    /// Ends it with a reply, or without one. Envoy passes over a second reply of a stream's own callback.
    /// Ending it again otherwise tears it down twice: Envoy 1.40 crashes and 1.36 hangs.
    pub(crate) fn end(&mut self, reply: Option<Reply>, own: bool) -> Result<(), SecondEnd> {
        match reply {
            _ if self.gone => {}
            Some(_) if own && self.reply.is_some() && !self.reset => {}
            _ if self.is_over() => return Err(SecondEnd),
            Some(reply) => self.reply = Some(reply),
            None => self.reset = true,
        }
        Ok(())
    }

    /// What follows from a callback: whether it let the request go, or had it go on, or ended it.
    pub(crate) fn advance(&mut self, let_go: bool) -> Next {
        let let_go = std::mem::take(&mut self.resumed) || let_go;
        if self.gone {
            return Next::Wait;
        }
        if self.is_over() {
            return Next::End;
        }
        if !let_go {
            return Next::Wait;
        }
        if self.stage == Stage::Headers && !self.trailers.is_empty() {
            self.stage = Stage::Trailers;
            self.released = false;
            return Next::Trailers(self.trailers.len());
        }
        self.stage = Stage::Passed;
        Next::Wait
    }

    fn is_over(&self) -> bool {
        self.reset || self.reply.is_some()
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
