//! How a list stands, as its readers see it.

use super::bucket::Corrupt;
use super::count::Count;
use super::head::Head;
use super::list::DynamicList;

/// What the head record tells of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it was ever whole: until then nothing can be concluded from what is not on it.
    pub is_loaded: bool,
    /// When the feed last gave an answer that was accepted, in nanoseconds of the monotonic clock.
    pub accepted_at: u64,
    /// The feed's version of it.
    pub version: u64,
    /// How often something was written to it, so far.
    pub edits: u64,
    /// What is on it.
    pub count: Count,
    /// Entries of the feed that could not be used.
    pub skipped: u64,
    /// The term of its leader.
    pub term: u32,
    /// Whether the second feed stands in for the first.
    pub is_by_fallback: bool,
}

impl Standing {
    /// Reads a head record; nothing is a list that nobody has begun to fill.
    ///
    /// # Errors
    /// [`Corrupt`] if it is nothing that a leader wrote.
    pub fn read(head: Option<&[u8]>) -> Result<Self, Corrupt> {
        let Some(bytes) = head else {
            return Ok(Self::default());
        };
        Ok(Head::read(bytes).ok_or(Corrupt)?.standing())
    }

    /// Whether it may hold something else by now.
    pub fn is_changed(&self, now: &Self) -> bool {
        (self.is_loaded, self.edits, self.term) != (now.is_loaded, now.edits, now.term)
    }

    /// The gauges of a list that stands like this, less Envoy's own prefix, at a time in nanoseconds of the
    /// monotonic clock.
    pub fn gauges(&self, list: &DynamicList, now: u64) -> Vec<(String, u64)> {
        let age = now.saturating_sub(self.accepted_at) / NANOSECONDS;
        let gauges = [
            ("entries", self.count.entries()),
            ("version", self.version),
            ("skipped", self.skipped),
            ("leader_term", u64::from(self.term)),
            ("current", u64::from(list.is_current(self, now))),
            ("by_fallback", u64::from(self.is_by_fallback)),
            // The bound of the age. No gauge may be how another one's name ends: see relabel.yaml.
            ("good_for_seconds", list.keeping().max_age.as_secs()),
        ];
        // Nothing has no age.
        let age = self.is_loaded.then_some(("age_seconds", age));
        let named = |(gauge, value)| (format!("peergate.list.{}.{gauge}", list.name()), value);
        gauges.into_iter().chain(age).map(named).collect()
    }
}

const NANOSECONDS: u64 = 1_000_000_000;
