//! HTTP/2 that is odd but legal, and what is not HTTP/2.

use std::sync::Arc;

use peergate_lab::pki::Identity;
use serde_json::Value;
use tokio::task::JoinSet;

use super::place::Place;
use super::wire::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, Outcome, PADDED, PING, PRIORITY,
    SETTINGS, WINDOW_UPDATE, WITH_PRIORITY, Wire, block, frame, literal,
};

/// The pseudo-headers of an ordinary request.
pub(crate) const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "localhost"),
    (":path", "/protected"),
];

/// Headers and nothing else.
pub(crate) const ALL: u8 = END_HEADERS | END_STREAM;

#[tokio::test]
async fn odd_frames_are_judged_and_broken_ones_reach_nobody() {
    let place = Place::permissive();
    for (what, bytes) in legal() {
        for identity in [None, Some(&place.people.bob)] {
            let reason = match identity {
                None => "certificate_required",
                Some(_) => "certificate_not_allowed",
            };
            let answer = answer(&place, identity, &bytes).await;
            place.expect_nothing_reached(what);
            assert_eq!(answer["reason"], reason, "{what}");
        }
        let answer = answer(&place, Some(&place.people.alice), &bytes).await;
        assert_eq!(answer["upstream"], "protected", "{what}");
        assert!(place.expect_alice_alone() >= 1, "{what}");
    }
    let place = Arc::new(place);
    let mut cases = JoinSet::new();
    for (what, bytes) in illegal() {
        // Not even as somebody who may pass.
        for is_alice in [false, true] {
            let (place, bytes) = (Arc::clone(&place), bytes.clone());
            cases.spawn(async move {
                let mut wire = Wire::open(&place, is_alice.then_some(&place.people.alice)).await;
                wire.send(&bytes).await;
                (what, wire.outcome(1).await)
            });
        }
    }
    while let Some(case) = cases.join_next().await {
        let (what, outcome) = case.unwrap();
        if let Outcome::Answered(answer) = outcome {
            assert!(answer["upstream"].is_null(), "{what}: {answer}");
        }
    }
    place.expect_nothing_reached("what is not HTTP/2");
    place.expect_health().await;
}

/// What every HTTP/2 server has to take.
fn legal() -> Vec<(&'static str, Vec<u8>)> {
    let head = block(&GET);
    let request = frame(HEADERS, ALL, 1, &head);
    let post = [&[(":method", "POST")], &GET[1..]].concat();
    let open = frame(HEADERS, END_HEADERS, 1, &block(&post));
    let padded = [&[200], &head[..], &[0; 200]].concat();
    let weighed = [&[0, 0, 0, 0, 15], &head[..]].concat();
    let crumbs = [&GET[..], &[("cookie", "a=b"); 80]].concat();
    let chunks: Vec<&[u8]> = head.chunks(head.len().div_ceil(5)).collect();
    let mut split = frame(HEADERS, END_STREAM, 1, chunks[0]);
    for (number, chunk) in chunks.iter().enumerate().skip(1) {
        let last = number + 1 == chunks.len();
        split.extend(frame(CONTINUATION, if last { END_HEADERS } else { 0 }, 1, chunk));
    }
    let value = "v".repeat(15 << 10);
    let large: Vec<Vec<u8>> = (0..4).map(|_| block(&[("x-large", &value)])).collect();
    let forged = [("x-client-identity", "alice"), ("x-harmless", "kept")];
    vec![
        ("an ordinary request", request.clone()),
        ("a header block in five frames", split),
        ("padded headers", frame(HEADERS, ALL | PADDED, 1, &padded)),
        ("headers with a priority", frame(HEADERS, ALL | WITH_PRIORITY, 1, &weighed)),
        (
            "a priority for an idle stream",
            [frame(PRIORITY, 0, 3, &[0, 0, 0, 1, 9]), request.clone()].concat(),
        ),
        (
            "frames that nobody knows",
            [frame(0xfa, 0xff, 0, b"odd"), frame(0xfb, 0, 1, b""), request.clone()].concat(),
        ),
        (
            "settings that nobody knows",
            [frame(SETTINGS, 0, 0, &[0xfa, 0xce, 1, 2, 3, 4]), request.clone()].concat(),
        ),
        ("pings", [frame(PING, 0, 0, &[7; 8]).repeat(5), request.clone()].concat()),
        (
            "a larger window",
            [frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0xff, 0xff]), request.clone()].concat(),
        ),
        ("a smaller table", frame(HEADERS, ALL, 1, &[&[0x20], &head[..]].concat())),
        (
            "never indexed",
            frame(HEADERS, ALL, 1, &GET.map(|(name, value)| literal(0x10, name, value)).concat()),
        ),
        ("crumbs", frame(HEADERS, ALL, 1, &block(&crumbs))),
        (
            "a padded body",
            [open.clone(), frame(DATA, PADDED | END_STREAM, 1, b"\x04body\0\0\0\0")].concat(),
        ),
        (
            "an empty end",
            [open.clone(), frame(DATA, 0, 1, b"body"), frame(DATA, END_STREAM, 1, b"")].concat(),
        ),
        (
            "trailers",
            [open, frame(DATA, 0, 1, b"body"), frame(HEADERS, ALL, 1, &block(&forged))].concat(),
        ),
        (
            "60 KiB of headers",
            [
                frame(HEADERS, END_STREAM, 1, &head),
                frame(CONTINUATION, 0, 1, &large[0]),
                frame(CONTINUATION, 0, 1, &large[1]),
                frame(CONTINUATION, 0, 1, &large[2]),
                frame(CONTINUATION, END_HEADERS, 1, &large[3]),
            ]
            .concat(),
        ),
    ]
}

