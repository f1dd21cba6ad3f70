//! Before a list is there, and when it has not been heard of for too long.

use std::sync::Arc;
use std::time::{Duration, Instant};

use peergate_e2e::{CLUSTER, Fed, Gateway, People, registered, sent};
use peergate_lab::client::{Request, Response};
use peergate_lab::feed::{Fault, Feed};
use peergate_lab::pki::Identity;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::visitor::{PATIENCE, Visitor, verdict};

#[tokio::test]
async fn first_requests_are_held_until_the_list_is_there() {
    for has_service in [true, false] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put(registered(&people.alice, "acme/alice"));
        feed.fail(Fault::Refuse);
        let policy = policy("60s");
        let fed = Fed::setup(&people.authority, &policy).service(has_service).start(feed);
        assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 503);
        assert_eq!(ask(&fed.gateway, None, "/public").await.status, 200);

        let held = async {
            let start = Instant::now();
            let answers = tokio::join!(
                ask(&fed.gateway, Some(&people.alice), "/employee"),
                ask(&fed.gateway, Some(&people.bob), "/employee"),
                ask(&fed.gateway, Some(&people.alice), "/employee"),
            );
            (start.elapsed(), answers)
        };
        let healing = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            assert_eq!(fed.gateway.upstream.received().len(), 1, "the public one");
            fed.feed.heal();
        };
        let ((took, (alice, bob, again)), ()) = tokio::join!(held, healing);
        assert!(took >= Duration::from_millis(700), "{took:?}");
        assert_eq!(verdict(&alice), "allowed");
        assert_eq!(verdict(&again), "allowed");
        assert_eq!(verdict(&bob), "certificate_not_allowed");
        assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 200);
        assert_eq!(fed.gateway.count("internal"), 0);
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn what_was_held_goes_on_whole_and_as_whom_it_is() {
    for version in ["1.40.0", "1.36.4"] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put(registered(&people.alice, "acme/alice"));
        feed.fail(Fault::Refuse);
        let policy = policy("60s");
        let setup = Fed::setup(&people.authority, &policy).version(version);
        let fed = setup.start_with(feed, |bootstrap| {
            bootstrap.pass_trailers();
        });
        let body = vec![b'x'; 3 << 20];
        let request = Request::new("POST", "localhost", "/employee").body(&body);
        let request = request.header("x-client-identity", "forged");
        let request = request.trailer("x-client-identity", "forged").trailer("x-other", "kept");
        let client = fed.gateway.client(Some(&people.alice));
        let mut h1 = client.h1(fed.gateway.address()).await.unwrap();
        let h2 = client.h2(fed.gateway.address()).await.unwrap();
        let crowd =
            fed.gateway.client(Some(&people.alice)).h2(fed.gateway.address()).await.unwrap();
        // More than are let go at once.
        let many = async {
            let get = Request::get("localhost", "/employee");
            let mut all = JoinSet::new();
            let crowd = Arc::new(crowd);
            for _ in 0..90 {
                let (crowd, get) = (Arc::clone(&crowd), get.clone());
                all.spawn(async move { crowd.send(&get).await.expect("an answer") });
            }
            all.join_all().await
        };
        let healing = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            fed.feed.heal();
        };
        let (by_h1, by_h2, many, ()) =
            tokio::join!(h1.send(&request), h2.send(&request), many, healing);
        for answer in many {
            assert_eq!(verdict(&answer), "allowed");
        }
        for answer in [by_h1.unwrap(), by_h2.unwrap()] {
            let received = answer.json();
            assert_eq!(received["body_bytes"], body.len(), "{version}");
            assert_eq!(received["trailers"], json!([["x-other", "kept"]]), "{version}");
            assert_eq!(sent(&received, "x-client-identity"), ["acme/alice"], "{version}");
        }
        assert_eq!(fed.gateway.count("internal"), 0);
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn a_feed_that_envoy_does_not_know_lets_nobody_pass() {
    for has_service in [true, false] {
        let people = People::new();
        let mut policy = policy("1s");
        policy["lists"]["empty"] = json!({ "feed": { "cluster": "empty", "path": "/" } });
        policy["apis"][0]["certificate"]["allow"] = json!(["registered", "empty"]);
        let nowhere = Feed::start().unwrap();
        let setup = Fed::setup(&people.authority, &policy).service(has_service);
        let setup = setup.beside("empty", &nowhere);
        let fed = setup.start_with(Feed::start().unwrap(), |bootstrap| {
            let clusters = bootstrap.config["static_resources"]["clusters"].as_array_mut().unwrap();
            clusters.retain(|cluster| cluster["name"] != CLUSTER);
            let empty = clusters.iter_mut().find(|cluster| cluster["name"] == "empty").unwrap();
            empty["load_assignment"]["endpoints"] = json!([]);
        });
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(3) {
            let answer = ask(&fed.gateway, Some(&people.alice), "/employee").await;
            assert_eq!(verdict(&answer), "list_stale");
            assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 503);
            assert_eq!(ask(&fed.gateway, None, "/public").await.status, 200);
        }
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn who_waited_long_enough_is_told_to_come_again() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put(registered(&people.alice, "acme/alice"));
    feed.fail(Fault::Status(500));
    let policy = policy("1s");
    let fed = Fed::setup(&people.authority, &policy).start(feed);
    // Some do not wait to the end.
    for _ in 0..3 {
        let client = fed.gateway.client(Some(&people.alice));
        let mut h1 = client.h1(fed.gateway.address()).await.unwrap();
        h1.send_raw(&Request::get("localhost", "/employee").to_h1()).await.unwrap();
    }
    let start = Instant::now();
    let answer = ask(&fed.gateway, Some(&people.alice), "/employee").await;
    assert_eq!((answer.status, verdict(&answer)), (503, "list_stale".to_owned()));
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
    let again: u64 = answer.header("retry-after").expect("retry-after").parse().unwrap();
    assert!(again > 0);
    assert_eq!(ask(&fed.gateway, None, "/employee").await.status, 403);
    assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 503);

    fed.feed.heal();
    fed.wait_for_status(&people.alice, "/employee", 200).await;
    assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 200);
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn an_envoy_that_starts_again_without_its_feed_lets_nobody_pass() {
    for has_service in [true, false] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put_all([registered(&people.alice, "alice"), registered(&people.bob, "bob")]);
        let mut policy = policy("0s");
        policy["lists"]["pinned"] = json!({ "entries": [{ "sha256": people.karl.fingerprint() }] });
        policy["apis"][0]["certificate"]["allow"] = json!(["registered", "pinned"]);
        let setup = Fed::setup(&people.authority, &policy).service(has_service);
        let mut fed = setup.start(feed);
        let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
        bob.until("/employee", "allowed").await;
        fed.feed.delete(json!({ "certificate": people.bob.fingerprint() }));
        bob.until("/employee", "certificate_not_allowed").await;

        let state = fed.feed.stop();
        fed.gateway.envoy.restart().unwrap();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(2) {
            // Karl is pinned, but what the list says of him is not known.
            for identity in [&people.alice, &people.bob, &people.karl] {
                let answer = ask(&fed.gateway, Some(identity), "/employee").await;
                assert_eq!((answer.status, verdict(&answer)), (503, "list_stale".to_owned()));
            }
            assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 503);
            assert_eq!(ask(&fed.gateway, None, "/public").await.status, 200);
        }

        fed.feed = Feed::resume(state).unwrap();
        let back = Instant::now();
        fed.wait_for_status(&people.alice, "/employee", 200).await;
        let by = if has_service { "service" } else { "filter" };
        println!("| Envoy starts without the feed ({by}) | goes on: {:.1?} |", back.elapsed());
        for (identity, status) in [(&people.alice, 200), (&people.bob, 403), (&people.karl, 200)] {
            fed.wait_for_status(identity, "/employee", status).await;
        }
        assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 200);
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn an_old_list_refuses_or_is_kept_as_the_policy_says() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put(registered(&people.alice, "acme/alice"));
    feed.put(json!({ "deny": { "certificate": people.mallory.fingerprint() } }));
    let mut policy = policy("0s");
    let list = &mut policy["lists"]["registered"];
    list["feed"]["wait"] = "0s".into();
    list["max_age"] = "10100ms".into();
    let mut kept = list.clone();
    kept["when_stale"] = "keep".into();
    kept["secret"] = "another place for the list".into();
    policy["lists"]["kept"] = kept;
    let mut api = policy["apis"][0].clone();
    api["name"] = "kept".into();
    api["match"]["path_prefix"] = "/kept".into();
    api["certificate"] = json!({ "allow": ["kept"], "deny": ["kept"] });
    policy["apis"].as_array_mut().unwrap().push(api);
    policy["global"].as_object_mut().unwrap().remove("deny");
    policy["apis"][0]["certificate"]["deny"] = json!(["registered"]);
    let fed = Fed::setup(&people.authority, &policy).start(feed);
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
    let mut mallory = Visitor::new(&fed.gateway, &people.mallory).await;
    alice.until("/employee", "allowed").await;
    alice.until("/kept", "allowed").await;

    // Answers come, but none that is any good.
    fed.feed.fail(Fault::Garbage);
    let failing = Instant::now();
    alice.until("/employee", "list_stale").await;
    assert!(failing.elapsed() > Duration::from_secs(8), "{:?}", failing.elapsed());
    for (visitor, on_employee, on_kept) in [
        (&mut alice, "list_stale", "allowed"),
        (&mut bob, "list_stale", "certificate_not_allowed"),
        (&mut mallory, "certificate_denied", "certificate_denied"),
    ] {
        assert_eq!(visitor.ask("/employee").await, on_employee);
        assert_eq!(visitor.ask("/kept").await, on_kept);
    }
    assert_eq!(ask(&fed.gateway, None, "/ready").await.status, 503);
    fed.feed.heal();
    alice.until("/employee", "allowed").await;
    let start = Instant::now();
    while ask(&fed.gateway, None, "/ready").await.status != 200 {
        assert!(start.elapsed() < PATIENCE);
    }
    assert!(fed.gateway.is_whole());
}

/// With a path for probes, and so much time at the start.
fn policy(start_wait: &str) -> Value {
    let mut policy = Fed::policy("30s");
    policy["lists"]["registered"]["start_wait"] = start_wait.into();
    policy["global"]["ready_path"] = "/ready".into();
    policy
}

async fn ask(gateway: &Gateway, identity: Option<&Identity>, path: &str) -> Response {
    let mut h1 = gateway.client(identity).h1(gateway.address()).await.expect("a connection");
    h1.get("localhost", path, &[]).await.expect("an answer")
}
