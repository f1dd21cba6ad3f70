//! The head record of a list: how far it has come, and when that was last heard.

use super::codec::{Input, Output};
use super::count::Count;
use super::lease::LEASE;
use super::standing::Standing;

/// How a list stands, as its leader writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The term of the leader that wrote it.
    pub(crate) term: u32,
    /// The last reset that was begun; its number is never used again.
    pub(crate) round: u32,
    /// Whether it was ever whole.
    pub(crate) is_loaded: bool,
    /// When the feed last gave an answer that was accepted: nanoseconds of the monotonic clock.
    pub(crate) accepted_at: u64,
    /// How many pages were written. Not every page has a version of its own.
    pub(crate) edits: u64,
    /// What readers see.
    pub(crate) count: Count,
    /// Entries that could not be used since the list was last whole.
    pub(crate) skipped: u64,
    /// The highest version of what readers may see a part of: nothing older takes its place.
    pub(crate) newest: u64,
    pub(crate) position: Position,
}

/// Where a list is in the conversation with its feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// 0 for the first feed, 1 for the one that stands in.
    pub(crate) feed: u8,
    /// The version that was applied last; it never falls.
    pub(crate) version: u64,
    /// What to ask after; empty: from the beginning.
    pub(crate) cursor: Box<str>,
    /// The `ETag` of the last answer; empty if it had none.
    pub(crate) etag: Box<str>,
}

impl Head {
    /// Has everything be loaded anew.
    pub(crate) fn begin_again(&mut self) {
        self.position.cursor = Box::default();
        self.position.etag = Box::default();
    }

    /// Notes when an answer was accepted.
    pub(crate) fn accept(&mut self, now: u64) {
        // It never falls, unless it is a time that nobody has read.
        let is_read = self.accepted_at <= now.saturating_add(LEASE);
        self.accepted_at = if is_read { self.accepted_at.max(now) } else { now };
    }

    /// How the list stands by it.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            is_loaded: self.is_loaded,
            accepted_at: self.accepted_at,
            version: self.position.version,
            edits: self.edits,
            count: self.count,
            skipped: self.skipped,
            term: self.term,
            is_by_fallback: self.position.feed > 0,
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        let numbers = [
            u64::from(self.term),
            u64::from(self.round),
            u64::from(self.is_loaded),
            self.accepted_at,
            self.edits,
            self.count.certificates,
            self.count.api_keys,
            self.count.denials,
            self.skipped,
            self.newest,
            u64::from(self.position.feed),
            self.position.version,
        ];
        for number in numbers {
            out.number(number);
        }
        out.counted(self.position.cursor.as_bytes());
        out.counted(self.position.etag.as_bytes());
        out
    }

    /// `None` if it is not what [`write`](Self::write) writes.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes.strip_prefix(&[FORMAT])?);
        let term = u32::try_from(input.number()?).ok()?;
        let round = u32::try_from(input.number()?).ok()?;
        let is_loaded = match input.number()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let (accepted_at, edits) = (input.number()?, input.number()?);
        let count = Count {
            certificates: input.number()?,
            api_keys: input.number()?,
            denials: input.number()?,
        };
        let skipped = input.number()?;
        let newest = input.number()?;
        let position = Position {
            feed: u8::try_from(input.number()?).ok()?,
            version: input.number()?,
            cursor: input.text()?.into(),
            etag: input.text()?.into(),
        };
        let head =
            Self { term, round, is_loaded, accepted_at, edits, count, skipped, newest, position };
        input.is_at_end().then_some(head)
    }
}

const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_written_is_read_again() {
        let head = Head {
            term: 7,
            round: 3,
            is_loaded: true,
            accepted_at: u64::MAX,
            edits: 5,
            count: Count { certificates: 1_000_000, api_keys: 2, denials: 3 },
            skipped: 4,
            newest: 43,
            position: Position {
                feed: 1,
                version: 42,
                cursor: "c-42".into(),
                etag: "\"e\"".into(),
            },
        };
        let bytes = head.write();
        assert_eq!(Head::read(&bytes), Some(head));
        for end in 0..bytes.len() {
            assert_eq!(Head::read(&bytes[..end]), None);
        }
        assert_eq!(Head::read(b"garbage"), None);
    }
}
