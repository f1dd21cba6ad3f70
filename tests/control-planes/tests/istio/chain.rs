//! Certificates under an authority, over intermediates that clients present.

use peergate_control_planes::istio::Setup;
use peergate_control_planes::{People, sent};
use peergate_lab::client::Request;
use peergate_lab::pki::{Authority, Identity, Leaf};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_path_leads_over_the_intermediate_that_the_client_presents() {
    let people = People::new();
    let root = Authority::new("Corporate root");
    let issuing = root.subordinate("Corporate issuing");
    let leaf = |name: &str| Leaf::client(name).uri(&format!("spiffe://corp.example/{name}"));
    let anna = issuing.issue(leaf("anna"));
    let old = issuing.issue(leaf("old").expired());
    let impostor = root.impostor().subordinate("Corporate issuing").issue(leaf("impostor"));
    let alone = Identity::self_signed(leaf("alone"));
    let mut policy = people.policy_of(json!([
        { "name": "employee", "match": { "path_prefix": "/employee" },
          "certificate": { "allow": ["corporate"] }, "policy": "mandatory" },
    ]));
    policy["lists"] = json!({ "corporate": { "entries": [{
        "ca": root.identity().certificate_pem(), "identity": { "from": "uri" },
    }] } });
    policy["forward"].as_object_mut().expect("an object").remove("labels");
    let gateway = Setup::new(&people.authority, &policy).start().await;
    assert!(!anna.chain.is_empty(), "it presents its intermediate");
    for (name, identity, status, told) in [
        ("without what leads to the root", &anna.without_chain(), 403, "certificate_not_allowed"),
        ("anna", &anna, 200, "spiffe://corp.example/anna"),
        ("expired", &old, 403, "certificate_expired"),
        ("under another key of that name", &impostor, 403, "chain_invalid"),
        ("signed by itself", &alone, 403, "certificate_not_allowed"),
        (
            "signed by itself, with an intermediate of others",
            &alone.presenting(&anna.chain),
            403,
            "certificate_not_allowed",
        ),
    ] {
        let path = "/employee";
        assert_eq!(gateway.ask(Some(identity), path).await, (status, told.to_owned()), "{name}");
    }
    // What is read to find the path goes no further.
    for (protocol, response) in
        gateway.both(Some(&anna), &Request::get("api.example.com", "/employee")).await
    {
        let received = response.json();
        assert!(sent(&received, "x-forwarded-client-cert").is_empty(), "{protocol}: {received}");
    }
}
