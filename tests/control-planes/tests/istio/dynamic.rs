//! A list that a feed fills, asked for by the plugin alone.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use peergate_control_planes::People;
use peergate_control_planes::istio::{HOST, Setup};
use peergate_lab::feed::{CHANGES, Feed};
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

/// The feed's host, and what Istio calls its cluster.
const FEED: &str = "feed.example.internal";
const CLUSTER: &str = "outbound|80||feed.example.internal";

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_fills_the_list_and_a_revocation_reaches_every_worker() {
    let people = People::new();
    let feed = Feed::start().expect("a feed");
    feed.put(registered(&people.alice, "alice"));
    feed.put(registered(&people.bob, "bob"));
    let policy = policy();
    let setup = Setup::new(&people.authority, &policy).arguments(at(feed.address()));
    let mut gateway = setup.start().await;
    // Held until the list is there (`start_wait`).
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await, (200, "alice".to_owned()));
    assert_eq!(gateway.ask(None, "/ready/peergate").await.0, 200);
    assert_eq!(
        gateway.ask(Some(&people.karl), "/employee").await,
        (403, "certificate_not_allowed".to_owned())
    );

    // So many connections that no worker is left out.
    let mut connections = Vec::new();
    for _ in 0..24 {
        let client = gateway.client(Some(&people.bob));
        connections.push(client.h1(gateway.address()).await.expect("a connection"));
    }
    for connection in &mut connections {
        let answer = connection.get(HOST, "/employee", &[]).await.expect("an answer");
        assert_eq!(answer.status, 200);
    }
    let workers = gateway.stats("worker_").await;
    let active =
        |(name, count): (&String, &u64)| name.ends_with("downstream_cx_active") && *count > 0;
    assert_eq!(workers.iter().filter(|pair| active(*pair)).count(), 2, "{workers:?}");

    for round in 0..5 {
        feed.delete(json!({ "certificate": people.bob.fingerprint() }));
        let longest = until(&mut connections, 403).await;
        feed.put(registered(&people.bob, "bob"));
        let back = until(&mut connections, 200).await;
        println!(
            "round {round}: revoked on every connection after {longest:?}, back after {back:?}"
        );
    }
    // One denied for good, whatever else admits.
    feed.put(json!({ "deny": { "spki_sha256": people.alice.spki_sha256() } }));
    gateway.wait_for(&people.alice, "/employee", 403).await;
    let denied = (403, "certificate_denied".to_owned());
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await, denied);
    // What is told of the list comes up to a second later.
    let version = feed.version();
    gateway.wait(async || gateway.count("list.registered.version").await == version).await;
    assert_eq!(gateway.count("list.registered.entries").await, 3);

    // None of it needs istiod.
    gateway.kill_control_plane();
    feed.delete(json!({ "certificate": people.bob.fingerprint() }));
    until(&mut connections, 403).await;
    feed.put(registered(&people.karl, "karl"));
    gateway.wait_for(&people.karl, "/employee", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_not_ready_before_its_list_is_there() {
    let people = People::new();
    let feed = Feed::start().expect("a feed");
    feed.put(registered(&people.alice, "alice"));
    let (address, state) = (feed.address(), feed.stop());
    let mut policy = policy();
    policy["lists"]["registered"]["start_wait"] = "0s".into();
    let setup = Setup::new(&people.authority, &policy).arguments(at(address));
    let gateway = setup.start().await;
    assert_eq!(gateway.ask(None, "/ready/peergate").await.0, 503);
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await, (503, "list_stale".to_owned()));
    assert_eq!(gateway.ask(None, "/public").await.0, 200);

    let _feed = Feed::resume(state).expect("a feed");
    gateway.wait_for(&people.alice, "/ready/peergate", 200).await;
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await, (200, "alice".to_owned()));
}

/// What has `render` print a ServiceEntry for the feed.
fn at(feed: SocketAddr) -> [String; 2] {
    ["--feed".to_owned(), format!("{CLUSTER}={feed}")]
}

/// Asks over every connection until each is answered so, and returns how long that took.
async fn until(connections: &mut [peergate_lab::client::H1], status: u16) -> Duration {
    let start = Instant::now();
    for connection in connections {
        while connection.get(HOST, "/employee", &[]).await.expect("an answer").status != status {
            assert!(start.elapsed() < Duration::from_secs(10), "no {status}");
        }
    }
    start.elapsed()
}

fn registered(client: &Identity, identity: &str) -> Value {
    json!({ "certificate": client.fingerprint(), "identity": identity, "apis": ["*"] })
}

fn policy() -> Value {
    json!({
        "version": 1,
        "lists": { "registered": {
            "feed": { "cluster": CLUSTER, "authority": FEED, "path": CHANGES, "wait": "30s" },
            "secret": "a secret of sixteen characters or more",
            "start_wait": "10s",
        } },
        "global": { "deny": ["registered"], "authority": { "ignore_port": true }, "ready_path": "/ready/peergate" },
        "apis": [
            { "name": "employee", "match": { "path_prefix": "/employee" },
              "certificate": { "allow": ["registered"] }, "policy": "mandatory" },
            { "name": "public", "match": { "path_prefix": "/public" }, "policy": "open" },
        ],
        "forward": { "identity": "x-client-identity" },
        "replies": { "profile": "problem", "detail": "reason" },
    })
}
