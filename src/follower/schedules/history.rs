//! What the feed's list was at each of its versions: a change a version.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::chance::Chance;
use crate::digest::{Digest, Fingerprint, KeyHash};
use crate::dynamic::{Content, Key};

/// What an entry says: the version in which it was put.
pub(super) type Said = Option<u64>;

/// A list's past.
pub(super) struct History {
    pub(super) cast: Vec<Role>,
    /// For each key the versions at which it changed, and what it was then. All begin without an entry.
    changes: Vec<Vec<(u64, Said)>>,
    /// Which key each version changed, and whether by an entry that cannot be accepted.
    log: Vec<(usize, bool)>,
}

/// An entry's key, as the follower and as the feed see it.
pub(super) struct Role {
    pub(super) key: Key,
    /// What entries have that are about it.
    about: Value,
}

impl History {
    pub(super) fn new() -> Self {
        let mut cast: Vec<Role> = (0..CLIENTS).map(|client| Role::client(digest(client))).collect();
        cast.extend((0..DENIED).map(|client| Role::denied_certificate(digest(client))));
        // Their buckets come in either order.
        cast.push(Role::denied_certificate(digest(20)));
        cast.push(Role::denied_key(digest(50)));
        for (client, denied) in [(55, 10), (12, 57)] {
            cast.push(Role::client(digest(client)));
            cast.push(Role::denied_key(digest(denied)));
        }
        // Each has a bucket to itself, in which nothing was before.
        cast.extend((30..42).map(|client| Role::client(digest(client))));
        let changes = vec![vec![(0, None)]; cast.len()];
        let mut history = Self { cast, changes, log: Vec::new() };
        for key in [0, 1, 2, usize::from(CLIENTS), PAIR.0] {
            history.put(key);
        }
        history
    }

    pub(super) fn latest(&self) -> u64 {
        self.log.len() as u64
    }

    /// What a key had at a version.
    pub(super) fn at(&self, key: usize, version: u64) -> Said {
        self.changes[key].iter().rev().find(|(from, _)| *from <= version).unwrap().1
    }

    /// The first version from another one on at which a key had this.
    pub(super) fn first(&self, key: usize, from: u64, said: Said) -> Option<u64> {
        (from..=self.latest()).find(|version| self.at(key, *version) == said)
    }

    /// Goes on by a version.
    pub(super) fn publish(&mut self, chance: &mut Chance) {
        let key = chance.below(self.cast.len() as u64) as usize;
        let is_there = |key| self.at(key, self.latest()).is_some();
        let guarded =
            GUARDED.into_iter().find(|(client, denial)| [*client, *denial].contains(&key));
        if key == PAIR.0 || key == PAIR.1 {
            match (is_there(PAIR.0), is_there(PAIR.1)) {
                (true, true) => self.change(key, None, false),
                (true, false) => self.put(PAIR.1),
                _ => self.put(PAIR.0),
            }
        } else if let Some((client, denial)) = guarded {
            match (is_there(client), is_there(denial)) {
                (true, _) => self.change(client, None, false),
                (false, false) => self.put(denial),
                (false, true) if key == client => self.put(client),
                (false, true) => self.change(denial, None, false),
            }
        } else if is_there(key) && chance.below(2) == 0 {
            let is_bad = !self.cast[key].key.denies() && chance.below(4) == 0;
            self.change(key, None, is_bad);
        } else {
            self.put(key);
        }
    }

    fn put(&mut self, key: usize) {
        self.change(key, Some(self.latest() + 1), false);
    }

    fn change(&mut self, key: usize, said: Said, is_bad: bool) {
        self.log.push((key, is_bad));
        let version = self.latest();
        self.changes[key].push((version, said));
    }

    /// The changes after one version up to another.
    pub(super) fn between(&self, after: u64, to: u64) -> Vec<Value> {
        let change = |version: u64| {
            let (key, is_bad) = self.log[version as usize - 1];
            let role = &self.cast[key];
            match self.at(key, version) {
                Some(said) => json!({ "put": role.entry(said) }),
                None if is_bad => json!({ "put": role.bad_entry() }),
                None => json!({ "delete": role.about }),
            }
        };
        (after + 1..=to).map(change).collect()
    }

    /// All entries of a version.
    pub(super) fn whole(&self, version: u64) -> Vec<Value> {
        let said =
            |key: usize| Some(json!({ "put": self.cast[key].entry(self.at(key, version)?) }));
        (0..self.cast.len()).filter_map(said).collect()
    }

    /// How many there are.
    pub(super) fn count(&self, version: u64) -> u64 {
        self.whole(version).len() as u64
    }
}

impl Role {
    fn client(digest: Digest) -> Self {
        let key = Key::certificate(Fingerprint::from_digest(digest));
        Self { key, about: json!({ "certificate": hex::encode(digest) }) }
    }

    fn denied_certificate(digest: Digest) -> Self {
        let key = Key::deny_certificate(Fingerprint::from_digest(digest));
        Self { key, about: json!({ "deny": { "certificate": hex::encode(digest) } }) }
    }

    fn denied_key(digest: Digest) -> Self {
        let text = STANDARD.encode(digest);
        let key = Key::deny_key(text.parse::<KeyHash>().unwrap());
        Self { key, about: json!({ "deny": { "spki_sha256": text } }) }
    }

    fn entry(&self, said: u64) -> Value {
        let mut entry = self.about.clone();
        if self.key.denies() {
            entry["until"] = format!("2027-01-01T00:{:02}:{:02}Z", said / 60, said % 60).into();
        } else {
            entry["identity"] = format!("v{said}").into();
            entry["apis"] = json!(["*"]);
        }
        entry
    }

    fn bad_entry(&self) -> Value {
        let mut entry = self.entry(0);
        entry["colour"] = "red".into();
        entry
    }
}

/// What an entry says that was read from storage.
pub(super) fn said(content: Option<Content>) -> Said {
    match content? {
        Content::Session(session) => session.identity?.strip_prefix('v')?.parse().ok(),
        Content::Deny(until) => u64::try_from(until? - YEAR_2027).ok(),
    }
}

/// The digest of a client, in the bucket of that number.
pub(super) fn digest(client: u8) -> Digest {
    let mut digest = [client; 32];
    digest[0] = 0;
    digest
}

/// Registered or not.
pub(super) const CLIENTS: u8 = 5;
/// So many of these, the first ones, are denied at times.
pub(super) const DENIED: u8 = 2;
/// Two denials, in two buckets, of one client: one of them is there at all times.
pub(super) const PAIR: (usize, usize) = (7, 8);
/// Clients that are never registered without being denied, in another bucket.
pub(super) const GUARDED: [(usize, usize); 2] = [(9, 10), (11, 12)];
const YEAR_2027: i64 = 1_798_761_600;
