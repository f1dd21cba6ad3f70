//! What the filter takes, and somebody will be sorry for.

use peergate::dynamic::{Change, Key, Kind};
use peergate::{Fingerprint, Policy};
use peergate_cases::moment;
use serde_json::Value;

use super::answer::{Answer, Item};

/// What an answer is held against.
pub(crate) struct Against<'p> {
    /// Seconds since the Unix epoch.
    pub(crate) now: i64,
    /// A policy, and its list that the feed fills.
    pub(crate) list: Option<(&'p Policy, &'p str)>,
}

/// Warnings, each with its place in the answer.
#[derive(Default)]
pub(crate) struct Warnings {
    /// By what they are about: how many there are, and the first of them.
    kinds: [(usize, Vec<String>); KINDS.len()],
    /// Of the answers together.
    others: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Over,
    Grant,
    Reencoded,
    Issuer,
}

const KINDS: [About; 4] = [About::Over, About::Grant, About::Reencoded, About::Issuer];

impl Warnings {
    /// Looks at what an answer puts into the list.
    pub(crate) fn look(&mut self, answer: &Answer, against: &Against<'_>) {
        let reencoded = against.list.is_some_and(|(policy, list)| policy.admits_reencoded(list));
        for item in answer.items.iter().filter(|item| item.problems.is_empty()) {
            if let Some(Change::Put(key, _)) = &item.change {
                self.look_at(item, *key, against, reencoded);
            }
        }
    }

    fn look_at(&mut self, item: &Item, key: Key, against: &Against<'_>, reencoded: bool) {
        let end = if key.denies() { "until" } else { "expires" };
        let ends = item.entry.get(end).and_then(Value::as_str);
        if let Some(text) = ends
            && moment(text).is_ok_and(|end| end <= against.now)
        {
            self.tell(About::Over, item, &format!("{end}: is over since {text}"));
        }
        if key.kind() == Kind::DenyCertificate && reencoded {
            self.tell(
                About::Reencoded,
                item,
                "denies by a fingerprint, which a holder can change by re-encoding the signature, where \
                 the policy admits by ca or spki_sha256: deny by issued or spki_sha256",
            );
        }
        let Some((policy, _)) = against.list else { return };
        if key.kind() == Kind::DenyIssued {
            let issuer = item.entry.pointer("/deny/issued/by_sha256").and_then(Value::as_str);
            let issuer = issuer.and_then(|text| text.parse::<Fingerprint>().ok());
            if !issuer.is_some_and(|issuer| policy.knows_issuer(issuer)) {
                self.tell(
                    About::Issuer,
                    item,
                    "no authority or intermediate of the policy is this issuer: it holds only where the \
                     path of a client leads over it, while by_name_sha256 holds always",
                );
            }
        }
        let apis = item.entry.get("apis").and_then(Value::as_array).into_iter().flatten();
        for api in apis.filter_map(Value::as_str) {
            if api != "*" && policy.apis().iter().all(|known| known.name().as_str() != api) {
                self.tell(About::Grant, item, &format!("apis: the policy has no API {api:?}"));
            }
        }
    }

    fn tell(&mut self, about: About, item: &Item, what: &str) {
        for ((count, told), _) in
            self.kinds.iter_mut().zip(KINDS).filter(|(_, kind)| *kind == about)
        {
            *count = count.saturating_add(1);
            if told.len() < MOST {
                told.push(format!("{}: {what}", item.place));
            }
        }
    }

    /// A warning of the answers together.
    pub(crate) fn add(&mut self, warning: String) {
        self.others.push(warning);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.others.is_empty() && self.kinds.iter().all(|(count, _)| *count == 0)
    }

    /// The first of each kind, and how many more there are.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (count, told) in &self.kinds {
            lines.extend(told.iter().cloned());
            let left = count.saturating_sub(told.len());
            if left > 0 {
                lines.push(format!("and {left} more like the last"));
            }
        }
        lines.extend(self.others.iter().cloned());
        lines
    }
}

/// How many of a kind are told.
const MOST: usize = 20;
