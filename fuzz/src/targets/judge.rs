//! Whole requests: an answer to everything, the same one twice, effects that fit it, and nobody let in but by a
//! credential that a second reading of the request finds.

use std::collections::BTreeSet;

use peergate::metadata::JWT_AUTHN;
use peergate::{
    Audit, Effects, GUARD, Headers, KeyDigest, Memory, Outcome, Reason, VERDICT, Verdict,
};
use percent_encoding::percent_decode;
use serde_json::Value;

use crate::host::{Host, NOW};
use crate::policies::{POLICIES, Ruled};
use crate::script::Script;

pub(crate) fn run(input: &[u8]) {
    let script = Script::read(input);
    let number = script.number("policy").and_then(|number| usize::try_from(number).ok());
    let ruled = &POLICIES[number.unwrap_or_default() % POLICIES.len()];
    let policy = &ruled.policy;
    let host = script.host(policy);
    let headers = script.headers();
    let mut memory = Memory::default();
    let verdict = policy.judge(&headers, &host, &mut memory);
    let again = policy.judge(&headers, &script.host(policy), &mut Memory::default());
    assert_eq!(format!("{verdict:?}"), format!("{again:?}"));
    // What is remembered says no other thing of the same request.
    let known = policy.judge(&headers, &script.host(policy), &mut memory);
    assert_eq!(known.reason(), verdict.reason());
    let effects = policy.effects(&verdict, &headers);
    fits(&verdict, &effects);
    is_let_in_by_right(ruled, &script, &host, &verdict);
    if let Some(ticket) = policy.ticket(&verdict, &mut memory) {
        assert_eq!(policy.recheck(&ticket, &script.host(policy), &mut memory), Ok(()));
    }
    let line = Audit::default().line(&verdict, &headers, NOW);
    assert_eq!(line.is_some(), verdict.outcome() != Outcome::Allowed);
    if let Some(line) = line {
        assert!(!line.contains(['\n', '\r']));
        assert!(serde_json::from_str::<Value>(&line).unwrap().is_object());
    }
}

/// Whether the effects are those of the verdict.
fn fits(verdict: &Verdict<'_>, effects: &Effects<'_>) {
    let (outcome, reason) = (verdict.outcome(), verdict.reason());
    let is_success = [Reason::Allowed, Reason::Anonymous].contains(&reason);
    assert_eq!(outcome == Outcome::Allowed, is_success);
    assert_eq!(verdict.accepted().is_some(), reason == Reason::Allowed);
    assert_eq!(effects.reply.is_some(), outcome == Outcome::Denied);
    let state = |name: &str| -> Vec<&str> {
        let found = effects.state.iter().filter(|(own, _)| *own == name);
        found.map(|(_, value)| &**value).collect()
    };
    assert_eq!(state(GUARD), if outcome.passes() { vec!["allowed"] } else { vec![] });
    assert_eq!(state(VERDICT).len(), 1);
    assert!(state(VERDICT)[0].starts_with(&format!("outcome={} reason={reason}", outcome.word())));
    match &effects.reply {
        Some(reply) => {
            assert!(effects.remove.is_empty() && effects.set.is_empty());
            assert_eq!(reply.details, reason.details());
            assert!((400..600).contains(&reply.status));
            let is_text = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(reply.headers.iter().all(|(_, value)| is_text(value)));
        }
        None => {
            // Of nobody nothing is said.
            let says = effects.set.iter().any(|(name, _)| name.starts_with("x-client"));
            assert!(!says || verdict.accepted().is_some());
            let is_value = |value: &[u8]| !value.contains(&b'\n') && !value.contains(&b'\r');
            let own = effects.set.iter().filter(|(name, _)| name.starts_with("x-client"));
            assert!(own.into_iter().all(|(_, value)| is_value(value) && !value.is_empty()));
        }
    }
}

