//! Dynamic lists. Envoy Gateway has no sync service: the filter's own workers ask the feed.

use std::time::{Duration, Instant};

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::{HOST, Setup};
use peergate_lab::feed::Feed;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_fills_a_list_and_revokes_on_open_connections() {
    let people = People::new();
    let feed = Feed::start().expect("a feed");
    let entry =
        json!({ "certificate": people.bob.fingerprint(), "identity": "bob", "apis": ["*"] });
    feed.put(entry);
    let mut policy = people.policy_of(json!([
        { "name": "all", "certificate": { "allow": ["registered"] }, "policy": "mandatory" },
    ]));
    policy["lists"] = json!({ "registered": {
        "feed": {
            "cluster": "peergate-feed", "authority": "feed.internal", "path": peergate_lab::feed::CHANGES,
            "wait": "30s",
        },
    } });
    let place = format!("--feed=peergate-feed={}", feed.address());
    let gateway = Setup::new(&people.authority, &policy).arguments([place]).start().await;
    gateway.settle(Some(&people.bob), "/", (200, "bob")).await;
    let refused = (403, "certificate_not_allowed".to_owned());
    assert_eq!(gateway.ask(Some(&people.alice), "/").await, refused);

    let client = gateway.client(Some(&people.bob));
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(client.h2(gateway.address()).await.expect("a connection"));
    }
    let ask = async |connection: &peergate_lab::client::H2| {
        connection.get(HOST, "/", &[]).await.expect("an answer").status
    };
    for connection in &open {
        assert_eq!(ask(connection).await, 200);
    }
    feed.wait_until_held().await;
    let revoked = Instant::now();
    feed.delete(json!({ "certificate": people.bob.fingerprint() }));
    gateway.wait(async || ask(&open[0]).await == 403).await;
    // Every worker has it, and nobody needs a new connection.
    for connection in &open {
        assert_eq!(ask(connection).await, 403);
    }
    let took = revoked.elapsed();
    println!("revoked after {took:?}");
    assert!(took < Duration::from_secs(5));

    // A change of policy starts with the list as it is.
    policy["apis"][0]["name"] = "every".into();
    feed.put(
        json!({ "certificate": people.alice.fingerprint(), "identity": "alice", "apis": ["*"] }),
    );
    gateway.settle(Some(&people.alice), "/", (200, "alice")).await;
    gateway.apply_policy(&policy).expect("a good policy");
    let is_new = async || {
        let (status, told) = gateway.ask(Some(&people.alice), "/").await;
        assert_eq!((status, &*told), (200, "alice"));
        gateway.count("api.every.outcome.allowed.reason.allowed").await > 0
    };
    gateway.wait(is_new).await;
}
