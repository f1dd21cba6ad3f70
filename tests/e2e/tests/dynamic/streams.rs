//! Requests that are being served when their client is revoked.

use std::time::{Duration, Instant};

use peergate_e2e::{Bootstrap, Fed, Gateway, People, registered};
use peergate_lab::client::{Download, H1, Request};
use peergate_lab::feed::{Fault, Feed};
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use super::visitor::{PATIENCE, Visitor};

#[tokio::test]
async fn the_service_ends_what_is_being_served_to_a_revoked_client() {
    ends_streams("1.40.0", true).await;
}

#[tokio::test]
async fn the_filter_itself_ends_what_is_being_served_to_a_revoked_client() {
    ends_streams("1.40.0", false).await;
}

#[tokio::test]
async fn an_old_envoy_ends_what_is_being_served_to_a_revoked_client() {
    ends_streams("1.36.4", true).await;
}

async fn ends_streams(version: &str, has_service: bool) {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put_all([registered(&people.alice, "acme/alice"), registered(&people.bob, "acme/bob")]);
    let setup = policy();
    let setup = Fed::setup(&people.authority, &setup).version(version).service(has_service);
    let fed = setup.start_with(feed, |bootstrap| {
        let_upgrade(bootstrap);
        bootstrap.options.concurrency = 2;
    });
    fed.wait_for_status(&people.alice, "/employee", 200).await;

    let mut ending = Vec::new();
    let mut staying = Vec::new();
    for _ in 0..2 {
        ending.extend(Live::begin_all(&fed.gateway, &people.alice, "/employee").await);
        staying.extend(Live::begin_all(&fed.gateway, &people.bob, "/employee").await);
        staying.extend(Live::begin_all(&fed.gateway, &people.alice, "/kept").await);
    }
    // They outlive changes that do not concern their clients.
    fed.feed.put(registered(&people.karl, "acme/karl"));
    fed.wait_for_status(&people.karl, "/employee", 200).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    for live in ending.iter_mut().chain(&mut staying) {
        live.must_go_on().await;
    }

    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    let start = Instant::now();
    for live in &mut ending {
        while live.goes_on().await {
            assert!(start.elapsed() < PATIENCE, "{}", fed.gateway.story());
        }
    }
    for live in &mut staying {
        live.must_go_on().await;
    }
    assert_eq!(alice.ask("/employee").await, "certificate_not_allowed");
    assert_eq!(alice.ask("/kept").await, "certificate_not_allowed");
    let counter = "wasmcustom.peergate.api.employee.ended.reason.certificate_not_allowed";
    assert_eq!(fed.gateway.envoy.stat(counter).unwrap(), Some(6));
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn a_policy_that_is_only_tried_out_ends_and_delays_nothing() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.fail(Fault::Refuse);
    feed.put(registered(&people.alice, "acme/alice"));
    let mut policy = policy();
    policy["apis"][0]["enforcement"] = "shadow".into();
    policy["lists"]["registered"]["start_wait"] = "60s".into();
    let fed = Fed::setup(&people.authority, &policy).start_with(feed, let_upgrade);
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    let start = Instant::now();
    assert_eq!(alice.ask("/employee").await, "anonymous");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    fed.feed.heal();
    alice.until("/employee", "allowed").await;

    let mut live = Live::begin_all(&fed.gateway, &people.alice, "/employee").await;
    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    alice.until("/employee", "anonymous").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for one in &mut live {
        one.must_go_on().await;
    }
    // Who is denied is refused all the same.
    fed.feed.put(json!({ "deny": { "certificate": people.alice.fingerprint() } }));
    alice.until("/employee", "certificate_denied").await;
    let start = Instant::now();
    for one in &mut live {
        while one.goes_on().await {
            assert!(start.elapsed() < PATIENCE, "{}", fed.gateway.story());
        }
    }
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn as_many_as_there_are_are_ended() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put_all([registered(&people.alice, "acme/alice"), registered(&people.bob, "acme/bob")]);
    let policy = policy();
    let fed = Fed::setup(&people.authority, &policy).start(feed);
    fed.wait_for_status(&people.alice, "/employee", 200).await;
    let request = Request::get("localhost", "/employee?drip=300");
    let mut live = Vec::new();
    // More than are looked at at once, and some of another's between them.
    for _ in 0..7 {
        for (identity, is_ended) in [(&people.alice, true), (&people.bob, false)] {
            let client = fed.gateway.client(Some(identity));
            let h2 = client.h2(fed.gateway.address()).await.expect("a connection");
            for _ in 0..40 {
                let download = h2.begin(&request).await.expect("an answer");
                live.push((is_ended, Live::H2(download)));
            }
        }
    }
    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    let start = Instant::now();
    for (_, one) in live.iter_mut().filter(|(is_ended, _)| *is_ended) {
        while one.goes_on().await {
            assert!(start.elapsed() < PATIENCE, "{}", fed.gateway.story());
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (_, one) in live.iter_mut().filter(|(is_ended, _)| !*is_ended) {
        for _ in 0..8 {
            assert!(one.goes_on().await);
        }
    }
    let counter = "wasmcustom.peergate.api.employee.ended.reason.certificate_not_allowed";
    assert_eq!(fed.gateway.envoy.stat(counter).unwrap(), Some(280));
    assert!(fed.gateway.is_whole());
}

#[tokio::test]
async fn a_session_that_expires_ends_what_is_being_served() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    let mut entry = registered(&people.alice, "acme/alice");
    feed.put_all([entry.clone(), registered(&people.bob, "acme/bob")]);
    let policy = policy();
    let fed = Fed::setup(&people.authority, &policy).start_with(feed, let_upgrade);
    fed.wait_for_status(&people.alice, "/employee", 200).await;
    let soon = time::OffsetDateTime::now_utc() + Duration::from_secs(4);
    let soon = soon.replace_nanosecond(0).unwrap();
    entry["expires"] = soon.format(&time::format_description::well_known::Rfc3339).unwrap().into();
    fed.feed.put(entry);
    let mut live = Live::begin_all(&fed.gateway, &people.alice, "/employee").await;
    let mut staying = Live::begin_all(&fed.gateway, &people.bob, "/employee").await;
    // Nothing changes but the time, which is looked at now and then.
    let start = Instant::now();
    for live in &mut live {
        while live.goes_on().await {
            assert!(start.elapsed() < 2 * PATIENCE, "{}", fed.gateway.story());
        }
    }
    for live in &mut staying {
        live.must_go_on().await;
    }
    assert_eq!(fed.gateway.count("session_expired"), 3, "of those that were ended");
    assert!(fed.gateway.is_whole());
}

/// Something that is being served.
enum Live {
    /// An answer without an end.
    H1(H1),
    /// The same over HTTP/2.
    H2(Download),
    /// An upgraded connection, which sends back what it is sent.
    Socket(H1),
}

impl Live {
    /// One of each kind.
    async fn begin_all(gateway: &Gateway, identity: &Identity, path: &str) -> [Self; 3] {
        let client = gateway.client(Some(identity));
        let request = Request::get("localhost", &format!("{path}?drip=20"));
        let mut h1 = client.h1(gateway.address()).await.expect("a connection");
        h1.send_raw(&request.to_h1()).await.expect("sent");
        assert!(h1.read_raw().await.expect("an answer").starts_with(b"HTTP/1.1 200"));
        let h2 = client.h2(gateway.address()).await.expect("a connection");
        let download = h2.begin(&request).await.expect("an answer");
        assert_eq!(download.status, 200);
        let mut socket = client.h1(gateway.address()).await.expect("a connection");
        let upgrade = Request::get("localhost", path);
        let upgrade = upgrade.headers(&[("Connection", "Upgrade"), ("Upgrade", "websocket")]);
        let answer = socket.send(&upgrade).await.expect("an answer");
        assert_eq!(answer.status, 101, "{}", answer.text());
        [Self::H1(h1), Self::H2(download), Self::Socket(socket)]
    }

    /// Reads for longer than what has come already takes.
    async fn must_go_on(&mut self) {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(150) {
            assert!(self.goes_on().await);
        }
    }

    /// Whether more comes.
    async fn goes_on(&mut self) -> bool {
        let more = match self {
            Self::H1(h1) => h1.read_raw().await,
            Self::H2(download) => download.read().await,
            Self::Socket(h1) => match h1.send_raw(b"?").await {
                Ok(()) => h1.read_raw().await,
                Err(error) => Err(error),
            },
        };
        match more {
            Ok(bytes) => !bytes.is_empty(),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => panic!("it hangs"),
            Err(_) => false,
        }
    }
}

/// `/employee` ends what is being served, `/kept` does not.
fn policy() -> Value {
    let mut policy = Fed::policy("30s");
    let mut kept = policy["apis"][0].clone();
    kept["name"] = "kept".into();
    kept["match"]["path_prefix"] = "/kept".into();
    policy["apis"].as_array_mut().unwrap().push(kept);
    policy["apis"][0]["open_streams"] = "end".into();
    policy
}

fn let_upgrade(bootstrap: &mut Bootstrap) {
    bootstrap.connection_manager()["upgrade_configs"] = json!([{ "upgrade_type": "websocket" }]);
}
