//! The upstream tells what reached it, whichever protocol carried it.

use peergate_lab::client::{Client, Request};
use peergate_lab::upstream::Upstream;
use serde_json::json;

#[tokio::test]
async fn an_answer_describes_the_request() {
    let upstream = Upstream::start("orders").expect("an upstream");
    let request = Request::new("POST", "api.example:99", "/a?b=c")
        .header("x-a", "1")
        .header("x-odd", b"\x80\xff")
        .header("x-a", "2")
        .body("hello")
        .trailer("x-t", b"\xfe");

    let client = Client::plaintext();
    let mut h1 = client.h1(upstream.address()).await.expect("a connection");
    let h2 = client.h2(upstream.address()).await.expect("a connection");
    let answers = [h1.send(&request).await, h2.send(&request).await];
    for (answer, protocol) in answers.into_iter().zip(["HTTP/1.1", "HTTP/2.0"]) {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        let answer = answer.json();
        assert_eq!(answer["upstream"], "orders");
        assert_eq!(answer["protocol"], protocol);
        assert_eq!(answer["method"], "POST");
        assert_eq!(answer["path"], "/a?b=c");
        assert_eq!(answer["authority"], "api.example:99");
        assert_eq!(answer["body_bytes"], 5);
        assert_eq!(answer["trailers"], json!([["x-t", "\u{fffd}"]]));
    }

    let received = upstream.received();
    assert_eq!(received.len(), 2);
    for received in received {
        assert_eq!(received.header("x-a"), [b"1", b"2"]);
        assert_eq!(received.header("x-odd"), [b"\x80\xff"]);
        assert_eq!(received.trailer("x-t"), [b"\xfe"]);
        assert_eq!(received.body, b"hello");
    }
    upstream.forget();
    assert!(upstream.received().is_empty());
}

#[tokio::test]
async fn a_connection_is_kept_and_a_head_has_no_body() {
    let upstream = Upstream::start("orders").expect("an upstream");
    let mut h1 = Client::plaintext().h1(upstream.address()).await.expect("a connection");
    let answer = h1.request("HEAD", "a", "/1", &[], b"").await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let answer = h1.get("a", "/2", &[("x-a", "1")]).await.expect("an answer");
    assert_eq!(answer.json()["path"], "/2");
}

#[tokio::test]
async fn an_upgrade_is_recorded_and_echoed() {
    let upstream = Upstream::start("orders").expect("an upstream");
    let mut h1 = Client::plaintext().h1(upstream.address()).await.expect("a connection");
    let upgrade = Request::get("a", "/socket").headers(&[
        ("Connection", "Upgrade, X-Drop"),
        ("Upgrade", "websocket"),
        ("X-Drop", "1"),
    ]);
    let answer = h1.send(&upgrade).await.expect("an answer");
    assert_eq!((answer.status, answer.header("upgrade")), (101, Some("websocket")));
    h1.send_raw(b"\x00\xff").await.expect("bytes sent");
    assert_eq!(h1.read_raw().await.expect("bytes"), b"\x00\xff");
    assert_eq!(upstream.received()[0].header("x-drop"), [b"1"]);
}

#[tokio::test]
async fn a_forgetful_upstream_answers_and_keeps_nothing() {
    let upstream = Upstream::start_forgetful("orders").expect("an upstream");
    let h2 = Client::plaintext().h2(upstream.address()).await.expect("a connection");
    let (one, two) = tokio::join!(h2.get("a", "/1", &[]), h2.get("a", "/2", &[]));
    assert_eq!((one.expect("one").status, two.expect("two").status), (200, 200));
    assert!(upstream.received().is_empty());
}

#[tokio::test]
async fn a_drip_has_no_end() {
    let upstream = Upstream::start("orders").expect("an upstream");
    let client = Client::plaintext();
    let h2 = client.h2(upstream.address()).await.expect("a connection");
    let mut download = h2.begin(&Request::get("a", "/?drip=5")).await.expect("an answer");
    let mut h1 = client.h1(upstream.address()).await.expect("a connection");
    let request = Request::get("a", "/?x&drip=5");
    h1.send_raw(&request.to_h1()).await.expect("a request");
    assert_eq!(download.status, 200);
    for _ in 0..3 {
        assert!(!download.read().await.expect("bytes").is_empty());
        assert!(!h1.read_raw().await.expect("bytes").is_empty());
    }
    drop(upstream);
    while download.read().await.is_ok() {}
}
