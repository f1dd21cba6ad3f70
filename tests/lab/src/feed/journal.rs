//! What a feed remembers of its answers.

use std::time::Instant;

use super::Fault;
use crate::Fields;

/// An answer that was given.
#[derive(Clone, Debug)]
pub struct Answer {
    /// When the last byte of it was handed to the socket; of a reset, when the connection was.
    pub at: Instant,
    /// Its status; none of a connection that was reset.
    pub status: Option<u16>,
    /// Its `version`, if it has one and a client may take it.
    pub version: Option<u64>,
    /// The cursor that was asked after, decoded.
    pub after: Option<String>,
    /// What it says.
    pub kind: Kind,
    /// The fault in it.
    pub fault: Option<Fault>,
    /// How many changes, or certificates of `client_ssl_auth`, are in it.
    pub changes: usize,
    /// How many bytes of it were sent, the head's included.
    pub bytes: usize,
    /// The path of the request with its query, as it came.
    pub path: String,
    /// The headers of the request in order, names in lower case.
    pub headers: Fields,
}

impl Answer {
    /// Returns the first value of the request's header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_slice())
    }
}

/// What an answer says, or would say but for its fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Changes after a cursor.
    Changes,
    /// The list from its beginning, or a later page of that.
    Reset,
    /// 204.
    Nothing,
    /// 304.
    NotModified,
    /// 410: the cursor is unknown.
    Gone,
    /// Any other status.
    Error,
}
