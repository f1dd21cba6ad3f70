//! Clients come and go without a change of the policy.

use peergate_e2e::{Fed, People, registered, sent};
use peergate_lab::feed::Feed;
use serde_json::json;

use super::visitor::Visitor;

#[tokio::test]
async fn a_client_comes_and_goes_by_the_service() {
    comes_and_goes("1.40.0", true).await;
}

#[tokio::test]
async fn a_client_comes_and_goes_by_the_filter_itself() {
    comes_and_goes("1.40.0", false).await;
}

#[tokio::test]
async fn a_client_comes_and_goes_by_the_service_of_an_old_envoy() {
    comes_and_goes("1.36.4", true).await;
}

#[tokio::test]
async fn a_client_comes_and_goes_by_the_filter_of_an_old_envoy() {
    comes_and_goes("1.36.4", false).await;
}

/// Registers, changes and revokes a client who stays connected all the time.
async fn comes_and_goes(version: &str, has_service: bool) {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put(registered(&people.karl, "acme/karl"));
    let policy = Fed::policy("30s");
    let setup = Fed::setup(&people.authority, &policy).version(version).service(has_service);
    let fed = setup.start(feed);
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
    let mut karl = Visitor::new(&fed.gateway, &people.karl).await;

    karl.until("/employee", "allowed").await;
    assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");
    assert_eq!(alice.ask("/public").await, "anonymous");

    let entry = |plan: &str| {
        let mut entry = registered(&people.alice, "acme/alice");
        entry["labels"] = json!({ "plan": plan });
        entry
    };
    for plan in ["gold", "silver"] {
        fed.feed.put(entry(plan));
        loop {
            alice.until("/employee", "allowed").await;
            let received = alice.received("/employee").await;
            assert_eq!(sent(&received, "x-client-identity"), ["acme/alice"]);
            if sent(&received, "x-client-plan") == [plan] {
                break;
            }
            assert_eq!(sent(&received, "x-client-plan"), ["gold"], "the plan before");
        }
    }
    assert_eq!(bob.ask("/employee").await, "certificate_not_allowed");

    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    alice.until("/employee", "certificate_not_allowed").await;
    assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");
    assert_eq!(alice.ask("/public").await, "anonymous");
    assert_eq!(karl.ask("/employee").await, "allowed");

    fed.settle("registered").await;
    assert_eq!(fed.gateway.gauge("registered", "entries"), Some(1));
    assert_eq!(fed.gateway.gauge("registered", "current"), Some(1));
    assert_eq!(fed.gateway.gauge("registered", "leader_term"), Some(1));
    assert_eq!(fed.gateway.count("internal"), 0);
    assert!(fed.gateway.is_whole());
}
