//! Keys that come, change and go while their holders are connected.

use std::time::{Duration, Instant};

use peergate_e2e::{Gateway, keyed, sent};
use peergate_lab::client::{Download, H1, H2, Request};
use peergate_lab::digest;
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use super::ask::{get, verdict};
use super::stage::Stage;

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_key_comes_and_goes_on_open_connections() {
    comes_and_goes(&*Stage::shared().await).await;
}

/// Lets a key come, change and go.
pub(crate) async fn comes_and_goes(stage: &Stage) {
    let (gateway, feed, people) = (&stage.fed.gateway, &stage.fed.feed, &stage.cast.people);
    let request = get("/key").header("x-api-key", "passing");
    let mut visitor = Visitor::new(gateway, None).await;
    let mut alice = Visitor::new(gateway, Some(&people.alice)).await;
    assert_eq!(visitor.ask(&request).await, "api_key_unknown");
    let with = |member: &str, value: Value| {
        let mut entry = keyed("passing", "acme/passing");
        entry[member] = value;
        entry
    };
    for (entry, nobody, with_certificate) in [
        (keyed("passing", "acme/passing"), "api_key acme/passing", "api_key acme/passing"),
        (with("active", json!(false)), "session_inactive", "session_inactive"),
        (with("active", json!(true)), "api_key acme/passing", "api_key acme/passing"),
        (with("identity", json!("acme/other")), "api_key acme/other", "api_key acme/other"),
        (with("apis", json!(["lenient"])), "api_not_granted", "api_not_granted"),
        (with("apis", json!(["key"])), "api_key acme/passing", "api_key acme/passing"),
        (with("expires", json!("2020-01-01T00:00:00Z")), "session_expired", "session_expired"),
        (
            with("certificates", json!([people.alice.fingerprint()])),
            "binding_mismatch",
            "api_key acme/passing",
        ),
        (
            with("certificates", json!([people.karl.fingerprint()])),
            "binding_mismatch",
            "binding_mismatch",
        ),
    ] {
        feed.put(entry);
        visitor.until(&request, nobody).await;
        alice.until(&request, with_certificate).await;
    }
    for plan in ["gold", "silver"] {
        feed.put(with("labels", json!({ "plan": plan })));
        let start = Instant::now();
        visitor.until(&request, "api_key acme/passing").await;
        loop {
            let received = visitor.h1.send(&request).await.unwrap().json();
            if sent(&received, "x-client-plan") == [plan] {
                break;
            }
            assert!(start.elapsed() < PATIENCE, "{received}");
        }
    }
    feed.delete(json!({ "api_key": digest::api_key("passing") }));
    visitor.until(&request, "api_key_unknown").await;
    alice.until(&request, "api_key_unknown").await;
    // It is refused in front of what ignores refused keys, too, as if it had never been.
    let ignored = get("/lenient").header("x-api-key", "passing");
    assert_eq!(visitor.ask(&ignored).await, "anonymous");
    assert!(gateway.is_whole());
}

