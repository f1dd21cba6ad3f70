//! The forms that a feed may have, and a second feed.

use std::time::{Duration, Instant};

use peergate_e2e::{Fed, People, registered};
use peergate_lab::feed::{CHANGES, CLIENT_SSL_AUTH, Fault, Feed, Kind, PLAIN};
use serde_json::json;

use super::visitor::Visitor;

#[tokio::test]
async fn a_plain_file_is_a_feed() {
    for (name, feed) in [
        ("plain", json!({ "cluster": "peergate-feed", "path": PLAIN, "interval": "1s" })),
        (
            "client_ssl_auth",
            json!({
                "cluster": "peergate-feed", "path": CLIENT_SSL_AUTH, "interval": "1s",
                "format": "client_ssl_auth", "apis": ["employee"],
            }),
        ),
    ] {
        let people = People::new();
        let mut policy = Fed::policy("30s");
        policy["lists"]["registered"]["feed"] = feed;
        let mut other = policy["apis"][0].clone();
        other["name"] = "other".into();
        other["match"]["path_prefix"] = "/other".into();
        policy["apis"].as_array_mut().unwrap().push(other);
        let entry = |who, name| {
            let mut entry = registered(who, name);
            entry["apis"] = json!(["employee"]);
            entry
        };
        let feed = Feed::start().unwrap();
        feed.put_all([entry(&people.alice, "alice"), entry(&people.bob, "bob")]);
        let fed = Fed::setup(&people.authority, &policy).start(feed);
        let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
        let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
        let mut karl = Visitor::new(&fed.gateway, &people.karl).await;
        alice.until("/employee", "allowed").await;
        assert_eq!(alice.ask("/other").await, "api_not_granted", "{name}");
        assert_eq!(karl.ask("/employee").await, "certificate_not_allowed", "{name}");

        // What is not on the list any more is gone, and the rest is not for a moment.
        fed.feed.put(entry(&people.karl, "karl"));
        fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
        let start = Instant::now();
        while karl.ask_each("/employee").await != ["allowed"; 2] {
            assert_eq!(bob.ask("/employee").await, "allowed", "{name}");
            assert!(start.elapsed() < super::visitor::PATIENCE, "{}", fed.gateway.story());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        alice.until("/employee", "certificate_not_allowed").await;
        assert_eq!(bob.ask("/employee").await, "allowed", "{name}");

        // What has not changed is not sent again.
        fed.gateway.wait(|| is_not_modified(&fed.feed)).await;
        fed.gateway.wait(|| fed.gateway.polls("registered", "nothing_new") > 0).await;
        assert_eq!(bob.ask("/employee").await, "allowed", "{name}");
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn the_second_feed_stands_in_for_the_first_and_no_longer() {
    let people = People::new();
    let (first, second) = (Feed::start().unwrap(), Feed::start().unwrap());
    let mut policy = Fed::policy("30s");
    let of = |cluster: &str| json!({ "cluster": cluster, "path": CHANGES, "wait": "1s" });
    let list = &mut policy["lists"]["registered"];
    list["feed"] = json!([of("peergate-feed"), of("second-feed")]);
    list["fallback_after"] = "1s".into();
    for feed in [&first, &second] {
        feed.put_all([registered(&people.alice, "alice"), registered(&people.bob, "bob")]);
    }
    let setup = Fed::setup(&people.authority, &policy).beside("second-feed", &second);
    let fed = setup.start(first);
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
    let mut karl = Visitor::new(&fed.gateway, &people.karl).await;
    alice.until("/employee", "allowed").await;
    assert_eq!(second.requests(), 0, "it is not asked while the first answers");
    fed.feed.delete(json!({ "certificate": people.bob.fingerprint() }));
    bob.until("/employee", "certificate_not_allowed").await;

    // The second one is behind: it may not bring back who is revoked.
    fed.feed.fail(Fault::Refuse);
    fed.gateway.wait(|| second.requests() > 2).await;
    assert_eq!(bob.ask("/employee").await, "certificate_not_allowed");
    assert_eq!(alice.ask("/employee").await, "allowed");

    // It catches up, and says more.
    second.delete(json!({ "certificate": people.bob.fingerprint() }));
    second.delete(json!({ "certificate": people.alice.fingerprint() }));
    second.put(registered(&people.karl, "karl"));
    karl.until("/employee", "allowed").await;
    alice.until("/employee", "certificate_not_allowed").await;
    assert_eq!(bob.ask("/employee").await, "certificate_not_allowed");
    fed.gateway.wait(|| fed.gateway.gauge("registered", "by_fallback") == Some(1)).await;

    // The first is there again, with a version that is newer.
    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    fed.feed.set_version(second.version() + 1);
    fed.feed.put(registered(&people.mallory, "mallory"));
    fed.feed.heal();
    let mut mallory = Visitor::new(&fed.gateway, &people.mallory).await;
    mallory.until("/employee", "allowed").await;
    karl.until("/employee", "certificate_not_allowed").await;
    assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");
    fed.gateway.wait(|| fed.gateway.gauge("registered", "by_fallback") == Some(0)).await;
    let asked = second.requests();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(second.requests() <= asked + 1, "it is not asked any more");
    assert_eq!(fed.gateway.count("internal"), 0);
    assert!(fed.gateway.is_whole());
}

/// Whether an answer said that nothing has changed.
fn is_not_modified(feed: &Feed) -> bool {
    let journal = feed.journal();
    let mut told = journal.iter().filter(|answer| answer.kind == Kind::NotModified);
    told.any(|answer| answer.header("if-none-match").is_some())
}
