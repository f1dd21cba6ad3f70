//! What a client is told that comes too often, and what is told of it.

use std::time::{Duration, Instant};

use peergate_e2e::keyed;
use peergate_lab::client::Request;
use serde_json::json;

use super::stage::{Stage, Visitor, get, retry_after, with};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn who_comes_too_often_is_told_when_to_come_again() {
    let stage = Stage::start(json!({ "requests": 1, "per": "2s", "burst": 2 })).await;
    let alice = Some(&stage.people.alice);
    for (identity, request) in [
        (alice, get("/certificate")),
        (None, with("key", "/key")),
        (None, stage.of("ada", "/token")),
    ] {
        let client = stage.gateway().client(identity);
        let mut h1 = client.h1(stage.gateway().address()).await.unwrap();
        let h2 = client.h2(stage.gateway().address()).await.unwrap();
        let start = Instant::now();
        assert_eq!(h1.send(&request).await.unwrap().status, 200);
        assert_eq!(h2.send(&request).await.unwrap().status, 200);
        let answers = [h1.send(&request).await.unwrap(), h2.send(&request).await.unwrap()];
        // A machine that is not free may have taken its time.
        if start.elapsed() > Duration::from_secs(1) {
            continue;
        }
        for answer in &answers {
            assert_eq!(answer.status, 429, "{request:?}");
            assert_eq!(retry_after(answer), Duration::from_secs(2));
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            assert_eq!(answer.header("www-authenticate"), None);
            assert_eq!(
                answer.json(),
                json!({
                    "type": "about:blank", "title": "Too Many Requests", "status": 429,
                    "detail": "too many requests", "reason": "rate_limited",
                })
            );
        }
        // What it was told holds.
        tokio::time::sleep(retry_after(&answers[1])).await;
        assert_eq!(h1.send(&request).await.unwrap().status, 200);
    }
    stage.gateway().envoy.wait_for_log(r#""details":"peergate_rate_limited""#, SOON).unwrap();
    let verdict = "outcome=denied reason=rate_limited api=token";
    stage.gateway().envoy.wait_for_log(verdict, SOON).unwrap();
    assert!(stage.gateway().count("rate_limited") > 0);
}

#[tokio::test]
async fn a_grpc_client_gets_its_own_status() {
    let stage = Stage::shared().await;
    stage.register(keyed("calling", "acme/calling")).await;
    let request = Request::new("POST", "localhost", "/key").headers(&[
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("x-api-key", "calling"),
    ]);
    let h2 = stage.gateway().client(None).h2(stage.gateway().address()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(h2.send(&request).await.unwrap().header("grpc-status"), None);
    }
    let answer = h2.send(&request).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("grpc-status"), Some("8"));
    assert_eq!(answer.header("grpc-message"), Some("too many requests (rate_limited)"));
    assert_eq!(retry_after(&answer), Duration::from_secs(3600));
    assert_eq!(answer.text(), "");
}

/// One burst is a burst, whatever carries it.
#[tokio::test]
async fn connections_and_protocols_share_what_is_left() {
    let stage = Stage::shared().await;
    stage.register(keyed("everywhere", "acme/everywhere")).await;
    let request = with("everywhere", "/key");
    let mut passed = 0;
    for _ in 0..4 {
        for (_, answer) in stage.gateway().both(None, &request).await {
            passed += usize::from(answer.status == 200);
        }
    }
    assert_eq!(passed, 3);
    let mut visitor = Visitor::new(stage.gateway(), Some(&stage.people.bob)).await;
    assert!(!visitor.passes(&request).await);
}
