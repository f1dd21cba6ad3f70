//! Policies made at random, and an independent model of whom their lists admit and refuse.

use peergate::{Fingerprint, Policy};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::certificates::{Certificate, any_certificate};

/// An entry of a list.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Sha256(&'static Certificate),
    Stranger([u8; 32]),
    Pem(&'static Certificate),
    Spki(&'static Certificate),
    Issued(&'static Certificate, &'static Certificate),
}

/// A policy with one API that looks at certificates, and maybe an open one before it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) lists: Vec<Vec<Entry>>,
    pub(crate) allow: Vec<usize>,
    pub(crate) require: Vec<usize>,
    pub(crate) deny: Vec<usize>,
    pub(crate) policy: &'static str,
    pub(crate) validity: &'static str,
    pub(crate) if_refused: &'static str,
    pub(crate) enforcement: &'static str,
    pub(crate) sni: &'static str,
    pub(crate) format: &'static str,
    pub(crate) has_open: bool,
}

impl Entry {
    fn document(&self) -> Value {
        match self {
            Self::Sha256(one) => json!({"sha256": one.leaf.fingerprint().to_string()}),
            Self::Stranger(digest) => json!({"sha256": hex::encode(digest)}),
            Self::Pem(one) => json!({"pem": one.pem}),
            Self::Spki(one) => json!({"spki_sha256": one.leaf.key().to_string()}),
            Self::Issued(one, by) => {
                json!({"issued": {"by": by.pem, "serial": hex::encode(&one.issued.1)}})
            }
        }
    }

    fn admits(&self, fingerprint: Fingerprint, known: Option<&Certificate>) -> bool {
        match self {
            Self::Sha256(one) | Self::Pem(one) => one.leaf.fingerprint() == fingerprint,
            Self::Stranger(digest) => hex::encode(digest) == fingerprint.to_string(),
            Self::Spki(one) => known.is_some_and(|known| known.leaf.key() == one.leaf.key()),
            Self::Issued(..) => false,
        }
    }

    fn refuses(&self, fingerprint: Fingerprint, known: Option<&Certificate>) -> bool {
        let is = |same: &dyn Fn(&Certificate) -> bool| known.is_some_and(same);
        match self {
            Self::Pem(one) => is(&|known| known.leaf.tbs() == one.leaf.tbs()),
            Self::Issued(one, _) => is(&|known| known.issued == one.issued),
            _ => self.admits(fingerprint, known),
        }
    }
}

impl Plan {
    /// The configuration.
    pub(crate) fn document(&self) -> Value {
        let name = |index: &usize| format!("list-{index}");
        let lists: serde_json::Map<String, Value> = self
            .lists
            .iter()
            .enumerate()
            .map(|(index, list)| {
                let entries: Vec<Value> = list.iter().map(Entry::document).collect();
                (name(&index), json!({"entries": entries}))
            })
            .collect();
        let mut certificate = json!({"validity": self.validity, "if_refused": self.if_refused});
        for (field, ids) in
            [("allow", &self.allow), ("require", &self.require), ("deny", &self.deny)]
        {
            if !ids.is_empty() {
                certificate[field] = ids.iter().map(name).collect();
            }
        }
        let guarded = json!({"name": "guarded", "policy": self.policy, "certificate": certificate});
        let open = json!({"name": "open", "match": {"path_prefix": "/open"}, "policy": "open"});
        let mut forward =
            json!({"identity": "X-Client-Identity", "fingerprint": "x-client.sha256"});
        if !self.format.is_empty() {
            forward["client_cert"] = json!({"header": "client-cert", "format": self.format});
        }
        json!({
            "version": 1,
            "lists": lists,
            "global": {"enforcement": self.enforcement, "sni": self.sni},
            "apis": if self.has_open { json!([open, guarded]) } else { json!([guarded]) },
            "forward": forward,
        })
    }

    /// Whether the lists admit who has this fingerprint, and none refuses him.
    pub(crate) fn admits(&self, fingerprint: Fingerprint) -> bool {
        let known =
            crate::certificates::ALL.iter().find(|one| one.leaf.fingerprint() == fingerprint);
        let admits =
            |id: &usize| self.lists[*id].iter().any(|entry| entry.admits(fingerprint, known));
        let refuses =
            |id: &usize| self.lists[*id].iter().any(|entry| entry.refuses(fingerprint, known));
        self.allow.iter().any(admits)
            && self.require.iter().all(admits)
            && !self.deny.iter().any(refuses)
    }
}

fn entry(refuses: bool) -> impl Strategy<Value = Entry> {
    let kind = if refuses { 1..5_u8 } else { 0..4_u8 };
    (kind, any_certificate(), any::<[u8; 32]>()).prop_map(|(kind, one, digest)| {
        match (kind, one.issuer()) {
            (0, _) => Entry::Sha256(one),
            (1, _) => Entry::Stranger(digest),
            (4, Some(by)) => Entry::Issued(one, by),
            (3, _) => Entry::Spki(one),
            _ => Entry::Pem(one),
        }
    })
}

/// Plans whose policy is good, and that policy.
pub(crate) fn plans() -> impl Strategy<Value = (Plan, Policy)> {
    let list = |refuses| prop::collection::vec(entry(refuses), 1..5);
    let lists = [list(false), list(false), list(false), list(true), list(true)];
    let uses = (
        subsequence(vec![0, 1, 2], 1..=3),
        prop_oneof![3 => Just(vec![]), 1 => subsequence(vec![0, 1, 2], 1..=1)],
        subsequence(vec![3, 4], 0..=2),
    );
    let words = (
        select(vec!["mandatory", "optional"]),
        select(vec!["required", "when_known", "unchecked"]),
        select(vec!["deny", "ignore"]),
        prop_oneof![3 => Just("enforce"), 1 => Just("shadow")],
        prop_oneof![3 => Just("unchecked"), 1 => Just("when_present"), 1 => Just("required")],
        select(vec!["", "rfc9440", "der_base64", "pem_percent"]),
    );
    (lists, uses, words, any::<bool>()).prop_filter_map("no good policy", |parts| {
        let (lists, (allow, require, deny), words, has_open) = parts;
        let (policy, validity, if_refused, enforcement, sni, format) = words;
        let lists = lists.into();
        let plan = Plan {
            lists,
            allow,
            require,
            deny,
            policy,
            validity,
            if_refused,
            enforcement,
            sni,
            format,
            has_open,
        };
        let read = Policy::read(plan.document().to_string().as_bytes()).ok()?;
        Some((plan, read))
    })
}
