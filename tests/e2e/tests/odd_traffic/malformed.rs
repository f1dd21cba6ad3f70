//! Ten thousand requests with something wrong in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use peergate_lab::client::{Client, H1, Version};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::place::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_malformed_requests_break_nothing() {
    let place = Place::permissive();
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for number in 0..SENDERS {
        // Of four, two show no certificate, one somebody's, one Alice's.
        let people = &place.people;
        let identity = [None, None, Some(&people.bob), Some(&people.alice)][number % 4];
        let client = place.gateway.client(identity).versions(&[Version::Tls12]).resumption(true);
        senders.spawn(send(client, place.gateway.address(), Arc::clone(&next)));
    }
    let mut tally = Tally::default();
    while let Some(part) = senders.join_next().await {
        tally.add(part.expect("a sender does not panic"));
    }
    tokio::time::sleep(PATIENCE).await;
    let reached = place.expect_alice_alone();
    println!("{tally:?}, {reached} reached the protected upstream as Alice");
    assert_eq!(tally.sent, COUNT);
    // Not all of them stopped in Envoy's parser.
    assert!(tally.refused > COUNT / 20 && reached > COUNT / 100, "{tally:?}, {reached}");
    place.expect_health().await;
}

/// What came of them.
#[derive(Debug, Default)]
struct Tally {
    sent: usize,
    /// By Envoy or the filter.
    refused: usize,
    passed: usize,
    /// No answer: Envoy hung up, or waits for more.
    unanswered: usize,
    connections: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.refused += other.refused;
        self.passed += other.passed;
        self.unanswered += other.unanswered;
        self.connections += other.connections;
    }
}

/// Sends what is left, over one connection as long as it lives.
async fn send(client: Client, address: std::net::SocketAddr, next: Arc<AtomicUsize>) -> Tally {
    let mut tally = Tally::default();
    let mut open: Option<H1> = None;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= COUNT {
            return tally;
        }
        let mut h1 = match open.take() {
            Some(h1) => h1,
            None => {
                tally.connections += 1;
                client.h1(address).await.expect("a connection")
            }
        };
        tally.sent += 1;
        let request = malformed(number as u64);
        // Behind such a one the connection may be a tunnel, and what is sent next no request to Envoy.
        let may_switch = TUNNELS.iter().any(|word| contains(&request, word));
        let _ = h1.send_raw(&request).await;
        match timeout(PATIENCE, h1.read_response()).await {
            Ok(Ok(answer)) => {
                match answer.status {
                    100..400 => tally.passed += 1,
                    _ => tally.refused += 1,
                }
                let closes = answer.header("connection").is_some_and(|it| it.contains("close"));
                open = (!closes && !may_switch).then_some(h1);
            }
            _ => tally.unanswered += 1,
        }
    }
}

/// The request of a number, always the same one.
fn malformed(number: u64) -> Vec<u8> {
    let mut dice = Dice(number);
    let mut bytes = SEEDS[dice.below(SEEDS.len())].to_vec();
    // Half of them are such as Envoy lets pass, more or less.
    for _ in 0..=dice.below(3) {
        match number % 2 {
            0 => distort(&mut bytes, &mut dice),
            _ => disguise(&mut bytes, &mut dice),
        }
    }
    if !contains(&bytes, b"\r\n\r\n") {
        bytes.extend_from_slice(b"\r\n\r\n");
    }
    bytes
}

fn distort(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let place = dice.below(bytes.len().max(1)).min(bytes.len());
    match dice.below(8) {
        0 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = dice.below(256) as u8;
            }
        }
        1 | 2 => insert(bytes, place, ODD[dice.below(ODD.len())]),
        3 => {
            let end = (place + 1 + dice.below(12)).min(bytes.len());
            bytes.drain(place..end);
        }
        4 => {
            let end = (place + dice.below(60)).min(bytes.len());
            let part = bytes[place..end].to_vec();
            insert(bytes, place, &part);
        }
        // A whole line, somewhere after the first.
        5 | 6 => {
            let line = LINES[dice.below(LINES.len())];
            let ends: Vec<_> = (1..bytes.len()).filter(|at| bytes[at - 1] == b'\n').collect();
            let place = ends.get(dice.below(ends.len().max(1))).copied().unwrap_or(bytes.len());
            insert(bytes, place, &[line, b"\r\n"].concat());
        }
        // A part of another request.
        _ => {
            let other = SEEDS[dice.below(SEEDS.len())];
            let from = dice.below(other.len());
            bytes.truncate(place);
            bytes.extend_from_slice(&other[from..]);
        }
    }
}

