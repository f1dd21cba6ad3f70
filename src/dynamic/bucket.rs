//! A bucket: the records whose digests begin alike, in one value of shared data.
//!
//! Every write is a compare-and-swap of the whole value, and says in which term its writer led. One that
//! meets a later term stops: a leader that was asleep undoes nothing of its successor's.
//!
//! A bucket that held what no leader wrote is lost: it says so until a reset has filled it anew, since of a
//! client that it might have refused nothing can be concluded.

use std::collections::BTreeMap;
use std::fmt;

use super::codec::Input;
use super::count::Count;
use super::entry::{Change, Content, Key, Kind};
use super::record::{Record, SHORTEST, read_content, rest_of, write_content};

/// A bucket's value as it lies in storage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket<'b> {
    /// The term of the leader that wrote it last; 0 if nobody did.
    pub(crate) term: u32,
    /// The reset that staged and confirmed records are of.
    round: u32,
    /// Whether what was in it is lost, and during which reset; 0: during none.
    lost: Option<u32>,
    records: Vec<Record<'b>>,
}

impl<'b> Bucket<'b> {
    /// Reads a value; no bytes are an empty bucket.
    ///
    /// # Errors
    /// [`Corrupt`] if it is nothing that a leader wrote.
    pub(crate) fn read(bytes: &'b [u8]) -> Result<Self, Corrupt> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let (term, round, mut input) = header(bytes)?;
        let mut lost = None;
        if let Some(rest) = input.0.strip_prefix(&[LOST]) {
            input = Input(rest);
            lost = Some(input.array().map(u32::from_le_bytes).ok_or(Corrupt)?);
        }
        // As many as there can be, and one to add: room that never has to grow.
        let most = bytes.len().checked_div(SHORTEST).unwrap_or_default().saturating_add(1);
        let mut records = Vec::with_capacity(most);
        while !input.is_at_end() {
            records.push(Record::read(&mut input).ok_or(Corrupt)?);
        }
        Ok(Self { term, round, lost, records })
    }

    /// What takes the place of a value that no leader wrote. If that is noticed during a reset, what the
    /// reset has put there is lost too.
    pub(crate) fn lost(round: Option<u32>) -> Self {
        Self { lost: Some(round.unwrap_or_default()), ..Self::default() }
    }

    /// Whether readers can conclude nothing from it.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// The value; never empty.
    pub(crate) fn write(&self) -> Vec<u8> {
        let size = self.records.iter().map(|record| record.content.len().saturating_add(33));
        let size = size.fold(HEADER.saturating_add(5), usize::saturating_add);
        let mut out = Vec::with_capacity(size);
        out.push(FORMAT);
        out.extend_from_slice(&self.term.to_le_bytes());
        out.extend_from_slice(&self.round.to_le_bytes());
        if let Some(round) = self.lost {
            out.push(LOST);
            out.extend_from_slice(&round.to_le_bytes());
        }
        for record in &self.records {
            record.write(&mut out);
        }
        out
    }

