//! Why a registered client is refused: each reason in the reply, the metrics and the access log.

use peergate_e2e::{Fed, People, registered};
use peergate_lab::feed::Feed;
use serde_json::{Value, json};

use super::visitor::{PATIENCE, Visitor};

#[tokio::test]
async fn each_state_of_an_entry_has_its_reason() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    let mut policy = Fed::policy("30s");
    policy["lists"]["pinned"] = json!({ "entries": [{ "sha256": people.alice.fingerprint() }] });
    let other = json!({
        "name": "other", "match": { "path_prefix": "/other" },
        "certificate": { "allow": ["pinned", "registered"] }, "policy": "mandatory",
    });
    policy["apis"].as_array_mut().unwrap().push(other);
    let fed = Fed::setup(&people.authority, &policy).start(feed);
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    // A static list admits her as long as the dynamic one says nothing else.
    alice.until("/other", "allowed").await;
    assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");

    let entry = |member: &str, value: Value| {
        let mut entry = registered(&people.alice, "acme/alice");
        entry[member] = value;
        entry
    };
    for (entry, on_employee, on_other) in [
        (entry("active", json!(false)), "session_inactive", "session_inactive"),
        (entry("expires", json!("2020-01-01T00:00:00Z")), "session_expired", "session_expired"),
        (
            entry("not_before", json!("2120-01-01T00:00:00Z")),
            "session_not_yet_valid",
            "session_not_yet_valid",
        ),
        (entry("apis", json!(["other"])), "api_not_granted", "allowed"),
        (entry("apis", json!(["employee"])), "allowed", "api_not_granted"),
        (entry("apis", json!(["employee", "other"])), "allowed", "allowed"),
    ] {
        fed.feed.put(entry);
        alice.until("/employee", on_employee).await;
        alice.until("/other", on_other).await;
        if on_employee != "allowed" {
            let details = format!("\"details\":\"peergate_{on_employee}\"");
            fed.gateway.envoy.wait_for_log(&details, PATIENCE).unwrap();
            assert!(fed.gateway.count(on_employee) >= 2, "{on_employee}");
        }
    }
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn who_must_be_registered_too_passes_only_if_that_is_so() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    let mut policy = Fed::policy("30s");
    let ca = people.authority.identity().certificate_pem();
    policy["lists"]["corporate"] = json!({ "entries": [{ "ca": ca, "identity": "staff" }] });
    policy["apis"][0]["certificate"] = json!({ "allow": ["corporate"], "require": ["registered"] });
    let fed = Fed::setup(&people.authority, &policy).start(feed);
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    let mut stranger = Visitor::new(&fed.gateway, &people.stranger).await;
    alice.until("/employee", "certificate_not_registered").await;

    fed.feed.put_all([
        registered(&people.alice, "acme/alice"),
        registered(&people.stranger, "acme/stranger"),
    ]);
    alice.until("/employee", "allowed").await;
    let received = alice.received("/employee").await;
    assert_eq!(peergate_e2e::sent(&received, "x-client-identity"), ["staff"]);
    assert_eq!(stranger.ask("/employee").await, "certificate_not_allowed");

    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    alice.until("/employee", "certificate_not_registered").await;
    assert!(fed.gateway.is_whole());
}
