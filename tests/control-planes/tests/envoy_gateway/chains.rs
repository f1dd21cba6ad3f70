//! Authorities, and the intermediates that lead to them.

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::{HOST, Setup};
use peergate_lab::client::Request;
use peergate_lab::pki::{Authority, Leaf};
use serde_json::{Value, json};

fn policy(people: &People, entry: Value) -> Value {
    let api =
        json!({ "name": "all", "certificate": { "allow": ["corporate"] }, "policy": "mandatory" });
    let mut policy = people.policy_of(json!([api]));
    policy["lists"] = json!({ "corporate": { "entries": [entry] } });
    policy
}

#[tokio::test(flavor = "multi_thread")]
async fn intermediates_that_clients_present_lead_to_an_authority_and_no_further() {
    let people = People::new();
    let root = Authority::new("Corporate");
    let staff = root.subordinate("Corporate staff");
    let carol = staff.issue(Leaf::client("carol"));
    let dave = root.issue(Leaf::client("dave"));
    let root_pem = root.identity().certificate_pem();
    let policy = policy(&people, json!({ "ca": root_pem, "identity": { "from": "common_name" } }));
    let gateway = Setup::new(&people.authority, &policy).start().await;
    for (client, status, told) in [
        (&carol, 200, "carol"),
        (&dave, 200, "dave"),
        (&people.bob, 403, "certificate_not_allowed"),
        // Somebody else's certificates, sent along, admit nobody.
        (&people.bob.presenting(carol.presented()), 403, "certificate_not_allowed"),
    ] {
        assert_eq!(gateway.ask(Some(client), "/").await, (status, told.to_owned()));
    }
    // What clients presented, and nobody has verified, ends here.
    for received in gateway.upstream.received() {
        assert!(received.header("x-forwarded-client-cert").is_empty(), "{received:?}");
    }
    // A chain in a header is the client's word, and no chain.
    let erin = staff.issue(Leaf::client("erin"));
    let alone = erin.without_chain();
    let chain = format!("Chain=\"{}\"", erin.pem().replace('\n', "%0A"));
    let request = Request::get(HOST, "/forged").header("x-forwarded-client-cert", chain);
    let (status, _) = gateway.send(Some(&alone), &request).await;
    assert_eq!(status, 403);
    let verdict = gateway.logged("/forged").await.verdict;
    assert!(verdict.contains("reason=certificate_not_allowed"), "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_with_its_intermediates_needs_none_of_clients() {
    let people = People::new();
    let root = Authority::new("Corporate");
    let staff = root.subordinate("Corporate staff");
    let carol = staff.issue(Leaf::client("carol")).without_chain();
    let policy = policy(
        &people,
        json!({
            "ca": root.identity().certificate_pem(),
            "intermediates": staff.identity().certificate_pem(),
            "identity": { "from": "common_name" },
        }),
    );
    let gateway = Setup::new(&people.authority, &policy).start().await;
    assert!(gateway.applied().contains("xForwardedClientCert: { mode: Sanitize }"));
    assert_eq!(gateway.ask(Some(&carol), "/").await, (200, "carol".to_owned()));
}
