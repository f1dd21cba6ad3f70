//! The entries of a list, as its feed's answers leave them.

use std::collections::{BTreeMap, BTreeSet};

use peergate::dynamic::{Change, Content, Key, Kind};

use super::answer::Answer;
use super::key;

use crate::output::on_one_line;

/// What is on a list.
#[derive(Clone, Default)]
pub(crate) struct Entries {
    entries: BTreeMap<Key, Entry>,
    /// What was taken away and not put there again.
    gone: BTreeSet<Key>,
    /// Deletions that were told.
    deletes: usize,
    /// Entries that could not be used.
    skipped: usize,
}

#[derive(Clone)]
struct Entry {
    text: String,
    content: Content,
}

/// How two lists differ: the keys of entries, sorted.
pub(crate) struct Difference {
    pub(crate) added: Vec<String>,
    pub(crate) changed: Vec<String>,
    pub(crate) removed: Vec<String>,
}

impl Difference {
    /// In words: numbers, and the first keys of each kind.
    pub(crate) fn told(&self) -> String {
        let kinds =
            [("added", &self.added), ("changed", &self.changed), ("removed", &self.removed)];
        let counts = kinds.map(|(word, keys)| format!("{} {word}", keys.len()));
        let mut text = counts.join(", ") + "\n";
        for (word, keys) in kinds {
            for key in keys.iter().take(MOST) {
                text.push_str(&format!("  {word:<8} {}\n", on_one_line(key)));
            }
            let left = keys.len().saturating_sub(MOST);
            if left > 0 {
                text.push_str(&format!("  {word:<8} and {left} more\n"));
            }
        }
        text
    }
}

impl Entries {
    /// Makes the changes of an answer, as the filter does.
    pub(crate) fn take(&mut self, answer: &Answer) {
        for item in &answer.items {
            if !item.problems.is_empty() {
                self.skipped = self.skipped.saturating_add(1);
            } else if item.is_delete() {
                self.deletes = self.deletes.saturating_add(1);
            }
            match &item.change {
                Some(Change::Put(key, content)) => {
                    let text = key::text(key.kind(), &item.entry);
                    self.gone.remove(key);
                    self.entries.insert(*key, Entry { text, content: content.clone() });
                }
                Some(Change::Delete(key)) => {
                    self.entries.remove(key);
                    self.gone.insert(*key);
                }
                None => {}
            }
        }
    }

    /// Takes all entries away: the whole list is told anew.
    pub(crate) fn begin_again(&mut self) {
        self.entries.clear();
        self.gone.clear();
    }

    /// Adds what others have that nothing was said of.
    pub(crate) fn put_upon(&mut self, old: &Self) {
        for (key, entry) in &old.entries {
            if !self.gone.contains(key) {
                self.entries.entry(*key).or_insert_with(|| entry.clone());
            }
        }
    }

    pub(crate) fn skipped(&self) -> usize {
        self.skipped
    }

    /// How many API keys there are.
    pub(crate) fn api_keys(&self) -> usize {
        self.count(|kind| kind == Kind::ApiKey)
    }

    /// All numbers in words.
    pub(crate) fn told(&self) -> String {
        let certificates = self.count(|kind| kind == Kind::Certificate);
        let denials = self.entries.keys().filter(|key| key.denies()).count();
        let counts = [
            counted(certificates, "certificate"),
            counted(self.api_keys(), "API key"),
            counted(denials, "denial"),
        ];
        let deletes = counted(self.deletes, "deletion");
        format!("{}; {deletes}, {} skipped", counts.join(", "), self.skipped)
    }

    /// What makes these entries of those.
    pub(crate) fn against(&self, old: &Self) -> Difference {
        let of = |entries: &Self, holds: &dyn Fn(&Key, &Entry) -> bool| {
            let found = entries.entries.iter().filter(|(key, entry)| holds(key, entry));
            let mut texts: Vec<String> = found.map(|(_, entry)| entry.text.clone()).collect();
            texts.sort_unstable();
            texts
        };
        Difference {
            added: of(self, &|key, _| !old.entries.contains_key(key)),
            changed: of(self, &|key, entry| {
                old.entries.get(key).is_some_and(|old| old.content != entry.content)
            }),
            removed: of(old, &|key, _| !self.entries.contains_key(key)),
        }
    }

    fn count(&self, is_meant: impl Fn(Kind) -> bool) -> usize {
        self.entries.keys().filter(|key| is_meant(key.kind())).count()
    }
}

/// A number of things whose plural is regular.
pub(crate) fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// How many keys of a kind are told.
const MOST: usize = 20;
