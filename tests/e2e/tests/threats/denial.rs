//! Deny lists: no other encoding, date or way of presenting a certificate gets round them, and one that would
//! not hold is no policy.

use peergate_e2e::{Gateway, People, replace_policy, with_policy};
use peergate_lab::pki::{Authority, Leaf, twin};
use serde_json::{Value, json};

#[tokio::test]
async fn a_denial_outlives_the_certificate_it_names() {
    let people = People::new();
    let corporate = Authority::new("corporate root");
    let issuing = corporate.subordinate("issuing");
    let (old, eve) =
        (issuing.issue(Leaf::client("mallory").expired()), issuing.issue(Leaf::client("eve")));
    let renewed = issuing.renew(&old, Leaf::client("mallory"));
    let issued = json!({ "issued": {
        "by": issuing.identity().certificate_pem(), "serial": eve.serial_hex(),
    } });
    let mut policy = people.policy();
    policy["lists"]["keys"] = json!({ "entries": [{ "spki_sha256": old.spki_sha256() }] });
    policy["lists"]["corporate"] =
        json!({ "entries": [{ "ca": corporate.identity().certificate_pem() }] });
    policy["lists"]["blocked"] = json!({ "entries": [{ "pem": old.certificate_pem() }, issued] });
    policy["apis"][1]["certificate"] =
        json!({ "allow": ["keys", "corporate"], "validity": "unchecked" });
    policy["replies"] = json!({ "profile": "problem", "detail": "reason" });
    let gateway = Gateway::start_with(&people, &policy, |_| {});

    for denied in [&old, &twin(&old), &eve, &twin(&eve), &eve.without_chain(), &old.without_chain()]
    {
        assert_eq!(gateway.status(Some(denied), "/keyed").await, 403);
    }
    assert_eq!(gateway.count("certificate_denied"), 6, "{}", gateway.story());
    assert_eq!(gateway.status(Some(&renewed), "/keyed").await, 200);

    // What would deny nobody who knows of it is refused as a whole, and what was there stays.
    let bare = json!({ "sha256": eve.fingerprint() });
    let authority = json!({ "ca": issuing.identity().certificate_pem() });
    for (number, entry) in [bare, authority].into_iter().enumerate() {
        let mut weak = policy.clone();
        weak["lists"]["blocked"]["entries"] = json!([entry]);
        is_refused(&gateway, &weak, number as u64 + 1).await;
        assert_eq!(gateway.status(Some(&eve), "/keyed").await, 403);
    }
}

/// Puts a policy in place that Envoy rejects, for the so-manieth time.
pub(crate) async fn is_refused(gateway: &Gateway, policy: &Value, time: u64) {
    replace_policy(gateway.directory(), &with_policy(gateway.directory(), policy).to_string());
    gateway.wait(|| gateway.discovery("config_fail") == time).await;
}