#[tokio::test]
async fn what_is_being_served_to_a_revoked_key_ends() {
    let stage = Stage::shared().await;
    let (gateway, feed, people) = (&stage.fed.gateway, &stage.fed.feed, &stage.cast.people);
    let entries = ["ending", "staying", "suspended", "rebound"].map(|key| keyed(key, key));
    feed.put_all(entries);
    stage.settle().await;

    let key = |key: &str| get("/live?drip=20").header("x-api-key", key);
    let token = |token: &str| get("/live?drip=20").bearer(token);
    let (bob, karl) = (&people.bob, Some(&people.karl));
    let mut ending = Vec::new();
    for name in ["ending", "suspended", "rebound"] {
        ending.extend(Live::begin(gateway, None, &key(name)).await);
    }
    let mut denied = Live::begin(gateway, Some(bob), &token(&stage.cast.bound(bob))).await;
    let mut staying = Vec::new();
    staying.extend(Live::begin(gateway, None, &key("staying")).await);
    staying.extend(Live::begin(gateway, karl, &key("staying")).await);
    staying.extend(Live::begin(gateway, None, &token(&stage.cast.token())).await);
    let other = get("/key?drip=20").header("x-api-key", "ending");
    staying.extend(Live::begin(gateway, None, &other).await);
    for live in ending.iter_mut().chain(&mut denied).chain(&mut staying) {
        assert!(live.goes_on().await);
    }

    feed.delete(json!({ "api_key": digest::api_key("ending") }));
    let mut entries = ["suspended", "rebound"].map(|key| keyed(key, key));
    entries[0]["active"] = false.into();
    entries[1]["certificates"] = json!([people.alice.fingerprint()]);
    feed.put_all(entries);
    end(&mut ending, gateway).await;
    // A certificate that a token is bound to may be denied as well.
    for live in &mut denied {
        assert!(live.goes_on().await);
    }
    feed.put(json!({ "deny": { "certificate": bob.fingerprint() } }));
    end(&mut denied, gateway).await;
    feed.delete(json!({ "deny": { "certificate": bob.fingerprint() } }));
    for live in &mut staying {
        for _ in 0..5 {
            assert!(live.goes_on().await);
        }
    }
    let ended = |reason: &str| {
        let name = format!("wasmcustom.peergate.api.live.ended.reason.{reason}");
        gateway.envoy.stat(&name).expect("stats").unwrap_or_default()
    };
    let reasons = ["api_key_unknown", "session_inactive", "binding_mismatch", "certificate_denied"];
    assert_eq!(reasons.map(ended), [2; 4]);
    assert!(gateway.is_whole());
}

/// Reads on until all of them have ended.
async fn end(ending: &mut [Live], gateway: &Gateway) {
    let start = Instant::now();
    for live in ending {
        while live.goes_on().await {
            assert!(start.elapsed() < PATIENCE, "{}", gateway.story());
        }
    }
}

/// One client's two open connections.
struct Visitor {
    h1: H1,
    h2: H2,
}

impl Visitor {
    async fn new(gateway: &Gateway, identity: Option<&Identity>) -> Self {
        let client = gateway.client(identity);
        let h1 = client.h1(gateway.address()).await.expect("a connection");
        Self { h1, h2: client.h2(gateway.address()).await.expect("a connection") }
    }

    async fn ask(&mut self, request: &Request) -> String {
        let [h1, h2] = self.ask_each(request).await;
        assert_eq!(h1, h2, "{request:?} over h1 and h2");
        h1
    }

    async fn ask_each(&mut self, request: &Request) -> [String; 2] {
        let h1 = verdict(&self.h1.send(request).await.expect("an answer"));
        [h1, verdict(&self.h2.send(request).await.expect("an answer"))]
    }

    /// Asks until the verdict is this on both connections.
    async fn until(&mut self, request: &Request, expected: &str) {
        let start = Instant::now();
        while self.ask_each(request).await != [expected; 2] {
            assert!(start.elapsed() < PATIENCE, "not {expected}: {request:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// An answer without an end.
enum Live {
    H1(H1),
    H2(Download),
}

impl Live {
    /// One over each protocol.
    async fn begin(gateway: &Gateway, identity: Option<&Identity>, request: &Request) -> [Self; 2] {
        let client = gateway.client(identity);
        let mut h1 = client.h1(gateway.address()).await.expect("a connection");
        h1.send_raw(&request.to_h1()).await.expect("sent");
        let head = h1.read_raw().await.expect("an answer");
        assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
        let h2 = client.h2(gateway.address()).await.expect("a connection");
        let download = h2.begin(request).await.expect("an answer");
        assert_eq!(download.status, 200);
        [Self::H1(h1), Self::H2(download)]
    }

    /// Whether more comes.
    async fn goes_on(&mut self) -> bool {
        let more = match self {
            Self::H1(h1) => h1.read_raw().await,
            Self::H2(download) => download.read().await,
        };
        match more {
            Ok(bytes) => !bytes.is_empty(),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => panic!("it hangs"),
            Err(_) => false,
        }
    }
}
