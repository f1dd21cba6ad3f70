//! A policy that is replaced while a request is being served under it: its root context lives on for as
//! long, and goes on with its lists.

use std::time::{Duration, Instant};

use peergate_e2e::{Fed, Gateway, People, registered};
use peergate_lab::client::{H1, Request};
use peergate_lab::feed::{CHANGES, Fault, Feed};
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use super::visitor::{PATIENCE, Visitor, verdict};

#[tokio::test]
async fn the_old_and_the_new_policy_share_a_list() {
    for has_service in [true, false] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put_all([registered(&people.alice, "alice"), registered(&people.karl, "karl")]);
        let mut policy = Fed::policy("30s");
        policy["apis"][0]["open_streams"] = "end".into();
        let setup = Fed::setup(&people.authority, &policy).service(has_service);
        let fed = setup.start_with(feed, |bootstrap| bootstrap.options.concurrency = 2);
        let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
        alice.until("/employee", "allowed").await;
        let mut kept = begin(&fed.gateway, &people.karl).await;
        let mut ended = begin(&fed.gateway, &people.alice).await;

        policy["apis"][1]["match"]["path_prefix"] = "/open".into();
        fed.gateway.change_policy(&policy).await;
        assert_eq!(alice.ask("/open").await, "anonymous");
        assert_eq!(alice.ask("/public").await, "no_matching_api");
        assert_eq!(alice.ask("/employee").await, "allowed");

        // However many know the list, one of them polls.
        tokio::time::sleep(Duration::from_secs(2)).await;
        fed.feed.wait_until_held().await;
        let (before, term) = (fed.feed.requests(), fed.gateway.term("registered"));
        fed.feed.put(registered(&people.bob, "bob"));
        fed.wait_for_status(&people.bob, "/employee", 200).await;
        fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
        alice.until("/employee", "certificate_not_allowed").await;
        // The old one sees to what was begun under it.
        let start = Instant::now();
        while goes_on(&mut ended).await {
            assert!(start.elapsed() < PATIENCE, "{}", fed.gateway.story());
        }
        for _ in 0..20 {
            assert!(goes_on(&mut kept).await);
        }
        fed.feed.wait_until_held().await;
        // On a machine that is not free a leader may lose its lease, and the next one asks once more.
        let leaders = usize::try_from(fed.gateway.term("registered") - term).unwrap();
        assert_eq!(fed.feed.held(), 1);
        assert!((2..=2 + leaders).contains(&(fed.feed.requests() - before)));

        // The last of the old one's streams ends, and it ends with it.
        drop(kept);
        fed.feed.put(registered(&people.alice, "alice"));
        alice.until("/employee", "allowed").await;
        fed.gateway.wait(|| fed.feed.held() == 1).await;
        assert_eq!(fed.gateway.count("internal"), 0);
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn the_old_policy_writes_nothing_into_the_list_of_another_feed() {
    let people = People::new();
    let (feed, second) = (Feed::start().unwrap(), Feed::start().unwrap());
    feed.put(registered(&people.alice, "first/alice"));
    second.put_all([registered(&people.bob, "bob"), registered(&people.mallory, "mallory")]);
    let mut policy = Fed::policy("30s");
    policy["lists"]["registered"]["start_wait"] = "60s".into();
    let setup = Fed::setup(&people.authority, &policy).service(false);
    let fed = setup.start_with(feed, |bootstrap| {
        bootstrap.options.concurrency = 2;
        bootstrap.add_cluster(SECOND, second.address());
    });
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    alice.until("/employee", "allowed").await;
    let mut kept = begin(&fed.gateway, &people.alice).await;

    let mut other = policy.clone();
    other["lists"]["registered"]["feed"] = feed_of(SECOND);
    fed.gateway.change_policy(&other).await;
    let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
    let mut karl = Visitor::new(&fed.gateway, &people.karl).await;
    // The new list is not there yet, and is waited for.
    assert_eq!(bob.ask("/employee").await, "allowed");
    assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");

    // Both feeds are followed: what the first says is nothing to the new policy.
    fed.gateway.wait(|| (fed.feed.held(), second.held()) == (1, 1)).await;
    let polled = fed.feed.requests();
    fed.feed.put(registered(&people.karl, "first/karl"));
    fed.feed.put(json!({ "deny": { "certificate": people.bob.fingerprint() } }));
    fed.feed.replace_all([registered(&people.karl, "first/karl")]);
    second.delete(json!({ "certificate": people.mallory.fingerprint() }));
    fed.wait_for_status(&people.mallory, "/employee", 403).await;
    fed.gateway.wait(|| fed.feed.requests() > polled && fed.feed.held() == 1).await;
    for _ in 0..5 {
        assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");
        assert_eq!(karl.ask("/employee").await, "certificate_not_allowed");
        assert_eq!(bob.ask("/employee").await, "allowed");
        assert!(goes_on(&mut kept).await);
    }

    // The old policy ends with its last stream, and so do its polls.
    drop(kept);
    fed.gateway.wait(|| fed.feed.held() == 0).await;
    let polled = fed.feed.requests();
    second.put(registered(&people.alice, "second/alice"));
    alice.until("/employee", "allowed").await;
    assert_eq!((fed.feed.requests(), fed.feed.held()), (polled, 0));
    assert_eq!(fed.gateway.count("internal"), 0);
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn what_is_held_under_the_old_policy_is_answered_by_it() {
    for has_service in [true, false] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put(registered(&people.alice, "alice"));
        feed.fail(Fault::Refuse);
        let mut policy = Fed::policy("30s");
        policy["lists"]["registered"]["start_wait"] = "60s".into();
        let setup = Fed::setup(&people.authority, &policy).service(has_service);
        let fed = setup.start(feed);
        let client = fed.gateway.client(Some(&people.alice));
        let mut h1 = client.h1(fed.gateway.address()).await.unwrap();
        let mut other = client.h1(fed.gateway.address()).await.unwrap();
        let request = Request::get("localhost", "/employee");
        h1.send_raw(&request.to_h1()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        policy["apis"][0]["match"]["path_prefix"] = "/new".into();
        fed.gateway.change_policy(&policy).await;
        let new = Request::get("localhost", "/new");
        other.send_raw(&new.to_h1()).await.unwrap();
        fed.feed.heal();
        assert_eq!(verdict(&h1.read_response().await.unwrap()), "allowed");
        assert_eq!(verdict(&other.read_response().await.unwrap()), "allowed");
        assert_eq!(verdict(&h1.send(&request).await.unwrap()), "no_matching_api");
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn the_filter_follows_a_list_that_the_service_does_not_know() {
    let people = People::new();
    let (feed, second) = (Feed::start().unwrap(), Feed::start().unwrap());
    feed.put(registered(&people.alice, "first/alice"));
    second.put(registered(&people.bob, "second/bob"));
    let mut policy = Fed::policy("30s");
    let setup = Fed::setup(&people.authority, &policy);
    let fed = setup.start_with(feed, |bootstrap| {
        bootstrap.options.concurrency = 2;
        bootstrap.add_cluster(SECOND, second.address());
    });
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
    alice.until("/employee", "allowed").await;

    policy["lists"]["second"] = json!({ "feed": feed_of(SECOND) });
    policy["apis"][0]["certificate"]["allow"] = json!(["registered", "second"]);
    fed.gateway.change_policy(&policy).await;
    bob.until("/employee", "allowed").await;
    assert_eq!(alice.ask("/employee").await, "allowed");

    second.delete(json!({ "certificate": people.bob.fingerprint() }));
    bob.until("/employee", "certificate_not_allowed").await;
    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    alice.until("/employee", "certificate_not_allowed").await;
    fed.gateway.wait(|| (fed.feed.held(), second.held()) == (1, 1)).await;
    assert!(fed.gateway.is_whole());
}

/// Begins a request without an end.
async fn begin(gateway: &Gateway, identity: &Identity) -> H1 {
    let mut h1 = gateway.client(Some(identity)).h1(gateway.address()).await.expect("a connection");
    let request = Request::get("localhost", "/employee?drip=20");
    h1.send_raw(&request.to_h1()).await.expect("sent");
    assert!(h1.read_raw().await.expect("an answer").starts_with(b"HTTP/1.1 200"));
    h1
}

/// Whether more of it comes.
async fn goes_on(h1: &mut H1) -> bool {
    match h1.read_raw().await {
        Ok(bytes) => !bytes.is_empty(),
        Err(error) => {
            assert_ne!(error.kind(), std::io::ErrorKind::TimedOut);
            false
        }
    }
}

fn feed_of(cluster: &str) -> Value {
    json!({ "cluster": cluster, "path": CHANGES, "wait": "30s" })
}

const SECOND: &str = "second-feed";
