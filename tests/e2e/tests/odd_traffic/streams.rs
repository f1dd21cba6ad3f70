//! Streams of one HTTP/2 connection.

use super::frames::{ALL, GET};
use super::place::Place;
use super::wire::{
    DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, Outcome, RST_STREAM, WINDOW_UPDATE, Wire,
    block, frame, literal,
};

#[tokio::test]
async fn streams_of_one_connection_are_judged_each_for_itself() {
    let place = Place::permissive();
    memory_of_headers(&place).await;
    windows(&place).await;
    tunnels(&place).await;
    resets(&place).await;
    many(&place).await;
    place.expect_health().await;
}

/// A header that the connection remembers is read anew for every request.
async fn memory_of_headers(place: &Place) {
    let [method, scheme, authority, _] = GET;
    let pseudo = block(&[method, scheme, authority]);
    let open = [pseudo.clone(), literal(0x40, ":path", "/public/1")].concat();
    // The two last entries of the connection's table are 62 and 63.
    let protected = [pseudo.clone(), literal(0x40, ":path", "/protected")].concat();
    let [again, open_again] = [62, 63].map(|index| [&pseudo[..], &[0x80 | index]].concat());
    for (identity, expected) in [(None, "certificate_required"), (Some(&place.people.alice), "")] {
        let mut wire = Wire::open(place, identity).await;
        for (stream, block, is_open) in
            [(1, &open, true), (3, &protected, false), (5, &again, false), (7, &open_again, true)]
        {
            wire.send(&frame(HEADERS, ALL, stream, block)).await;
            let Outcome::Answered(answer) = wire.outcome(stream).await else { panic!("{stream}") };
            match (is_open, expected) {
                (true, _) => assert_eq!(answer["path"], "/public/1"),
                (false, "") => assert_eq!(answer["path"], "/protected"),
                (false, reason) => assert_eq!(answer["reason"], reason),
            }
        }
        assert_eq!(place.expect_alice_alone(), if expected.is_empty() { 2 } else { 0 });
    }
}

/// A client that takes an answer byte by byte, or not at all.
async fn windows(place: &Place) {
    let no_window = [0, 4, 0, 0, 0, 0];
    for (identity, field) in [(None, "reason"), (Some(&place.people.alice), "upstream")] {
        let mut wire = Wire::open_with(place, identity, &no_window).await;
        wire.send(&frame(HEADERS, ALL, 1, &block(&GET))).await;
        assert_eq!(wire.outcome(1).await, Outcome::Open);
        wire.send(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]).repeat(5)).await;
        assert_eq!(wire.outcome(1).await, Outcome::Open);
        wire.send(&frame(WINDOW_UPDATE, 0, 1, &[0, 1, 0, 0])).await;
        let Outcome::Answered(answer) = wire.outcome(1).await else { panic!("{field}") };
        assert!(answer[field].is_string(), "{answer}");
        // Nobody ever reads this one.
        let mut wire = Wire::open_with(place, identity, &no_window).await;
        wire.send(&frame(HEADERS, ALL, 1, &block(&GET))).await;
        assert_eq!(wire.outcome(1).await, Outcome::Open);
    }
    place.expect_alice_alone();
}

/// CONNECT, and its extended form (RFC 8441).
async fn tunnels(place: &Place) {
    let plain = [(":method", "CONNECT"), (":authority", "localhost:443")];
    let extended = [&[(":method", "CONNECT"), (":protocol", "websocket")], &GET[1..]].concat();
    let unknown = [&[(":method", "CONNECT"), (":protocol", "odd")], &GET[1..]].concat();
    for fields in [&plain[..], &extended, &unknown] {
        for identity in [None, Some(&place.people.bob)] {
            let mut wire = Wire::open(place, identity).await;
            wire.send(&frame(HEADERS, END_HEADERS, 1, &block(fields))).await;
            wire.send(&frame(DATA, 0, 1, b"GET /through HTTP/1.1\r\nhost: a\r\n\r\n")).await;
            let outcome = wire.outcome(1).await;
            assert!(!matches!(outcome, Outcome::Open), "{fields:?}");
            place.expect_nothing_reached("CONNECT");
        }
    }
    for fields in [&plain[..], &extended] {
        let mut wire = Wire::open(place, Some(&place.people.alice)).await;
        wire.send(&frame(HEADERS, END_HEADERS, 1, &block(fields))).await;
        assert_eq!(wire.outcome(1).await, Outcome::Open, "{fields:?}");
    }
    place.reached();
}

/// Requests that are taken back at once.
async fn resets(place: &Place) {
    for identity in [None, Some(&place.people.alice)] {
        let mut wire = Wire::open(place, identity).await;
        for stream in (1..400).step_by(2) {
            let request = frame(HEADERS, ALL, stream, &block(&GET));
            wire.send(&[request, frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()).await;
        }
        wire.outcome(399).await;
        match identity {
            None => place.expect_nothing_reached("requests that were taken back"),
            Some(_) => drop(place.expect_alice_alone()),
        }
        // And one who says goodbye before asking.
        let mut wire = Wire::open(place, identity).await;
        wire.send(&frame(GOAWAY, 0, 0, &[0; 8])).await;
        wire.send(&frame(HEADERS, ALL, 1, &block(&GET))).await;
        wire.outcome(1).await;
        place.expect_alice_alone();
    }
}

/// Ninety requests at the same time, whose headers and bodies are mixed.
async fn many(place: &Place) {
    let path = |stream: u32| if stream % 4 == 1 { "/public/1" } else { "/protected" };
    for identity in [None, Some(&place.people.alice)] {
        let mut wire = Wire::open(place, identity).await;
        let streams = || (1..180).step_by(2);
        for stream in streams() {
            let fields = [(":method", "POST"), GET[1], GET[2], (":path", path(stream))];
            wire.send(&frame(HEADERS, END_HEADERS, stream, &block(&fields))).await;
        }
        for flags in [0, END_STREAM] {
            for stream in streams() {
                wire.send(&frame(DATA, flags, stream, b"body")).await;
            }
        }
        for stream in streams() {
            let Outcome::Answered(answer) = wire.outcome(stream).await else { panic!("{stream}") };
            match (path(stream), identity) {
                ("/protected", None) => assert_eq!(answer["reason"], "certificate_required"),
                (path, _) => assert_eq!(answer["path"], path),
            }
        }
        assert_eq!(place.expect_alice_alone(), if identity.is_some() { 45 } else { 0 });
    }
}
