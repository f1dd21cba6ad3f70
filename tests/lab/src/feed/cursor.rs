//! Places in the log, as a client carries them.

use std::fmt;

/// A place in the log: `<history>/<place>`, within a load with `&load=<start>` after it.
///
/// The `&` is there so that a client which does not encode it is found out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Cursor {
    /// The history that the place belongs to.
    pub(super) history: u64,
    /// The place of the last change that the client has.
    pub(super) place: u64,
    /// The log's end when the load began that this is part of.
    pub(super) load: Option<u64>,
}

impl Cursor {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (history, rest) = text.split_once('/')?;
        let (place, load) = match rest.split_once("&load=") {
            Some((place, start)) => (place, Some(start.parse().ok()?)),
            None => (rest, None),
        };
        Some(Self { history: history.parse().ok()?, place: place.parse().ok()?, load })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.history, self.place)?;
        match self.load {
            Some(start) => write!(f, "&load={start}"),
            None => Ok(()),
        }
    }
}
