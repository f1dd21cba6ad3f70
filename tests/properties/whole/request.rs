//! Requests of all kinds: what they ask for and what they show.

use std::cell::OnceCell;

use peergate::dynamic::Offline;
use peergate::{Headers, KeyDigest, Policy, Unreadable};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::certificates::any_certificate;
use crate::credentials::requirements::evidence::{Evidence, KEYS, Key, evidence};
use crate::credentials::requirements::plan::hash;
use crate::credentials::shown::{Shown, fill};
use crate::host::{Host, NOW};
use crate::mutation::{Mutation, apply, mutations};
use crate::readings::{any_host, honest};

/// A request, and the host's answers about it.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) path: &'static str,
    pub(super) authority: &'static str,
    pub(super) evidence: Evidence,
    pub(super) host: Host,
    /// What the host's other filters say is no longer what they said.
    spoiled: Vec<Mutation>,
    is_readable: bool,
}

/// The certificates of the list that a feed fills: whether they are active, and for which APIs.
pub(super) const CERTIFICATES: [(&str, bool, &str); 4] = [
    ("partner", true, "*"),
    ("employee", false, "*"),
    ("ed25519", true, "a"),
    ("partner-twin", true, "*"),
];

impl Request {
    pub(super) fn is_preflight(&self) -> bool {
        self.evidence.is_preflight
    }

    /// The server name that the connection was made for, if the host says one.
    pub(super) fn server_name(&self) -> Option<Vec<u8>> {
        self.host.server_name.clone().ok().flatten()
    }

    pub(super) fn headers(&self) -> Headers<'static> {
        let method = if self.is_preflight() { "OPTIONS" } else { "GET" };
        let mut pairs =
            vec![(":method", method), (":authority", self.authority), (":path", self.path)];
        if self.is_preflight() {
            pairs.push(("origin", "https://app.example"));
            pairs.push(("access-control-request-method", "PUT"));
        }
        match self.evidence.key {
            Key::Absent => {}
            Key::Twice => pairs.extend([("x-api-key", "plain"), ("x-api-key", "plain")]),
            Key::Named(name) => pairs.push(("x-api-key", name)),
        }
        pairs.push(("x_client_identity", "spoofed"));
        let bytes = pairs.into_iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        Headers::new(bytes.collect())
    }

    pub(super) fn shown(&self, policy: &Policy) -> Shown {
        let metadata = apply(&self.evidence.metadata(), &self.spoiled);
        let metadata = if self.is_readable {
            Ok(Some(metadata).filter(|bytes| !bytes.is_empty()))
        } else {
            Err(Unreadable)
        };
        Shown { host: self.host.clone(), metadata, store: store(policy) }
    }

    /// Whether what the host says of tokens is what its filters said.
    pub(super) fn is_honest(&self) -> bool {
        self.is_readable && self.spoiled.is_empty()
    }
}

/// Requests over honest connections and others.
pub(super) fn requests() -> impl Strategy<Value = Request> {
    let paths = vec!["/a", "/b", "/a/op", "/b/op", "/a/op/x", "/c", "/a/%2e%2e/b", "/a//b", "*"];
    let authorities = vec!["api.example.com", "a.example"];
    let spoiled = prop_oneof![4 => Just(Vec::new()), 1 => mutations()];
    let name = prop_oneof![Just(None), Just(Some("api.example.com")), Just(Some("a.example"))];
    let parts = (select(paths), select(authorities), evidence(), spoiled, name);
    // Often a client of whom the other evidence does not know.
    let host = prop_oneof![
        2 => Just(None),
        2 => any_certificate().prop_map(|own| Some((honest(own), true))),
        1 => any_host().prop_map(|host| Some((host, false))),
    ];
    (parts, prop::bool::weighted(0.95), host).prop_map(
        |((path, authority, evidence, spoiled, name), is_readable, host)| {
            let server_name = Ok(name.map(|name: &str| name.as_bytes().to_vec()));
            let host = match host {
                None => Host { server_name, ..evidence.host() },
                Some((host, true)) => Host { server_name, ..host },
                Some((host, false)) => host,
            };
            // The model knows one time.
            let host = Host { now: host.now.map(|_| NOW), ..host };
            Request { path, authority, evidence, host, spoiled, is_readable }
        },
    )
}

/// What is registered, in every policy's list alike.
fn store(policy: &Policy) -> Offline {
    thread_local!(static FILLED: OnceCell<Offline> = const { OnceCell::new() });
    let filled = || {
        let keys = KEYS.map(|(name, is_suspended, bound)| {
            let mut entry = json!({
                "api_key": KeyDigest::Sha256.hex(name.as_bytes()).unwrap(),
                "identity": name, "apis": ["*"], "active": !is_suspended,
            });
            if let Some(bound) = bound {
                entry["certificates"] = json!([hash(bound)]);
            }
            entry
        });
        let certificates = CERTIFICATES.map(|(name, is_active, api)| {
            json!({"certificate": hash(name), "identity": name, "apis": [api], "active": is_active})
        });
        let denied = json!({"deny": {"certificate": hash("partner-same-serial")}});
        let entries: Vec<_> = keys.into_iter().chain(certificates).chain([denied]).collect();
        let store = Offline::default();
        fill(&store, policy, &entries);
        store
    };
    FILLED.with(|cell| cell.get_or_init(filled).clone())
}
