//! What a request shows: its connection, its token, its key.

use std::cell::OnceCell;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use peergate::dynamic::Offline;
use peergate::metadata::{JWT_AUTHN, write};
use peergate::{Headers, KeyDigest, Policy};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::plan::{certificate, hash};
use crate::credentials::shown;
use crate::host::Host;
use crate::readings::honest;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connection {
    Plaintext,
    Anonymous,
    /// By the name of its certificate.
    Of(&'static str),
    /// The partner's, with another certificate where Envoy tells the whole one.
    Mismatched,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Absent,
    Unverified,
    OfAnotherIssuer,
    WithoutScope,
    Unbound,
    BoundTo(&'static str),
    BoundToNothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Absent,
    Twice,
    /// By its name: what is said of it is in [`KEYS`].
    Named(&'static str),
}

/// What is registered: whether it is suspended, and to whose certificate it is bound.
pub(crate) const KEYS: [(&str, bool, Option<&str>); 4] = [
    ("plain", false, None),
    ("suspended", true, None),
    ("partners", false, Some("partner")),
    ("employees", false, Some("employee")),
];

#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) connection: Connection,
    pub(crate) token: Token,
    pub(crate) key: Key,
    pub(crate) is_preflight: bool,
}

pub(crate) fn evidence() -> impl Strategy<Value = Evidence> {
    // What holds comes more often than each of what does not.
    let odd = [
        Connection::Plaintext,
        Connection::Anonymous,
        Connection::Of("employee"),
        Connection::Of("expired"),
        Connection::Of("rsa"),
        Connection::Mismatched,
    ];
    let connections = prop_oneof![Just(Connection::Of("partner")), select(odd.to_vec())];
    let odd = [
        Token::Unverified,
        Token::OfAnotherIssuer,
        Token::WithoutScope,
        Token::BoundTo("expired"),
        Token::BoundTo("rsa"),
        Token::BoundToNothing,
    ];
    let tokens = prop_oneof![
        Just(Token::Absent),
        Just(Token::Unbound),
        Just(Token::BoundTo("partner")),
        select(odd.to_vec()),
    ];
    let odd = [Key::Twice, Key::Named("unknown"), Key::Named("suspended"), Key::Named("employees")];
    let keys = prop_oneof![
        Just(Key::Absent),
        Just(Key::Named("plain")),
        Just(Key::Named("partners")),
        select(odd.to_vec()),
    ];
    let is_preflight = prop::bool::weighted(0.1);
    (connections, tokens, keys, is_preflight).prop_map(|(connection, token, key, is_preflight)| {
        Evidence { connection, token, key, is_preflight }
    })
}

impl Evidence {
    pub(crate) fn host(&self) -> Host {
        match self.connection {
            Connection::Plaintext => Host::plaintext(),
            Connection::Anonymous => {
                Host { tls_version: Ok(Some(b"TLSv1.3".to_vec())), ..Host::plaintext() }
            }
            Connection::Of(name) => honest(certificate(name)),
            Connection::Mismatched => {
                let attribute = Ok(Some(certificate("employee").pem.clone().into_bytes()));
                Host { attribute, ..honest(certificate("partner")) }
            }
        }
    }

    pub(crate) fn metadata(&self) -> Vec<u8> {
        let payload = |issuer: &str, scope: &str, cnf: Value| {
            let mut payload = json!({"iss": issuer, "sub": "alice", "scope": scope});
            if !cnf.is_null() {
                payload["cnf"] = cnf;
            }
            json!({ "jwt_payload": payload })
        };
        let idp = "https://idp.example";
        let said = match self.token {
            Token::Absent => return Vec::new(),
            Token::Unverified => json!({"jwt_failed_status": {"code": 3, "message": "expired"}}),
            Token::OfAnotherIssuer => payload("https://other.example", "read", Value::Null),
            Token::WithoutScope => payload(idp, "write", Value::Null),
            Token::Unbound => payload(idp, "write read", Value::Null),
            Token::BoundTo(name) => {
                let digest = certificate(name).leaf.fingerprint().to_string();
                let bytes = hex::decode(digest).unwrap();
                let text = URL_SAFE_NO_PAD.encode(bytes);
                payload(idp, "read", json!({ "x5t#S256": text }))
            }
            Token::BoundToNothing => payload(idp, "read", json!({"jkt": "x"})),
        };
        write(json!({ JWT_AUTHN: said }).as_object().unwrap())
    }

    pub(crate) fn headers(&self) -> Headers<'static> {
        let method = if self.is_preflight { "OPTIONS" } else { "GET" };
        let mut pairs = vec![(":method", method), (":authority", "a.example"), (":path", "/")];
        if self.is_preflight {
            pairs.push(("origin", "https://app.example"));
            pairs.push(("access-control-request-method", "PUT"));
        }
        match self.key {
            Key::Absent => {}
            Key::Twice => pairs.extend([("x-api-key", "plain"), ("x-api-key", "plain")]),
            Key::Named(name) => pairs.push(("x-api-key", name)),
        }
        let bytes = pairs.into_iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        Headers::new(bytes.collect())
    }
}

/// What is registered, in every policy's list alike.
pub(crate) fn store(policy: &Policy) -> Offline {
    thread_local!(static FILLED: OnceCell<Offline> = const { OnceCell::new() });
    FILLED.with(|filled| {
        let fill = || {
            let entries = KEYS.map(|(name, is_suspended, bound)| {
                let mut entry = json!({
                    "api_key": KeyDigest::Sha256.hex(name.as_bytes()).unwrap(),
                    "identity": name, "apis": ["*"], "active": !is_suspended,
                });
                if let Some(bound) = bound {
                    entry["certificates"] = json!([hash(bound)]);
                }
                entry
            });
            let store = Offline::default();
            shown::fill(&store, policy, &entries);
            store
        };
        filled.get_or_init(fill).clone()
    })
}
