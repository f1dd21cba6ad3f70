//! The policies that requests are judged by.

use std::sync::LazyLock;

use peergate::{Fingerprint, Policy};
use serde_json::Value;

use crate::certificates::{TEXTS, certificate};

/// A policy, and what it says of who may pass.
#[derive(Debug)]
pub(crate) struct Ruled {
    pub(crate) policy: Policy,
    /// The document, of which the fingerprints of certificates are a part.
    pub(crate) text: String,
    /// The names of the certificates that it admits by more than their fingerprints.
    vouched_for: Vec<&'static str>,
    /// The credentials, in words, that let pass; `None` is nobody.
    pub(crate) methods: &'static [Option<&'static str>],
}

const CERTIFICATE: Option<&str> = Some("certificate");
const JWT: Option<&str> = Some("jwt");
const KEY: Option<&str> = Some("api_key");

/// All of them.
pub(crate) static POLICIES: LazyLock<[Ruled; 6]> = LazyLock::new(|| {
    let methods = [
        &[CERTIFICATE, None][..],
        &[CERTIFICATE],
        &[CERTIFICATE],
        &[JWT, Some("certificate+jwt"), None],
        &[KEY, None],
        &[
            Some("certificate+jwt"),
            Some("certificate+api_key"),
            Some("certificate+jwt+api_key"),
            KEY,
            None,
        ],
    ];
    let texts = [
        include_str!("../policies/certificates.json"),
        include_str!("../policies/authorities.json"),
        include_str!("../policies/registered.json"),
        include_str!("../policies/tokens.json"),
        include_str!("../policies/keys.json"),
        include_str!("../policies/everything.json"),
    ];
    let clients = || TEXTS.keys().map(String::as_str).filter(|name| !STRANGERS.contains(name));
    let vouched_for = [
        vec!["employee", "ed25519"],
        clients().collect(),
        vec![],
        vec![],
        vec![],
        clients().collect(),
    ];
    let mut parts = texts.into_iter().zip(methods).zip(vouched_for);
    std::array::from_fn(|_| {
        let ((text, methods), vouched_for) = parts.next().unwrap();
        let document = document(text);
        let text = document.to_string();
        let policy = read(&document);
        Ruled { policy, text, vouched_for, methods }
    })
});

impl Ruled {
    /// Whether it may admit a certificate, given what the feeds of its lists have said.
    pub(crate) fn may_admit(&self, fingerprint: Fingerprint, said: &str) -> bool {
        let hex = fingerprint.to_string();
        let is_vouched_for = |name: &&str| {
            certificate(name).is_some_and(|known| known.leaf.fingerprint() == fingerprint)
        };
        self.text.contains(&hex)
            || said.contains(&hex)
            || self.vouched_for.iter().any(is_vouched_for)
    }
}

/// To whom no certificate in the world makes a path from `root`, or not one that lets a client in.
pub(crate) const STRANGERS: [&str; 22] = [
    "stranger",
    "stranger-by-itself",
    "stranger-named-client",
    "stranger-root",
    "client-of-namesake",
    "client-of-namesake-disguised",
    "client-of-namesake-silent",
    "client-of-false-intermediate",
    "client-of-client",
    "client-named-root",
    "client-of-expired-root",
    "client-of-expired-intermediate",
    "client-of-one-too-many",
    "client-of-signless",
    "client-of-intermediate-without-ca",
    "namesake-root",
    "root",
    "intermediate",
    "root-2",
    "outside",
    "for-servers",
    "rsa-sha256",
];

/// Puts the certificates into a document.
pub(crate) fn document(text: &str) -> Value {
    let mut document = serde_json::from_str(text).unwrap();
    fill(&mut document);
    document
}

/// Reads a policy that has to be good.
pub(crate) fn read(document: &Value) -> Policy {
    Policy::read(document.to_string().as_bytes()).unwrap()
}

/// `${name.form}`: a certificate in a form.
fn fill(value: &mut Value) {
    match value {
        Value::String(text) => {
            let place = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
            if let Some((name, form)) = place.and_then(|place| place.split_once('.')) {
                *text = match form {
                    "pem" => TEXTS[name].clone(),
                    "sha256" => certificate(name).unwrap().leaf.fingerprint().to_string(),
                    "spki" => certificate(name).unwrap().leaf.key().to_string(),
                    _ => panic!("no form {form}"),
                };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fill),
        Value::Object(fields) => fields.values_mut().for_each(fill),
        _ => {}
    }
}
