//! A slot of a table: the buckets, that are not full, of those whose digests begin alike.

use crate::digest::Digest;
use crate::dynamic::{Input, NUMBER_LENGTH, Rate};

use super::limit::Limit;

/// Whose bucket it is, under which rate: of those that lie in one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag([u8; TAG]);

impl Tag {
    /// What follows the slot's number in the digest, and the rate mixed with it: whoever has two rates, for
    /// two operations say, neither pays for the one under the other nor is forgiven.
    pub(super) fn of(who: &Digest, rate: Rate) -> Self {
        let own = who.get(NUMBER_LENGTH..).and_then(<[u8]>::first_chunk).copied();
        let own = u64::from_le_bytes(own.unwrap_or_default());
        let count = u64::from(rate.requests).rotate_left(32) ^ u64::from(rate.burst);
        let per = u64::try_from(rate.per.as_millis()).unwrap_or(u64::MAX);
        Self((own ^ count ^ per.wrapping_mul(SPREAD)).to_le_bytes())
    }
}

/// A slot as it lies in shared data. Times are nanoseconds of the monotonic clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    /// The latest time that a writer of it knew.
    written_at: u64,
    /// When something was found in it that is none of ours. Whoever has no record counts as if he had used
    /// his whole burst at that moment, which he may have.
    lost_at: Option<u64>,
    records: Vec<Record>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    tag: Tag,
    full_at: u64,
}

impl Slot {
    /// Reads a slot, at a time; `None` if it is nothing that a limit has left there. No value is an empty
    /// one, and an empty value is none of ours.
    pub(super) fn read(value: Option<&[u8]>, now: u64) -> Option<Self> {
        let Some(bytes) = value else {
            return Some(Self::default());
        };
        if bytes.len() > LARGEST {
            return None;
        }
        let mut input = Input(bytes);
        let head = input.byte()?;
        let written_at = input.array().map(u64::from_le_bytes)?;
        let lost_at = match head {
            WHOLE => None,
            LOST => Some(input.array().map(u64::from_le_bytes)?),
            _ => return None,
        };
        let mut records = Vec::with_capacity(ROOM);
        while !input.is_at_end() {
            let (tag, full_at) = (Tag(input.array()?), u64::from_le_bytes(input.array()?));
            records.push(Record { tag, full_at });
        }
        let is_ours = written_at <= now.saturating_add(AHEAD)
            && lost_at.is_none_or(|lost_at| lost_at <= written_at);
        is_ours.then_some(Self { written_at, lost_at, records })
    }

    /// What takes the place of what is none of ours.
    pub(super) fn lost(now: u64) -> Self {
        Self { written_at: now, lost_at: Some(now), records: Vec::new() }
    }

    /// The value; never empty.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LARGEST);
        out.push(if self.lost_at.is_some() { LOST } else { WHOLE });
        for time in [Some(self.written_at), self.lost_at].into_iter().flatten() {
            out.extend_from_slice(&time.to_le_bytes());
        }
        for Record { tag, full_at } in &self.records {
            out.extend_from_slice(&tag.0);
            out.extend_from_slice(&full_at.to_le_bytes());
        }
        out
    }

    /// Goes on to a time, or to that of the last writer if it was later, and forgets whose buckets are full
    /// by then. Returns the time.
    pub(super) fn turn_to(&mut self, now: u64) -> u64 {
        let now = now.max(self.written_at);
        self.written_at = now;
        self.records.retain(|record| record.full_at > now);
        now
    }

    /// When somebody's bucket is full.
    pub(super) fn full_at(&self, tag: Tag, limit: Limit) -> u64 {
        let own = self.records.iter().find(|record| record.tag == tag);
        let lost = self.lost_at.map(|lost_at| lost_at.saturating_add(limit.window));
        own.map(|record| record.full_at).or(lost).unwrap_or_default()
    }

    /// Notes when somebody's bucket is full.
    ///
    /// # Errors
    /// When there will be room, if there is none.
    pub(super) fn note(&mut self, tag: Tag, full_at: u64) -> Result<(), u64> {
        if let Some(own) = self.records.iter_mut().find(|record| record.tag == tag) {
            own.full_at = full_at;
        } else if self.records.len() < ROOM {
            self.records.push(Record { tag, full_at });
        } else {
            return Err(self.records.iter().map(|record| record.full_at).min().unwrap_or_default());
        }
        Ok(())
    }
}

/// The most records of a slot. Of those who come while 200,000 others' buckets are not full, chance leaves no
/// room for one in six million; while 300,000 are not, for one in 40,000.
pub(super) const ROOM: usize = 16;

/// The most bytes of a slot.
pub(super) const LARGEST: usize = 1 + 8 + 8 + ROOM * (TAG + 8);

/// How far ahead a slot may have been written, in nanoseconds: by somebody who read the clock a little later
/// than we did. What is farther ahead is no time that anybody has read.
const AHEAD: u64 = 60_000_000_000;

/// Bytes of a tag. With the slot's number 80 bits of a digest: nobody finds himself an identity that
/// another's requests are counted on, or the other way round.
const TAG: usize = 8;

/// 2^64 divided by the golden ratio: its products lie far from each other.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

const WHOLE: u8 = 1;
const LOST: u8 = 2;
