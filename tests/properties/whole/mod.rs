//! Policies with all that a policy may have, made at random, and requests that show anything: who passes, passes
//! by something that the policy says.

mod model;
mod plan;
mod request;

use std::collections::BTreeSet;

use peergate::{Effects, GUARD, Memory, Outcome, Reason, Verdict};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use self::model::Model;
use self::plan::{Plan, plans};
use self::request::{Request, requests};
use crate::config;
use crate::recall::{done, judged};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whoever_passes_is_accepted_or_the_policy_says_that_nobody_need_be(
        (plan, policy) in plans(),
        requests in prop::collection::vec(requests(), 1..5),
    ) {
        // What is remembered of those before changes nothing.
        let [mut memory, mut passes] = [(); 2].map(|()| Memory::default());
        for request in requests {
            let (headers, shown) = (request.headers(), request.shown(&policy));
            let verdict = policy.judge(&headers, &shown, &mut Memory::default());
            let shown_again = request.shown(&policy);
            let again = policy.judge(&headers, &shown_again, &mut Memory::default());
            prop_assert_eq!(format!("{verdict:?}"), format!("{again:?}"));
            let warm = policy.judge(&headers, &request.shown(&policy), &mut memory);
            if !NEEDS_LEAF.contains(&verdict.reason()) {
                prop_assert_eq!(told(&verdict), told(&warm));
            }
            let warm_again = judged(&policy, &headers, &request.shown(&policy), &mut memory);
            let (done, _) = done(&policy, &headers, &request.shown(&policy), &mut passes);
            prop_assert_eq!(done, warm_again);
            for verdict in [&verdict, &warm] {
                let effects = policy.effects(verdict, &headers);
                check(&plan, &request, verdict, &effects)?;
            }
        }
    }
}

/// What a certificate may be refused for that is not shown whole, or badly: one that was seen before need not be
/// shown again.
const NEEDS_LEAF: [Reason; 4] = [
    Reason::CertificateUnavailable,
    Reason::CertificateMalformed,
    Reason::CertificateMismatch,
    Reason::Internal,
];

/// The property above would hold of nothing too.
#[test]
fn there_are_requests_of_all_kinds() {
    let mut seen = BTreeSet::new();
    let mut runner = TestRunner::deterministic();
    let all = (plans(), prop::collection::vec(requests(), 4));
    for _ in 0..600 {
        let ((_, policy), requests) = all.new_tree(&mut runner).unwrap().current();
        for request in requests {
            let shown = request.shown(&policy);
            let verdict = policy.judge(&request.headers(), &shown, &mut Memory::default());
            let by = verdict.accepted().map(|accepted| accepted.method());
            seen.insert(by.unwrap_or_else(|| verdict.outcome().word().to_owned()));
        }
    }
    for kind in [
        "allowed",
        "shadowed",
        "denied",
        "certificate",
        "jwt",
        "api_key",
        "certificate+jwt",
        "certificate+api_key",
        "jwt+api_key",
        "certificate+jwt+api_key",
    ] {
        assert!(seen.contains(kind), "{kind} is not among {seen:?}");
    }
}

fn told(verdict: &Verdict<'_>) -> impl PartialEq + std::fmt::Debug {
    let accepted = verdict.accepted().map(|accepted| (accepted.identity(), accepted.method()));
    let api = verdict.api().map(|api| api.as_str().to_owned());
    (verdict.outcome(), verdict.reason(), api, accepted)
}

fn check(
    plan: &Plan,
    request: &Request,
    verdict: &Verdict<'_>,
    effects: &Effects<'_>,
) -> Result<(), TestCaseError> {
    let outcome = verdict.outcome();
    let guard = effects.state.iter().any(|(name, value)| *name == GUARD && value == "allowed");
    prop_assert_eq!(guard, outcome.passes());
    prop_assert_eq!(effects.reply.is_none(), outcome.passes());
    let identity = effects.set.iter().find(|(name, _)| *name == "x-client-identity");
    prop_assert_eq!(identity.is_some(), verdict.accepted().is_some());
    prop_assert_eq!(outcome.passes(), effects.remove.contains(&&b"x_client_identity"[..]));
    if !outcome.passes() {
        return Ok(());
    }

    // Which request it is, everybody knows.
    let is_odd = request.path.contains('%') || request.path.contains("//");
    prop_assert!(!is_odd, "{}", request.path);
    let name = request.server_name();
    let is_own = name.as_deref() == Some(request.authority.as_bytes());
    match plan.sni {
        "required" => prop_assert!(is_own, "{name:?}"),
        "when_present" => prop_assert!(is_own || name.is_none(), "{name:?}"),
        _ => {}
    }
    let Some(met) = plan.met(request.path) else {
        match outcome {
            Outcome::Shadowed => prop_assert_eq!(plan.enforcement, "shadow"),
            _ => prop_assert_eq!(plan.default, "allow"),
        }
        prop_assert!(verdict.api().is_none() && verdict.accepted().is_none());
        return Ok(());
    };
    prop_assert_eq!(verdict.api().map(|api| api.as_str()), Some(met.api.name));

    let model = Model { plan, met: &met, request };
    match (outcome, verdict.accepted()) {
        (Outcome::Shadowed, accepted) => {
            prop_assert!(met.is_shadow && accepted.is_none());
            let hard = [
                Reason::BadTarget,
                Reason::CertificateDenied,
                Reason::Misdirected,
                Reason::Internal,
                Reason::Allowed,
                Reason::Anonymous,
            ];
            prop_assert!(!hard.contains(&verdict.reason()), "{}", verdict.reason());
        }
        (_, None) => {
            prop_assert_eq!(verdict.reason(), Reason::Anonymous);
            let is_passed = met.passes_preflight && request.is_preflight();
            prop_assert!(met.rule.is_open || is_passed);
        }
        (_, Some(accepted)) => {
            prop_assert_eq!(verdict.reason(), Reason::Allowed);
            let by = accepted.method();
            let methods: Vec<&str> = by.split('+').collect();
            prop_assert!(model.is_alternative(&methods), "{by}");
            for method in methods {
                // Whatever was made of what its filters said, the model does not know.
                if method != "jwt" || request.is_honest() {
                    prop_assert!(model.is_acceptable(method), "{method}");
                }
            }
        }
    }
    Ok(())
}
