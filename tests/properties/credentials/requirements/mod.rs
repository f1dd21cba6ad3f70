//! Policies made at random over certificates, tokens and keys, and an independent model of what they decide.

pub(crate) mod evidence;
mod model;
pub(crate) mod plan;

use peergate::{Memory, Outcome, Reason, Unreadable};
use proptest::prelude::*;

use self::evidence::{evidence, store};
use self::model::Model;
use self::plan::plans;
use super::shown::Shown;
use crate::config;
use crate::mutation::{apply, mutations};
use crate::readings::any_host;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_policy_decides_as_the_model_does(
        (plan, policy) in plans(),
        evidence in prop::collection::vec(evidence(), 8),
    ) {
        for evidence in evidence {
            let shown = Shown {
                metadata: Ok(Some(evidence.metadata()).filter(|bytes| !bytes.is_empty())),
                store: store(&policy),
                ..Shown::by(evidence.host())
            };
            let headers = evidence.headers();
            let verdict = policy.judge(&headers, &shown, &mut Memory::default());
            let again = policy.judge(&headers, &shown, &mut Memory::default());
            prop_assert_eq!(format!("{verdict:?}"), format!("{again:?}"));

            let model = Model { plan: &plan, evidence: &evidence };
            let told = (verdict.outcome(), verdict.reason(), verdict.credential());
            let accepted = verdict.accepted().map(|accepted| (accepted.method(), accepted.identity()));
            let (expected, by) = match model.decide() {
                Ok(methods) if methods.is_empty() => {
                    ((Outcome::Allowed, Reason::Anonymous, None), None)
                }
                Ok(methods) => {
                    let words: Vec<&str> = methods.iter().map(|method| method.word()).collect();
                    let by = (words.join("+"), model.identity(&methods));
                    ((Outcome::Allowed, Reason::Allowed, None), Some(by))
                }
                Err((reason, method)) => {
                    let outcome = match reason {
                        Reason::CertificateDenied => Outcome::Denied,
                        _ if plan.is_shadow => Outcome::Shadowed,
                        _ => Outcome::Denied,
                    };
                    ((outcome, reason, Some(method)), None)
                }
            };
            prop_assert_eq!(told, expected, "{:?}", evidence);
            prop_assert_eq!(accepted, by, "{:?}", evidence);
        }
    }

    #[test]
    fn nobody_passes_without_a_credential_unless_the_policy_says_so(
        (plan, policy) in plans(),
        host in any_host(),
        evidence in evidence(),
        spoiled in mutations(),
        is_readable in prop::bool::weighted(0.9),
    ) {
        let metadata = apply(&evidence.metadata(), &spoiled);
        let metadata = if is_readable { Ok(Some(metadata)) } else { Err(Unreadable) };
        let shown = Shown { metadata, ..Shown::by(host) };
        let verdict = policy.judge(&evidence.headers(), &shown, &mut Memory::default());
        prop_assert_eq!(verdict.reason() == Reason::Allowed, verdict.accepted().is_some());
        let may_be_nobody = plan.is_open || (plan.passes_preflight && evidence.is_preflight);
        prop_assert!(verdict.reason() != Reason::Anonymous || may_be_nobody);
        let is_open = may_be_nobody || plan.is_shadow;
        prop_assert!(!verdict.outcome().passes() || verdict.accepted().is_some() || is_open);
    }
}
