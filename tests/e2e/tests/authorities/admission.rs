//! Clients that an authority vouches for, and what the upstream learns of them.

use peergate_e2e::{Gateway, sent};
use peergate_lab::client::Request;
use peergate_lab::pki::Leaf;
use serde_json::json;

use super::company::{Company, policy_of};
use super::conversation::verdict_on;

#[tokio::test]
async fn each_client_passes_where_its_authority_is_listed_and_nowhere_else() {
    let company = Company::new();
    let gateway = Gateway::start_under("1.40.0", &company.server, &company.policy(), |_| {});
    let (alice, bob) = (&company.alice, &company.bob);
    for (identity, path, who, tier) in [
        (alice, "/corporate", "spiffe://corp.example/staff/alice", "internal"),
        (&company.carol, "/corporate", "spiffe://corp.example/staff/carol", "internal"),
        (alice, "/both", "spiffe://corp.example/staff/alice", "internal"),
        (bob, "/partner", "O=Partner,CN=bob", "external"),
        (bob, "/both", "O=Partner,CN=bob", "external"),
    ] {
        for (protocol, answer) in
            gateway.both(Some(identity), &Request::get("localhost", path)).await
        {
            assert_eq!(answer.status, 200, "{who} at {path} over {protocol}: {}", answer.text());
            let received = answer.json();
            assert_eq!(sent(&received, "x-client-identity"), [who]);
            assert_eq!(sent(&received, "x-client-tier"), [tier]);
            assert_eq!(sent(&received, "x-client-auth"), ["certificate"]);
            assert_eq!(sent(&received, "x-client-cert-sha256"), [identity.fingerprint()]);
            assert_eq!(sent(&received, "client-cert").len(), 1);
            assert_eq!(sent(&received, "x-forwarded-client-cert"), [""; 0]);
        }
    }
    assert_eq!(verdict_on(&gateway, Some(alice), "/partner").await, "certificate_not_allowed");
    assert_eq!(verdict_on(&gateway, Some(bob), "/corporate").await, "certificate_not_allowed");
    assert_eq!(verdict_on(&gateway, None, "/corporate").await, "certificate_required");
    assert_eq!(gateway.count("allowed"), 10);
    assert!(gateway.is_whole());
}

#[tokio::test]
async fn a_pin_goes_before_an_authority_and_needs_no_path() {
    let company = Company::new();
    let mut policy = policy_of(json!({ "ca": company.corporate.identity().certificate_pem() }));
    let entries = policy["lists"]["clients"]["entries"].as_array_mut().unwrap();
    entries.push(json!({ "sha256": company.alice.fingerprint(), "identity": "pinned-alice" }));
    entries.push(json!({ "sha256": company.bob.fingerprint(), "identity": "pinned-bob" }));
    let gateway = Gateway::start_under("1.40.0", &company.server, &policy, |_| {});
    for (identity, who) in [
        (&company.alice, "pinned-alice"),
        (&company.bob, "pinned-bob"),
        (&company.mallory, "CN=mallory"),
    ] {
        for (_, answer) in gateway.both(Some(identity), &Request::get("localhost", "/")).await {
            assert_eq!(sent(&answer.json(), "x-client-identity"), [who]);
        }
    }
}

#[tokio::test]
async fn names_are_believed_only_with_a_path_and_reach_the_upstream_in_one_piece() {
    let company = Company::new();
    let policy = policy_of(json!({
        "ca": company.corporate.identity().certificate_pem(), "identity": { "from": "common_name" },
    }));
    let gateway = Gateway::start_under("1.40.0", &company.server, &policy, |_| {});
    let odd = company.corporate.issue(Leaf::client("a\r\nx-client-identity: root\u{e9}%41"));
    for (_, answer) in gateway.both(Some(&odd), &Request::get("localhost", "/")).await {
        let identity = "a%0D%0Ax-client-identity: root%C3%A9%2541";
        assert_eq!(sent(&answer.json(), "x-client-identity"), [identity]);
    }
    let two = company.corporate.issue(Leaf::client("alice").common_name("root"));
    assert_eq!(verdict_on(&gateway, Some(&two), "/").await, "certificate_not_allowed");
    assert!(gateway.is_whole());
}
