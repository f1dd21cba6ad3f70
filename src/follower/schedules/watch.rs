//! What must hold at every write, whoever makes it and when.

use std::collections::{BTreeSet, HashMap};

use super::history::{GUARDED, History, PAIR, Said, said};
use crate::dynamic::{Bucket, Head, Lease, Position, Space, bucket_of, find_in_bucket};

/// What is known of a list from what was written.
pub(super) struct Watch {
    places: HashMap<Vec<u8>, Place>,
    /// For each key, the earliest version at which readers can be.
    floors: Vec<u64>,
    /// What readers see of each.
    pub(super) seen: Vec<Said>,
    pub(super) head: Head,
    /// The term of each bucket's last writer, and what it counts.
    buckets: HashMap<u16, (u32, u64)>,
    lease_term: u32,
    led: BTreeSet<u32>,
}

#[derive(Clone, Copy)]
enum Place {
    Head,
    Lease,
    Bucket(u16),
}

impl Watch {
    pub(super) fn new(space: Space, keys: usize) -> Self {
        let mut places: HashMap<_, _> =
            (0..64).map(|number| (space.bucket(number).to_vec(), Place::Bucket(number))).collect();
        places.insert(space.head(), Place::Head);
        places.insert(space.lease(), Place::Lease);
        Self {
            places,
            floors: vec![0; keys],
            seen: vec![None; keys],
            head: Head::default(),
            buckets: HashMap::new(),
            lease_term: 0,
            led: BTreeSet::new(),
        }
    }

    /// For a key, the earliest version at which readers can be.
    pub(super) fn floor(&self, key: usize) -> u64 {
        self.floors[key]
    }

    /// Takes note of who leads.
    pub(super) fn leads(&mut self, term: u32) -> Result<(), String> {
        if self.led.insert(term) { Ok(()) } else { Err(format!("two lead in term {term}")) }
    }

    /// Takes note of a write. Returns what it has changed, if that is worth telling.
    pub(super) fn wrote(
        &mut self,
        history: &History,
        key: &[u8],
        value: &[u8],
        now: u64,
    ) -> Result<Option<String>, String> {
        match self.places.get(key).copied() {
            None => Err("a key of no list".to_owned()),
            Some(Place::Lease) => {
                let term = Lease::read(value).ok_or("an unreadable lease")?.term;
                not_less("the lease's term", &mut self.lease_term, term).map(|()| None)
            }
            Some(Place::Head) => {
                let head = Head::read(value).ok_or("an unreadable head")?;
                self.wrote_head(history, &head, now)?;
                Ok(Some(format!("{head:?}")))
            }
            Some(Place::Bucket(number)) => {
                let seen = self.seen.clone();
                self.wrote_bucket(history, number, value)?;
                let now = &self.seen;
                Ok((seen != *now).then(|| format!("bucket {number}: {seen:?} -> {now:?}")))
            }
        }
    }

    fn wrote_bucket(&mut self, history: &History, number: u16, value: &[u8]) -> Result<(), String> {
        let bucket = Bucket::read(value).map_err(|error| error.to_string())?;
        let known = self.buckets.entry(number).or_default();
        known.1 = bucket.count().entries();
        not_less("a bucket's term", &mut known.0, bucket.term)?;
        for (key, role) in history.cast.iter().enumerate() {
            if bucket_of(&role.key.digest) != number {
                continue;
            }
            let now = said(find_in_bucket(value, &role.key).map_err(|error| error.to_string())?);
            self.seen[key] = now;
            self.check(history, key, "a bucket")?;
        }
        if self.head.is_loaded && self.seen[PAIR.0].or(self.seen[PAIR.1]).is_none() {
            return Err("a client that is denied all the time is not".to_owned());
        }
        let is_in = |(client, denial): (usize, usize)| {
            self.seen[client].is_some() && self.seen[denial].is_none()
        };
        if self.head.is_loaded && GUARDED.into_iter().any(is_in) {
            return Err("a client that is denied while it is registered is not".to_owned());
        }
        Ok(())
    }

    /// Whether what is seen of a key is what it had since the last version of it that was seen.
    fn check(&mut self, history: &History, key: usize, by: &str) -> Result<(), String> {
        let (floor, seen) = (self.floors[key], self.seen[key]);
        self.floors[key] = history.first(key, floor, seen).ok_or_else(|| {
            let then = history.at(key, floor);
            format!("key {key} goes back, by {by}: {seen:?}, but at version {floor} {then:?}")
        })?;
        Ok(())
    }

    fn wrote_head(&mut self, history: &History, head: &Head, now: u64) -> Result<(), String> {
        let old = std::mem::replace(&mut self.head, head.clone());
        let (mut term, mut accepted_at, mut newest) = (old.term, old.accepted_at, old.newest);
        not_less("the head's term", &mut term, head.term)?;
        not_less("the time of the last answer", &mut accepted_at, head.accepted_at)?;
        not_less("the newest version", &mut newest, head.newest)?;
        let mut version = old.position.version;
        not_less("the version", &mut version, head.position.version)?;
        let mut round = old.round;
        not_less("the round", &mut round, head.round)?;
        if old.is_loaded && !head.is_loaded {
            return Err("the list is not loaded any more".to_owned());
        }
        if head.accepted_at > now || head.newest > history.latest() {
            return Err("a head of the future".to_owned());
        }
        if let Some(version) = applied(&head.position).filter(|_| head.position != old.position) {
            let count: u64 = self.buckets.values().map(|(_, count)| count).sum();
            if head.count.entries() != count {
                return Err(format!("{count} entries, and the head says {:?}", head.count));
            }
            for key in 0..self.floors.len() {
                self.floors[key] = self.floors[key].max(version);
                self.check(history, key, "the head")?;
            }
        }
        Ok(())
    }

    /// Whether readers see the feed's last version, and the head says so.
    pub(super) fn is_settled(&self, history: &History) -> bool {
        let latest = history.latest();
        let is_seen = |key: usize| self.seen[key] == history.at(key, latest);
        applied(&self.head.position) == Some(latest)
            && self.head.is_loaded
            && self.head.count.entries() == history.count(latest)
            && (0..self.seen.len()).all(is_seen)
    }
}

/// The version that is applied whole: that of the cursor, or of a plain file.
fn applied(position: &Position) -> Option<u64> {
    match position.cursor.split_once("-c") {
        Some((_, version)) => version.strip_suffix(".0")?.parse().ok(),
        None if position.cursor.is_empty() => None,
        None => Some(position.version),
    }
}

fn not_less<T: Copy + Ord + std::fmt::Debug>(
    what: &str,
    known: &mut T,
    new: T,
) -> Result<(), String> {
    let old = std::mem::replace(known, new);
    if new < old { Err(format!("{what} falls from {old:?} to {new:?}")) } else { Ok(()) }
}
