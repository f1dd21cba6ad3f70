//! Configurations: no bytes make their reader panic, both of its forms say the same, and what it accepts lets
//! nobody in who shows nothing, unless it says so.

use peergate::dynamic::DynamicList;
use peergate::{Headers, Memory, Outcome, Policy};
use serde_json::Value;

use crate::host::{Host, NOW};
use crate::wire::{depth, encode};

/// JSON text.
pub(crate) fn json(input: &[u8]) {
    let said = read(input);
    let Ok(Value::Object(fields)) = serde_json::from_slice(input) else {
        return;
    };
    let document = Value::Object(fields);
    if let (Ok(policy), Value::Object(fields)) = (&said, &document) {
        lets_nobody_in(policy, &document);
        assert!(fields.contains_key("apis"));
    }
    // Without the duplicates of the text, which no map has.
    let Value::Object(fields) = &document else { return };
    if !fields.is_empty() && depth(fields) < DEEPEST {
        let from_text = read(document.to_string().as_bytes()).map(drop);
        let from_struct = read(&encode(&document)).map(drop);
        assert_eq!(from_text, from_struct, "the same as text and as a Struct");
    }
}

/// Wire bytes of a `google.protobuf.Struct`, or whatever else Envoy might hand over.
pub(crate) fn wire(input: &[u8]) {
    // Mutations seldom keep the first byte, without which all is read as text.
    read(&[&b"\n"[..], input].concat()).ok();
    read(input).ok();
}

/// Reads a configuration, of the filter or of the service, and looks at what it became.
fn read(input: &[u8]) -> Result<Policy, String> {
    if let Err(problems) = DynamicList::read_all(input) {
        assert!(problems.iter().next().is_some(), "an error without a problem");
    }
    let policy = Policy::read(input).map_err(|problems| {
        assert!(problems.iter().next().is_some(), "an error without a problem");
        problems.to_string()
    })?;
    assert!(!policy.apis().is_empty());
    for line in policy.expiry_lines(NOW) {
        assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
    }
    policy.list_states(NOW);
    Ok(policy)
}

/// Whoever shows nothing passes only where the policy says that somebody may.
fn lets_nobody_in(policy: &Policy, document: &Value) {
    let mut texts = Vec::new();
    collect(document, &mut texts);
    if texts.iter().any(|text| OPEN.contains(text)) {
        return;
    }
    let tls = Host { tls_version: Ok(Some(b"TLSv1.3".to_vec())), ..Host::plaintext() };
    let texts = texts.into_iter().filter(|text| text.len() < 64);
    let (paths, others): (Vec<&str>, Vec<&str>) = texts.partition(|text| text.starts_with('/'));
    for path in paths.iter().take(4).chain([&"/"]) {
        for host in others.iter().take(8).chain([&"api.example.com"]) {
            let pairs = [(":method", "GET"), (":authority", host), (":path", path)];
            let pairs = pairs.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            let headers = Headers::new(pairs.to_vec());
            for source in [&tls, &Host::plaintext()] {
                let verdict = policy.judge(&headers, source, &mut Memory::default());
                assert_ne!(verdict.outcome(), Outcome::Allowed, "{host}{path}");
            }
        }
    }
}

/// All texts of a document but for the names of fields.
fn collect<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        _ => {}
    }
}

/// The words by which a policy lets somebody in who shows nothing.
const OPEN: [&str; 5] = ["anonymous", "open", "optional", "allow", "pass"];

/// Deeper than the language, and less deep than a Struct may be.
const DEEPEST: usize = 50;