    /// The records that readers see.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Record<'b>> {
        self.records.iter().filter(|record| !record.is_staged)
    }

    pub(crate) fn count(&self) -> Count {
        let mut count = Count::default();
        for record in self.visible() {
            count.note(record.kind);
        }
        count
    }

    /// Forgets what an interrupted reset left. `true` if there was something.
    pub(crate) fn settle(&mut self) -> bool {
        let mut is_changed = false;
        self.records.retain_mut(|record| {
            is_changed |= record.is_staged || record.is_confirmed;
            record.is_confirmed = false;
            !record.is_staged
        });
        is_changed
    }

    /// Makes changes that readers see at once.
    pub(crate) fn change(&mut self, changes: &'b [Written]) {
        self.settle();
        let places = last_words(changes);
        let mut is_there = vec![false; changes.len()];
        self.records.retain_mut(|record| {
            let Some((place, change)) = about(&places, changes, record) else {
                return true;
            };
            if let (Some(there), Some(content)) = (is_there.get_mut(place), &change.content) {
                *there = true;
                record.content = content;
            }
            change.content.is_some()
        });
        self.add(&places, changes, &is_there, false);
    }

    /// Notes changes of a reset: readers see them once the reset is [committed](Self::commit).
    pub(crate) fn stage(&mut self, round: u32, changes: &'b [Written]) {
        self.turn_to(round);
        let places = last_words(changes);
        let mut is_confirmed = vec![false; changes.len()];
        self.records.retain_mut(|record| {
            let Some((place, change)) = about(&places, changes, record) else {
                return true;
            };
            if record.is_staged {
                return false;
            }
            record.is_confirmed = change.content.as_deref() == Some(record.content);
            if let Some(is_confirmed) = is_confirmed.get_mut(place) {
                *is_confirmed = record.is_confirmed;
            }
            true
        });
        self.add(&places, changes, &is_confirmed, true);
    }

    /// Lets readers see the denials that a reset has put, before they lose sight of any other.
    pub(crate) fn reveal(&mut self, round: u32) {
        self.turn_to(round);
        let is_new = |record: &Record<'_>| record.is_staged && record.kind.denies();
        let new: Vec<Record<'b>> = self.records.extract_if(.., |record| is_new(record)).collect();
        let mut keys = Places::new();
        for record in &new {
            keys.insert((record.kind, record.rest), 0);
        }
        self.records.retain(|old| !keys.contains_key(&(old.kind, old.rest)));
        let new = new.into_iter();
        self.records.extend(new.map(|record| Record {
            is_staged: false,
            is_confirmed: true,
            ..record
        }));
    }

    /// Lets readers see what a reset has put, and nothing else but denials, which [go last](Self::lift).
    /// `true` if there are such.
    pub(crate) fn commit(&mut self, round: u32) -> bool {
        self.reveal(round);
        let is_left = |record: &Record<'_>| record.kind.denies() && !record.is_confirmed;
        let has_left = self.records.iter().any(is_left);
        self.records.retain_mut(|record| {
            let stays = record.is_staged || record.is_confirmed || record.kind.denies();
            record.is_staged = false;
            // What tells the denials apart.
            record.is_confirmed &= has_left && record.kind.denies();
            stays
        });
        if self.lost != Some(round) {
            self.lost = None;
        }
        has_left
    }

    /// Ends a reset that has been committed: the denials that it did not put are gone.
    pub(crate) fn lift(&mut self, round: u32) {
        self.turn_to(round);
        self.records
            .retain_mut(|record| !record.kind.denies() || std::mem::take(&mut record.is_confirmed));
    }

    fn turn_to(&mut self, round: u32) {
        if self.round != round {
            self.settle();
            self.round = round;
        }
    }

    /// Adds what is put, but for what is there already.
    fn add(
        &mut self,
        places: &Places<'_>,
        changes: &'b [Written],
        is_there: &[bool],
        is_staged: bool,
    ) {
        for place in places.values() {
            let change = changes.get(*place).filter(|_| is_there.get(*place) == Some(&false));
            if let Some((change, content)) = change.and_then(|it| Some((it, it.content.as_ref()?)))
            {
                self.records.push(Record { is_staged, ..record(&change.key, content) });
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

/// A change in the form in which it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) key: Key,
    /// `None` takes the entry away.
    content: Option<Box<[u8]>>,
}

impl From<&Change> for Written {
    fn from(change: &Change) -> Self {
        let content = match change {
            Change::Put(_, content) => Some(write_content(content).into()),
            Change::Delete(_) => None,
        };
        Self { key: change.key(), content }
    }
}

/// Keys of a bucket, each with a place.
type Places<'k> = BTreeMap<(Kind, &'k [u8]), usize>;

/// Of several changes of one key the last. Buckets are gone through once however many changes there are:
/// whoever chooses digests can have them all in one.
fn last_words(changes: &[Written]) -> Places<'_> {
    let mut places = Places::new();
    // Not collected, which would sort: every instance of the slice sort is large in a module.
    for (place, change) in changes.iter().enumerate() {
        places.insert(within(&change.key), place);
    }
    places
}

/// The change that is about a record, and its place.
fn about<'c>(
    places: &Places<'_>,
    changes: &'c [Written],
    record: &Record<'_>,
) -> Option<(usize, &'c Written)> {
    let place = *places.get(&(record.kind, record.rest))?;
    Some((place, changes.get(place)?))
}

/// What tells a key from others of its bucket.
fn within(key: &Key) -> (Kind, &[u8]) {
    (key.kind, rest_of(&key.digest))
}

fn record<'b>(key: &'b Key, content: &'b [u8]) -> Record<'b> {
    Record {
        kind: key.kind,
        is_staged: false,
        is_confirmed: false,
        rest: rest_of(&key.digest),
        content,
    }
}

/// What a bucket says of a key. This is the way of every request: nothing is allocated but what is found.
///
/// # Errors
/// [`Corrupt`] if the bytes are no bucket.
pub(crate) fn find(bytes: &[u8], key: &Key) -> Result<Option<Content>, Corrupt> {
    let (.., mut input) = header(bytes)?;
    let mut found = None;
    while !input.is_at_end() {
        let record = Record::read(&mut input).ok_or(Corrupt)?;
        if !record.is_staged && record.is_of(key) {
            found = Some(read_content(record.kind, record.content).ok_or(Corrupt)?);
        }
    }
    Ok(found)
}

/// A stored value that no leader wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;

impl fmt::Display for Corrupt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("shared data holds what no leader of the list wrote")
    }
}

fn header(bytes: &[u8]) -> Result<(u32, u32, Input<'_>), Corrupt> {
    let mut input = Input(bytes.strip_prefix(&[FORMAT]).ok_or(Corrupt)?);
    let term = input.array().map(u32::from_le_bytes).ok_or(Corrupt)?;
    let round = input.array().map(u32::from_le_bytes).ok_or(Corrupt)?;
    Ok((term, round, input))
}

const HEADER: usize = 9;

const FORMAT: u8 = 1;

/// Stands where the first record would, in a bucket that is lost: [`find`] takes it for garbage, as it should.
const LOST: u8 = 0xff;

#[cfg(test)]
mod tests;