/// Changes paths and values, and adds headers, by what Envoy's parser takes.
fn disguise(bytes: &mut Vec<u8>, dice: &mut Dice) {
    if dice.below(3) == 0 {
        let ends: Vec<_> = (1..bytes.len()).filter(|at| bytes[at - 1] == b'\n').collect();
        let line = LEGAL[dice.below(LEGAL.len())];
        let first = ends.first().copied().unwrap_or(bytes.len());
        return insert(bytes, first, &[line, b"\r\n"].concat());
    }
    // After a `/` of the path, or the colon of a header.
    let is_mark = |at: &usize| {
        let (before, after) = bytes.split_at(*at);
        let is_header = before.ends_with(b":") && after.starts_with(b" ");
        (before.ends_with(b"/") && !before.ends_with(b"HTTP/"))
            || (is_header && !before.ends_with(b"Host:"))
    };
    let marks: Vec<_> = (1..bytes.len()).filter(is_mark).collect();
    if let Some(place) = marks.get(dice.below(marks.len().max(1))) {
        insert(bytes, *place, HARMLESS[dice.below(HARMLESS.len())]);
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn insert(bytes: &mut Vec<u8>, place: usize, part: &[u8]) {
    bytes.splice(place..place, part.iter().copied());
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

const SEEDS: [&[u8]; 8] = [
    b"GET /protected HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
    b"GET /protected/a;b=c/%41?d=e&f HTTP/1.1\r\nHost: LOCALHOST:443\r\nCookie: a=b; c=d\r\n\r\n",
    b"GET /public/../protected HTTP/1.1\r\nHost: localhost.\r\nX-Client-Identity: alice\r\n\r\n",
    b"POST /protected HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody",
    b"POST /protected HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTrailer: x-client-identity\r\n\r\n4\r\nbody\r\n0\r\nx-client-identity: alice\r\n\r\n",
    b"GET /protected HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, x-client-identity\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Client-Cert: Hash=00;Cert=\"%2D\";URI=\r\n\r\n",
];

const TUNNELS: [&[u8]; 2] = [b"CONNECT ", b"Upgrade"];

const ODD: [&[u8]; 20] = [
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b":",
    b";",
    b"/",
    b"\\",
    b"%",
    b"%00",
    b"%zz",
    b"..",
    b"\x7f",
    b"\x80",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"\r\n ",
    b"GET /protected HTTP/1.1\r\nHost: localhost\r\n\r\n",
];

const HARMLESS: [&[u8]; 16] = [
    b"%41", b"%zz", b"..", b".", b"..;", b"a/../", b"/", b";a=b", b"?", b"%25", b"~", b"'", b"a",
    b"%c3%a9", b"*", b"%3f",
];

const LEGAL: [&[u8]; 16] = [
    b"X-Client-Identity: alice",
    b"x_client~identity: alice",
    b"x-forwarded-client-cert: Hash=",
    b"x-forwarded-client-cert: Cert=\"%2D%2D%2D\";Chain=\"\";;,,",
    b"x-forwarded-client-cert: [{\"hash\":\"\"}]",
    b"Authorization: Bearer \xff.\xfe.",
    b"Authorization: Basic",
    b"Cookie: ;;=;a=\"b",
    b"content-type: application/grpc\xff",
    b"x-request-id: \x80\x81\"",
    b"Connection: x-client-identity, X_Client-Identity",
    b"x-forwarded-for: 127.0.0.1, \xff",
    b"x-forwarded-proto: gopher",
    b"x-envoy-original-path: /public",
    b"x-http-method-override: OPTIONS",
    b"te: trailers",
];

const LINES: [&[u8]; 24] = [
    b"Host: other.example",
    b"Host:",
    b"Content-Length: 0",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: -1",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding : chunked",
    b"Connection: close",
    b"Connection: x-client-identity, X_Client-Identity",
    b"Expect: 100-continue",
    b"Upgrade: h2c",
    b"HTTP2-Settings: AAMAAABkAAQAAP__",
    b"X-Client-Identity: alice",
    b"x_client~identity: alice",
    b"x-forwarded-client-cert: Hash=",
    b"x-forwarded-client-cert: Cert=\"%2D%2D%2D\";Chain=\"\";;,,",
    b"Authorization: Bearer \xff.\xfe.",
    b"Cookie: ;;=;a=\"b",
    b"content-type: application/grpc\xff",
    b"x-request-id: \x80\x81\"",
    b": no name",
    b"no colon",
    b" folded",
];

const COUNT: usize = 10_000;

const SENDERS: usize = 32;

/// How long an answer is waited for: what was cut short has none.
const PATIENCE: Duration = Duration::from_millis(300);
