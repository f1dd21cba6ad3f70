//! Who passes: nobody without a certificate that a list admits.

use peergate::{Fingerprint, Memory, Outcome, Reason};
use proptest::prelude::*;

use crate::certificates::any_certificate;
use crate::host::NOW;
use crate::plan::{Plan, plans};
use crate::readings::{any_host, honest};
use crate::{config, policy, request};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nobody_is_allowed_whom_the_lists_do_not_admit(
        (plan, policy) in plans(),
        host in any_host(),
        path in "/(open|a|open/b)",
    ) {
        let verdict = policy.judge(&request(b"api.example.com", path.as_bytes()), &host, &mut Memory::default());
        prop_assert_eq!(verdict.reason() == Reason::Allowed, verdict.accepted().is_some());
        if let Some(accepted) = verdict.accepted() {
            prop_assert_eq!(verdict.outcome(), Outcome::Allowed);
            let shown = host.fingerprint.clone().unwrap().and_then(|hex| Fingerprint::from_hex(&hex));
            prop_assert_eq!(shown, accepted.fingerprint());
            prop_assert!(accepted.fingerprint().is_some_and(|it| plan.admits(it)));
        }
    }

    #[test]
    fn whoever_the_lists_admit_is_allowed_by_an_honest_host(
        (plan, _) in plans(),
        own in any_certificate(),
    ) {
        let plan = Plan { sni: "unchecked", ..plan };
        let policy = policy(&plan.document());
        let verdict = policy.judge(&request(b"api.example.com", b"/a"), &honest(own), &mut Memory::default());
        let validity = own.leaf.validity();
        let is_in_time = (validity.not_before..=validity.not_after).contains(&NOW);
        let expected =
            plan.admits(own.leaf.fingerprint()) && (plan.validity == "unchecked" || is_in_time);
        prop_assert_eq!(
            verdict.reason() == Reason::Allowed, expected, "{}: {}", own.name, verdict.reason()
        );
    }

    #[test]
    fn nothing_passes_a_mandatory_policy_without_an_accepted_certificate(
        (plan, _) in plans(),
        host in any_host(),
        authority in prop::collection::vec(any::<u8>(), 0..20),
        path in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..20),
            "/[a-z./;%25e]{0,12}".prop_map(String::into_bytes),
        ],
    ) {
        let plan = Plan { policy: "mandatory", enforcement: "enforce", has_open: false, ..plan };
        let policy = policy(&plan.document());
        let verdict = policy.judge(&request(&authority, &path), &host, &mut Memory::default());
        prop_assert_eq!(verdict.outcome().passes(), verdict.accepted().is_some());
        prop_assert_ne!(verdict.reason(), Reason::Anonymous);
    }
}