/// Whether the credentials are there by which a request passes.
fn is_let_in_by_right(ruled: &Ruled, script: &Script<'_>, host: &Host, verdict: &Verdict<'_>) {
    if verdict.outcome() != Outcome::Allowed {
        return;
    }
    let method = verdict.accepted().map(peergate::Accepted::method);
    assert!(ruled.methods.contains(&method.as_deref()), "{method:?}");
    let Some(accepted) = verdict.accepted() else { return };
    let said: Vec<u8> = script.all("entry").flatten().copied().collect();
    let said = String::from_utf8_lossy(&said).replace(':', "").to_lowercase();
    let method = method.unwrap_or_default();
    let methods: BTreeSet<&str> = method.split('+').collect();
    let presented = host.fingerprint.clone().ok().flatten().unwrap_or_default();
    for fingerprint in [accepted.fingerprint(), accepted.bound_to()].into_iter().flatten() {
        assert_eq!(fingerprint.to_string().into_bytes(), presented);
    }
    assert_eq!(methods.contains("certificate"), accepted.fingerprint().is_some());
    if let Some(fingerprint) = accepted.fingerprint() {
        assert!(ruled.may_admit(fingerprint, &said), "{fingerprint} is on no list");
    }
    if methods.contains("jwt") {
        let metadata = host.metadata.clone().ok().flatten().unwrap_or_default();
        let has = |text: &str| metadata.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(has(JWT_AUTHN) && has("jwt_payload"));
        assert!(has("https://idp.example") || has("https://other.example"));
        // No policy here passes over what a token is bound to.
        if let Some(bound) = script.word("metadata").and_then(bound) {
            assert_eq!(bound, presented, "another's token");
        }
    }
    assert_eq!(methods.contains("api_key"), accepted.key_list().is_some());
    if methods.contains("api_key") {
        let secret = KeyDigest::Hmac(b"at least 16 bytes"[..].into());
        let digests = texts(&script.headers())
            .into_iter()
            .flat_map(|text| [KeyDigest::Sha256.hex(&text).unwrap(), secret.hex(&text).unwrap()]);
        let digests: BTreeSet<String> = digests.collect();
        let presented = String::from_utf8_lossy(&presented);
        let holds = |entry: &Value| {
            let is_it = hex(&entry["api_key"]).is_some_and(|key| digests.contains(&key));
            let bound: Vec<_> = entry["certificates"].as_array().into_iter().flatten().collect();
            let is_holder = bound.iter().any(|one| hex(one).is_some_and(|hex| hex == presented));
            is_it && (bound.is_empty() || is_holder)
        };
        let mut entries = script.all("entry").filter_map(|it| serde_json::from_slice(it).ok());
        assert!(
            entries.any(|entry| holds(&entry)),
            "no list has such a key, or for another client"
        );
    }
}

/// A digest of an entry as a host has one.
fn hex(text: &Value) -> Option<String> {
    Some(text.as_str()?.replace(':', "").to_lowercase())
}

/// The fingerprint that a token is bound to (RFC 8705 section 3.1), as a host has one.
fn bound(metadata: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let said: Value = serde_json::from_slice(metadata).ok()?;
    let claim = said.get(JWT_AUTHN)?.get("jwt_payload")?.get("cnf")?.get("x5t#S256")?.as_str()?;
    let digest = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claim).ok()?;
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes())
}

/// All texts of a request that could be keys.
fn texts(headers: &Headers<'_>) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for (_, value) in headers.iter() {
        for part in value.split(|byte| b"?&;".contains(byte)) {
            let (whole, part) = (part.trim_ascii(), value.trim_ascii());
            for text in [whole, part] {
                texts.push(text.to_vec());
                for mark in [b' ', b'='] {
                    let after = text.iter().position(|byte| *byte == mark);
                    if let Some(after) = after.and_then(|mark| text.get(mark.saturating_add(1)..)) {
                        let blanks =
                            after.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte });
                        texts.push(percent_decode(&blanks.collect::<Vec<_>>()).collect());
                        texts.push(after.trim_ascii().to_vec());
                    }
                }
            }
        }
    }
    texts
}
