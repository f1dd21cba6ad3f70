//! Judging: an answer to everything, the same one twice, and effects that fit it.

use peergate::{Audit, GUARD, Headers, Memory, Outcome, Policy, Verdict};
use proptest::prelude::*;

use crate::config;
use crate::plan::plans;
use crate::readings::any_host;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..24)
}

/// Headers that may lack what every request has, and may repeat it.
pub(crate) fn pairs() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
    let authority = "([a-z]{1,5}\\.){0,2}example\\.com(:[0-9a-z]{0,6})?";
    let pair = prop_oneof![
        ("(GET|OPTIONS|CONNECT|get|)").prop_map(|value| (":method".into(), value.into_bytes())),
        authority.prop_map(|value| (":authority".into(), value.into_bytes())),
        "/(open|[a-z.;%/]{0,8})".prop_map(|value| (":path".into(), value.into_bytes())),
        bytes().prop_map(|value| (":path".into(), value)),
        bytes().prop_map(|value| (":authority".into(), value)),
        "x[-_.]client[-_.](identity|sha256)".prop_map(|name| (name, b"spoofed".to_vec())),
        bytes().prop_map(|value| ("x-forwarded-client-cert".into(), value)),
        "[a-z, _-]{0,30}".prop_map(|value| ("connection".into(), value.into_bytes())),
    ];
    let pair = prop_oneof![
        8 => pair.prop_map(|(name, value): (String, _)| (name.into_bytes(), value)),
        1 => (bytes(), bytes()),
    ];
    let usual = [(":method", "GET"), (":authority", "api.example.com"), (":path", "/open")];
    let usual = usual.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    (prop::collection::vec(pair, 0..8), any::<bool>()).prop_map(move |(mut pairs, is_usual)| {
        if is_usual {
            pairs.splice(0..0, usual.clone());
        }
        pairs
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_request_gets_the_same_verdict_twice_and_the_effects_that_fit_it(
        (_, policy) in plans(),
        host in any_host(),
        pairs in pairs(),
    ) {
        let headers = Headers::new(pairs.iter().map(|(name, value)| (&name[..], &value[..])).collect());
        let verdict = policy.judge(&headers, &host, &mut Memory::default());
        let again = policy.judge(&headers, &host, &mut Memory::default());
        prop_assert_eq!(format!("{verdict:?}"), format!("{again:?}"));
        check_effects(&policy, &verdict, &headers)?;
    }

    #[test]
    fn the_audit_writes_one_line_of_json_for_what_is_no_success(
        (_, policy) in plans(),
        host in any_host(),
        pairs in pairs(),
        times in prop::collection::vec(any::<i64>(), 1..20),
    ) {
        let headers = Headers::new(pairs.iter().map(|(name, value)| (&name[..], &value[..])).collect());
        let verdict = policy.judge(&headers, &host, &mut Memory::default());
        let mut audit = Audit::default();
        for now in times {
            let line = audit.line(&verdict, &headers, now);
            prop_assert!(line.is_none() || verdict.outcome() != Outcome::Allowed);
            if let Some(line) = line {
                prop_assert!(!line.contains(['\n', '\r']));
                prop_assert!(serde_json::from_str::<serde_json::Value>(&line).unwrap().is_object());
            }
        }
    }
}

/// Whether the effects are those of the verdict.
fn check_effects(
    policy: &Policy,
    verdict: &Verdict<'_>,
    headers: &Headers<'_>,
) -> Result<(), TestCaseError> {
    let outcome = verdict.outcome();
    let effects = policy.effects(verdict, headers);
    prop_assert_eq!(effects.reply.is_some(), outcome == Outcome::Denied);
    let guard: Vec<_> = effects.state.iter().filter(|(name, _)| *name == GUARD).collect();
    prop_assert_eq!(guard.len(), usize::from(outcome.passes()));
    prop_assert!(guard.iter().all(|(_, value)| value == "allowed"));
    // Envoy's own merging of a comma list aside, only who was accepted is spoken of.
    let speaks = effects.set.iter().any(|(name, _)| *name != "connection");
    prop_assert_eq!(speaks, verdict.accepted().is_some());
    prop_assert_eq!(verdict.accepted().is_some(), verdict.reason() == peergate::Reason::Allowed);
    if !outcome.passes() {
        prop_assert!(effects.remove.is_empty() && effects.set.is_empty());
        let reply = effects.reply.unwrap();
        prop_assert_eq!(reply.details, verdict.reason().details());
        prop_assert!((400..600).contains(&reply.status));
    }
    Ok(())
}
