//! `dynamic`: what is on the lists that have a feed.

use std::collections::BTreeMap;

use peergate::Policy;
use peergate::dynamic::{DynamicList, Heard, Offline};
use peergate::feed::{Format, Page, PageReader};
use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::{Value, json};

use crate::format::by_word;
use crate::reader::Malformed;

/// What is on each list, by its name.
pub(crate) type Dynamic = BTreeMap<String, Contents>;

/// What is on one list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    /// As a feed writes them after `put`.
    #[serde(default)]
    entries: Vec<Value>,
    #[serde(default, deserialize_with = "state")]
    state: State,
}

/// How a list stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Current,
    Stale,
    Unloaded,
    Corrupt,
}

impl State {
    const ALL: [Self; 4] = [Self::Current, Self::Stale, Self::Unloaded, Self::Corrupt];

    fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Stale => "stale",
            Self::Unloaded => "unloaded",
            Self::Corrupt => "corrupt",
        }
    }
}

fn state<'de, D: Deserializer<'de>>(input: D) -> Result<State, D::Error> {
    by_word(input, &State::ALL, State::word)
}

/// Fills a policy's lists. What is said of a list first holds; of lists that the policy lacks, nothing does.
pub(crate) fn fill(policy: &Policy, dynamic: &[&Dynamic]) -> Result<Offline, Malformed> {
    let shared = Offline::default();
    for list in policy.dynamic_lists() {
        if let Some(contents) = dynamic.iter().find_map(|dynamic| dynamic.get(list.name())) {
            contents.fill(&shared, list)?;
        }
    }
    Ok(shared)
}

/// Refuses what cannot be put into a policy's lists.
pub(crate) fn check(policy: &Policy, dynamic: &Dynamic) -> Result<(), Malformed> {
    let unknown =
        dynamic.keys().find(|name| policy.dynamic_lists().all(|list| list.name() != **name));
    if let Some(name) = unknown {
        let message = "the policy has no list of this name with a feed";
        return Err(Malformed::new(format!("dynamic.{name}"), message));
    }
    fill(policy, &[dynamic]).map(drop)
}

impl Contents {
    fn fill(&self, shared: &Offline, list: &DynamicList) -> Result<(), Malformed> {
        let place = format!("dynamic.{}", list.name());
        let malformed = |why: String| Malformed::new(place.as_str(), why);
        if self.state == State::Unloaded {
            return match self.entries.is_empty() {
                true => Ok(()),
                false => Err(malformed("a list that was never loaded has no entries".to_owned())),
            };
        }
        let page = page(&Value::Array(self.entries.clone()), &Format::Native).map_err(malformed)?;
        if let Some(problem) = page.problems.first() {
            return Err(malformed(problem.clone()));
        }
        let heard = if self.state == State::Stale { Heard::TooLongAgo } else { Heard::Now };
        let filled = shared.fill(list, &page, heard);
        filled.map_err(|_| malformed("cannot be filled".to_owned()))?;
        if self.state == State::Corrupt {
            shared.spoil(list);
        }
        Ok(())
    }
}

/// Reads what is on a list: an answer of its feed, or entries alone, as a list. Those that cannot be used are
/// skipped, and the page says why, with their places.
///
/// # Errors
/// Why it is neither.
pub fn page(document: &Value, format: &Format) -> Result<Page, String> {
    let Value::Array(entries) = document else {
        return read(document, format);
    };
    let puts: Vec<Value> = entries.iter().map(|entry| json!({ "put": entry })).collect();
    let page = json!({ "version": 1, "cursor": "1", "reset": true, "changes": puts });
    let mut page = read(&page, &Format::Native)?;
    for problem in &mut page.problems {
        // Nobody wrote the page around them.
        if let Some((index, rest)) =
            problem.strip_prefix("changes[").and_then(|it| it.split_once("].put"))
        {
            *problem = format!("entries[{index}]{rest}");
        }
    }
    Ok(page)
}

fn read(page: &Value, format: &Format) -> Result<Page, String> {
    let reader = PageReader::new(page.to_string().into_bytes(), format, u32::MAX);
    reader.and_then(PageReader::finish).map_err(|failure| failure.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_answer_or_entries_are_read() {
        let entry = json!({ "certificate": "ab".repeat(32), "apis": ["*"] });
        let entries = page(&json!([entry, { "apis": ["*"] }]), &Format::Native).unwrap();
        assert_eq!((entries.changes.len(), entries.skipped), (1, 1));
        let problem = "entries[1]: expected exactly one of certificate, api_key, deny";
        assert_eq!(entries.problems, [problem]);
        let answer = json!({ "version": 3, "cursor": "c", "changes": [{ "put": entry }] });
        let answer = page(&answer, &Format::Native).unwrap();
        assert_eq!(answer.changes, entries.changes);
        let malformed = page(&json!({ "changes": [] }), &Format::Native).unwrap_err();
        assert!(malformed.contains("missing field `version`"), "{malformed}");
    }
}