/// What no server may take, or none does.
fn illegal() -> Vec<(&'static str, Vec<u8>)> {
    let headers = |fields: &[(&str, &str)]| frame(HEADERS, ALL, 1, &block(fields));
    let with =
        |name: &'static str, value: &'static str| headers(&[&GET[..], &[(name, value)]].concat());
    let without =
        |name: &str| headers(&GET.into_iter().filter(|(it, _)| *it != name).collect::<Vec<_>>());
    let instead = |name: &str, value: &'static str| {
        headers(&GET.map(|(it, old)| if it == name { (it, value) } else { (it, old) }))
    };
    let head = block(&GET);
    let request = frame(HEADERS, ALL, 1, &head);
    vec![
        ("an upper-case name", with("X-Odd", "1")),
        ("a name with a blank", with("x odd", "1")),
        ("no name", with("", "1")),
        ("a line end in a value", with("x-odd", "1\r\nx-client-identity: alice")),
        ("NUL in a value", with("x-odd", "a\0b")),
        ("a connection header", with("connection", "x-client-identity")),
        ("a transfer coding", with("transfer-encoding", "chunked")),
        ("an upgrade", with("upgrade", "websocket")),
        ("two paths", with(":path", "/public")),
        ("two methods", with(":method", "OPTIONS")),
        ("two authorities", with(":authority", "other.example")),
        ("a status", with(":status", "200")),
        ("a pseudo-header that nobody knows", with(":odd", "1")),
        ("a late pseudo-header", headers(&[&GET[..3], &[("x-odd", "1"), GET[3]]].concat())),
        ("no path", without(":path")),
        ("no method", without(":method")),
        ("an empty path", instead(":path", "")),
        ("a path that begins otherwise", instead(":path", "protected")),
        ("a path in full", instead(":path", "https://localhost/protected")),
        ("an asterisk", instead(":path", "*")),
        ("a path with a blank", instead(":path", "/protected /x")),
        ("a path with a NUL", instead(":path", "/protected\0")),
        ("a path with a line end", instead(":path", "/protected\r\n")),
        ("no method in it", instead(":method", "")),
        ("a method with a blank", instead(":method", "GET /public")),
        ("an even stream", frame(HEADERS, ALL, 2, &head)),
        ("no stream", frame(HEADERS, ALL, 0, &head)),
        ("a block that cannot be read", frame(HEADERS, ALL, 1, &[0xff; 40])),
        ("a block cut short", frame(HEADERS, ALL, 1, &head[..head.len() - 3])),
        (
            "padding that is longer than the frame",
            frame(HEADERS, ALL | PADDED, 1, &[&[255], &head[..]].concat()),
        ),
        (
            "headers that depend on themselves",
            frame(HEADERS, ALL | WITH_PRIORITY, 3, &[&[0, 0, 0, 1, 9], &head[..2]].concat()),
        ),
        ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, &head)),
        (
            "another frame within a block",
            [
                frame(HEADERS, END_STREAM, 1, &head[..5]),
                frame(PING, 0, 0, &[7; 8]),
                frame(CONTINUATION, END_HEADERS, 1, &head[5..]),
            ]
            .concat(),
        ),
        (
            "a flood of continuations",
            [
                frame(HEADERS, END_STREAM, 1, &head),
                frame(CONTINUATION, 0, 1, &block(&[("x-odd", "1")])).repeat(2000),
            ]
            .concat(),
        ),
        ("a body of an idle stream", frame(DATA, END_STREAM, 1, b"body")),
        ("settings of an odd size", [frame(SETTINGS, 0, 0, &[1, 2, 3]), request.clone()].concat()),
        (
            "a window that is too large",
            [frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]), request].concat(),
        ),
        ("a frame that is too large", frame(HEADERS, ALL, 1, &vec![0; 20_000])),
        ("HTTP/1.1 after all", b"GET /protected HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
    ]
}

/// The body of the answer to what is sent over a connection of its own.
async fn answer(place: &Place, identity: Option<&Identity>, bytes: &[u8]) -> Value {
    let mut wire = Wire::open(place, identity).await;
    wire.send(bytes).await;
    match wire.outcome(1).await {
        Outcome::Answered(answer) => answer,
        other => panic!("{other:?}"),
    }
}
