//! What a feed holds: an ordered log of changes, compacted by key.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::cursor::Cursor;

/// A change of the list.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Puts this entry in the place of any of its key.
    Put(Value),
    /// Deletes the entry of this key, whether it is there or not.
    Delete(Value),
}

/// Returns what deletes an entry: `{"api_key": …}`, `{"certificate": …}` or `{"deny": …}`, and the
/// whole entry if it has none of these members.
pub fn key_of(entry: &Value) -> Value {
    let named = |name| {
        let value = entry.get(name)?;
        Some(Value::Object(Map::from_iter([(String::from(name), value.clone())])))
    };
    ["api_key", "certificate", "deny"].into_iter().find_map(named).unwrap_or_else(|| entry.clone())
}

/// A change ready for the log. Made outside the lock: a million of them take a while.
pub(super) struct Prepared {
    key: [u8; 16],
    record: Record,
}

impl From<Change> for Prepared {
    fn from(change: Change) -> Self {
        match change {
            Change::Put(entry) => Self::put(&key_of(&entry).to_string(), &entry.to_string()),
            Change::Delete(key) => {
                let key = key.to_string();
                Self::new(&key, false, format!("{{\"delete\":{key}}}"))
            }
        }
    }
}

impl Prepared {
    /// Puts an entry. Both are JSON, the key as `serde_json` writes it.
    pub(super) fn put(key: &str, entry: &str) -> Self {
        Self::new(key, true, format!("{{\"put\":{entry}}}"))
    }

    fn new(key: &str, put: bool, text: String) -> Self {
        let hash = digest(&SHA256, key.as_bytes());
        let key = *hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes");
        Self { key, record: Record { put, text: text.into() } }
    }
}

/// One change of the log, as it is sent.
#[derive(Clone)]
struct Record {
    put: bool,
    text: Arc<str>,
}

/// A part of the log.
pub(super) struct Part<'a> {
    pub(super) cursor: Cursor,
    pub(super) more: bool,
    pub(super) reset: bool,
    pub(super) changes: Vec<&'a str>,
}

/// The list, with the log that leads to it.
#[derive(Clone)]
pub(super) struct Content {
    version: u64,
    history: u64,
    /// The oldest history whose cursors are still known.
    oldest: u64,
    /// The place of the newest change ever.
    end: u64,
    log: BTreeMap<u64, Record>,
    /// Where each key's change is in the log.
    places: HashMap<[u8; 16], u64>,
}

impl Content {
    pub(super) fn new() -> Self {
        // A server that lost its state must not take its predecessor's cursors for its own.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let history = u64::try_from(since.as_micros()).unwrap_or_default();
        let (log, places) = (BTreeMap::new(), HashMap::new());
        Self { version: 0, history, oldest: history, end: 0, log, places }
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    /// Makes all of these changes in one new version.
    pub(super) fn apply(&mut self, changes: Vec<Prepared>) -> u64 {
        for Prepared { key, record } in changes {
            self.end += 1;
            if let Some(old) = self.places.insert(key, self.end) {
                self.log.remove(&old);
            }
            self.log.insert(self.end, record);
        }
        self.version = self.version.saturating_add(1);
        self.version
    }

    /// Begins a new history. Cursors of older ones stay known only if they are to lead to a reset.
    pub(super) fn restart(&mut self, known: bool, changes: Vec<Prepared>) -> u64 {
        self.history += 1;
        if !known {
            self.oldest = self.history;
        }
        self.log.clear();
        self.places.clear();
        self.apply(changes)
    }

    /// Returns what follows a cursor, at most so many changes; nothing if the cursor is unknown.
    pub(super) fn after(&self, cursor: Option<Cursor>, limit: usize) -> Option<Part<'_>> {
        let load = Cursor { history: self.history, place: 0, load: Some(self.end) };
        let from = match cursor {
            None => load,
            Some(it) if it.history == self.history && it.place <= self.end => it,
            Some(it) if (self.oldest..self.history).contains(&it.history) => load,
            Some(_) => return None,
        };
        // A load has nothing to delete, but for what it has itself brought.
        let wanted = |(place, record): &(&u64, &Record)| {
            record.put || from.load.is_none_or(|start| **place > start)
        };
        let mut rest = self.log.range(from.place.saturating_add(1)..).filter(wanted).peekable();
        let mut place = from.place;
        let mut changes = Vec::new();
        for (found, record) in rest.by_ref().take(limit) {
            place = *found;
            changes.push(&*record.text);
        }
        let more = rest.peek().is_some();
        let cursor = match more {
            true => Cursor { place, ..from },
            false => Cursor { place: self.end, load: None, ..from },
        };
        Some(Part { cursor, more, reset: from.load.is_some(), changes })
    }

    /// Names what the list is now, quoted as an `ETag`.
    pub(super) fn tag(&self) -> String {
        format!("\"{}-{}-{}\"", self.history, self.end, self.version)
    }
}
