//! Forms of requests that HTTP/1 allows, or once allowed, and few clients use.

use peergate_lab::client::{H1, Response};
use serde_json::Value;

use super::place::Place;

/// What is sent, what anybody is answered, and what Alice is.
type Row = (&'static str, &'static str, u16, u16);

/// Where Envoy takes all that it can be told to take. Of those that it refuses itself the filter learns
/// nothing.
const FORMS: [Row; 22] = [
    ("HTTP/1.0", "GET /protected HTTP/1.0\r\n\r\n", 403, 200),
    ("HTTP/1.0 with a host", "GET /protected HTTP/1.0\r\nHost: localhost\r\n\r\n", 403, 200),
    ("HTTP/0.9", "GET /protected\r\n\r\n", 403, 200),
    ("HTTP/1.2", "GET /protected HTTP/1.2\r\nHost: localhost\r\n\r\n", 403, 200),
    ("no host", "GET /protected HTTP/1.1\r\n\r\n", 400, 400),
    (
        "two hosts",
        "GET /protected HTTP/1.1\r\nHost: localhost\r\nHost: a.example\r\n\r\n",
        403,
        200,
    ),
    ("http:", "GET http://localhost/protected HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, 200),
    ("https:", "GET https://localhost/protected HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, 200),
    (
        "another host",
        "GET http://a.example/protected HTTP/1.1\r\nHost: localhost\r\n\r\n",
        403,
        200,
    ),
    ("a user", "GET http://a@localhost/protected HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, 200),
    ("no path", "GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, 200),
    ("dots", "GET http://localhost/public/../a HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, 200),
    ("asterisk", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404, 404),
    ("asterisk, GET", "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 400),
    ("CONNECT, a path", "CONNECT /public HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, 400),
    (
        "websocket",
        "GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        403,
        101,
    ),
    (
        "h2c",
        "GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        403,
        200,
    ),
    (
        "trailers",
        "POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\
         x-client-identity: alice\r\n\r\n",
        403,
        200,
    ),
    (
        "chunks with extensions",
        "POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b\"\r\na\r\n0\r\n\r\n",
        403,
        200,
    ),
    (
        "both lengths",
        "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n\
         0\r\n\r\n",
        400,
        400,
    ),
    (
        "two lengths",
        "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
        400,
        400,
    ),
    (
        "a body for GET",
        "GET /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\na",
        403,
        200,
    ),
];

#[tokio::test]
async fn every_form_is_judged_like_any_other() {
    let place = Place::permissive();
    let (alice, bob) = (&place.people.alice, &place.people.bob);
    for (what, bytes, refusal, answer) in FORMS {
        for identity in [None, Some(bob)] {
            let found = place.raw(identity, bytes.as_bytes()).await.map(|it| it.status);
            assert_eq!(found, Some(refusal), "{what}");
            place.expect_nothing_reached(what);
        }
        let found = place.raw(Some(alice), bytes.as_bytes()).await.map(|it| it.status);
        assert_eq!(found, Some(answer), "{what}, as Alice");
        assert_eq!(place.expect_alice_alone(), usize::from(answer < 400), "{what}");
    }
    tunnels(&place).await;
    promises_of_a_body(&place).await;
    pipelines(&place).await;
    place.expect_health().await;
}

#[tokio::test]
async fn as_rendered_every_form_that_is_not_refused_by_envoy_is_judged() {
    let place = Place::rendered();
    for (what, bytes, ..) in FORMS {
        for identity in [None, Some(&place.people.bob)] {
            let found = place.raw(identity, bytes.as_bytes()).await.map(|it| it.status);
            assert!(found.is_none_or(|status| status >= 400), "{what}: {found:?}");
            place.expect_nothing_reached(what);
        }
    }
    let connect = b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n";
    assert_eq!(place.raw(None, connect).await.unwrap().status, 403);
    place.expect_health().await;
}

/// CONNECT: a tunnel for who may pass.
async fn tunnels(place: &Place) {
    let connect = b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n";
    let through = b"GET /through HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for identity in [None, Some(&place.people.bob)] {
        // With the first bytes for the tunnel behind it.
        let answer = place.raw(identity, &[&connect[..], through].concat()).await.unwrap();
        assert_eq!(answer.status, 403);
        place.expect_nothing_reached("CONNECT");
    }
    let mut h1 = place.h1(Some(&place.people.alice)).await;
    h1.send_raw(connect).await.unwrap();
    assert!(head(&mut h1).await.starts_with(b"HTTP/1.1 200"));
    h1.send_raw(through).await.unwrap();
    assert_eq!(h1.read_response().await.unwrap().status, 200);
    let received = place.reached();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].path, "/through");
}

/// `Expect: 100-continue`: Envoy asks for the body itself; what is refused is refused without it.
async fn promises_of_a_body(place: &Place) {
    let promise =
        b"POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    for identity in [None, Some(&place.people.bob)] {
        assert_eq!(place.raw(identity, promise).await.unwrap().status, 403);
        place.expect_nothing_reached("a promise");
    }
    let mut h1 = place.h1(Some(&place.people.alice)).await;
    h1.send_raw(promise).await.unwrap();
    assert!(head(&mut h1).await.starts_with(b"HTTP/1.1 100"));
    h1.send_raw(b"body").await.unwrap();
    assert_eq!(h1.read_response().await.unwrap().json()["body_bytes"], 4);
    assert_eq!(place.expect_alice_alone(), 1);
}

/// Many requests in one write: each is answered in its turn, and nothing of one is another's. Envoy hangs up
/// on who has several answers of its own outstanding, as those to refused requests are.
async fn pipelines(place: &Place) {
    let paths = ["/public/1", "/protected/2", "/public/../a", "/protected;a", "/public/5"];
    let one = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let all = paths.map(one).concat().repeat(20);
    for identity in [None, Some(&place.people.bob)] {
        let mut h1 = place.h1(identity).await;
        h1.send_raw(all.as_bytes()).await.unwrap();
        let mut expected = [200, 403, 403, 403, 200].into_iter().cycle();
        while let Ok(answer) = h1.read_response().await {
            assert_eq!(Some(answer.status), expected.next());
        }
        place.expect_nothing_reached("pipelined requests");
    }
    let mut h1 = place.h1(Some(&place.people.alice)).await;
    h1.send_raw(all.as_bytes()).await.unwrap();
    for number in 0..100 {
        let answer = h1.read_response().await.unwrap();
        assert_eq!(answer.status, 200, "{number}");
        let path = answer.json()["path"].as_str().unwrap().to_owned();
        assert_eq!(
            path.starts_with("/public"),
            number % 5 == 0 || number % 5 == 4,
            "{number}: {path}"
        );
        assert_eq!(is_told_of_nobody(&answer), path.starts_with("/public"), "{path}");
    }
    assert_eq!(place.expect_alice_alone(), 60);
    // One is broken, by Envoy's rules or by the filter's: those before it are answered all the same, and
    // what follows it is not served.
    for broken in ["GE\0T /public HTTP/1.1\r\n\r\n", &one("/public/%zz")] {
        let mut h1 = place.h1(Some(&place.people.alice)).await;
        let all = [&one("/public/1"), broken, &one("/protected")].concat();
        h1.send_raw(all.as_bytes()).await.unwrap();
        assert_eq!(h1.read_response().await.unwrap().status, 200);
        assert_eq!(h1.read_response().await.unwrap().status, 400);
        assert!(h1.read_response().await.is_err());
        place.expect_nothing_reached("a broken request");
    }
}

/// What comes up to the first empty line.
async fn head(h1: &mut H1) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.extend(h1.read_raw().await.unwrap());
    }
    bytes
}

fn is_told_of_nobody(answer: &Response) -> bool {
    let received: Value = answer.json();
    peergate_e2e::sent(&received, "x-client-identity").is_empty()
}
