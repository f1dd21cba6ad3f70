//! Metadata: no bytes make its reader panic, and none are a token that do not say so.

use std::str;

use peergate::metadata::{JWT_AUTHN, write};
use peergate::{Memory, Policy, Reason};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::shown::Shown;
use crate::host::Host;
use crate::mutation::{apply, mutations};
use crate::{config, policy, request};

fn guarded() -> Policy {
    let jwt = json!({"issuers": ["https://idp.example", "b"], "bound": "unchecked"});
    policy(&json!({"version": 1, "apis": [{"name": "a", "policy": ["jwt"], "jwt": jwt}]}))
}

/// Why it passes or not, and as whom.
fn judge(policy: &Policy, metadata: Vec<u8>) -> (Reason, Option<String>) {
    let shown = Shown { metadata: Ok(Some(metadata)), ..Shown::by(Host::plaintext()) };
    let verdict = policy.judge(&request(b"a.example", b"/"), &shown, &mut Memory::default());
    (verdict.reason(), verdict.accepted().map(|accepted| accepted.identity()))
}

/// The fields of a protobuf message: number, wire type, and what a length stands before.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, u64, &[u8])>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let length = match tag & 7 {
            0 => {
                varint(&mut bytes)?;
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)?).ok()?,
            _ => return None,
        };
        fields.push((tag >> 3, tag & 7, bytes.get(..length)?));
        bytes = &bytes[length..];
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let end = bytes.iter().position(|byte| *byte < 0x80)?;
    let (digits, rest) = bytes.split_at(end + 1);
    *bytes = rest;
    if digits.len() > 10 {
        return None;
    }
    Some(digits.iter().rev().fold(0, |value, digit| value << 7 | u64::from(digit & 0x7f)))
}

/// The values of a map's entries under a key.
fn entries<'b>(map: &'b [u8], key: &str) -> Vec<&'b [u8]> {
    let mut found = Vec::new();
    for (number, _, entry) in fields(map).unwrap_or_default() {
        let entry = fields(entry).unwrap_or_default();
        let of = |wanted| entry.iter().filter(move |(number, ..)| *number == wanted);
        if number == 1 && of(1).any(|(.., name)| *name == key.as_bytes()) {
            found.extend(of(2).map(|(.., value)| *value));
        }
    }
    found
}

/// The texts that a member of an object is.
fn texts(object: &[u8], name: &str) -> Vec<String> {
    let values =
        entries(object, name).into_iter().flat_map(|value| fields(value).unwrap_or_default());
    let texts = values.filter(|(number, ..)| *number == 3).map(|(.., text)| str::from_utf8(text));
    texts.filter_map(Result::ok).map(str::to_owned).collect()
}

/// Whom the payloads in metadata name.
fn named(metadata: &[u8]) -> Vec<String> {
    let mut named = Vec::new();
    for said in entries(metadata, JWT_AUTHN) {
        for payload in entries(said, "jwt_payload") {
            for (_, _, object) in
                fields(payload).unwrap_or_default().iter().filter(|(number, ..)| *number == 5)
            {
                for issuer in texts(object, "iss") {
                    let subjects = texts(object, "sub").into_iter();
                    named.extend(subjects.map(|subject| format!("{issuer}#{subject}")));
                }
            }
        }
    }
    named
}

/// What filters may say, nearly always of a token.
fn said() -> impl Strategy<Value = Value> {
    let text = || prop_oneof![3 => "[ab]{1,3}".prop_map(Value::from), 1 => any_value()];
    let issuer = prop_oneof![4 => Just("https://idp.example".into()), 1 => text()];
    let others = prop::collection::btree_map("[a-z]{1,4}", any_value(), 0..3);
    (issuer, text(), others, any_value(), 0..6_u8).prop_map(
        |(issuer, subject, others, value, kind)| {
            let mut payload: Value = others.into_iter().collect();
            payload["iss"] = issuer;
            payload["sub"] = subject;
            let said = match kind {
                0 => json!({ "jwt_failed_status": payload }),
                1 => json!({"jwt_payload": value, "jwt_failed_status": {"code": 1}}),
                _ => json!({"jwt_payload": payload, "jwt_failed_status": value}),
            };
            json!({"other": {"jwt_payload": {"iss": "b", "sub": "other"}}, JWT_AUTHN: said})
        },
    )
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,3}", inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whoever_passes_is_named_by_a_payload(said in said(), mutations in mutations()) {
        let policy = guarded();
        let good = write(said.as_object().unwrap());
        for metadata in [good.clone(), apply(&good, &mutations)] {
            let (reason, identity) = judge(&policy, metadata.clone());
            let known = [Reason::Allowed, Reason::JwtRequired, Reason::JwtRefused, Reason::Internal];
            prop_assert!(known.contains(&reason));
            if let Some(identity) = identity {
                prop_assert!(named(&metadata).contains(&identity), "{}", identity);
            }
        }
        // What nobody has spoiled is read as it was meant.
        let payload = &said[JWT_AUTHN]["jwt_payload"];
        let meant = payload["iss"].as_str().zip(payload["sub"].as_str());
        let is_meant = |(issuer, subject): &(&str, &str)| {
            let is_printable = subject.bytes().all(|byte| (b' '..=b'~').contains(&byte))
                && subject.trim_end() == *subject;
            ["https://idp.example", "b"].contains(issuer) && is_printable && !subject.is_empty()
        };
        let meant = meant.filter(is_meant).map(|(issuer, subject)| format!("{issuer}#{subject}"));
        let (reason, identity) = judge(&policy, good);
        prop_assert_eq!(reason, if meant.is_some() { Reason::Allowed } else { Reason::JwtRefused });
        prop_assert_eq!(identity, meant);
    }

    #[test]
    fn noise_is_no_token(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let (reason, identity) = judge(&guarded(), bytes);
        prop_assert!(identity.is_none());
        prop_assert!([Reason::JwtRequired, Reason::Internal].contains(&reason));
    }

    #[test]
    fn what_is_cut_short_is_no_metadata(said in said(), at in any::<prop::sample::Index>()) {
        let whole = write(json!({ JWT_AUTHN: &said[JWT_AUTHN] }).as_object().unwrap());
        let cut = at.index(whole.len());
        let reason = judge(&guarded(), whole[..cut].to_vec()).0;
        prop_assert_eq!(reason, if cut == 0 { Reason::JwtRequired } else { Reason::Internal });
    }
}
