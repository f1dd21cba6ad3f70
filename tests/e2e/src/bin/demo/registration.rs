//! The second part: a client that is registered and revoked while its connection stays open.

use std::time::{Duration, Instant};

use peergate_e2e::{Gateway, registered};
use peergate_lab::client::H1;
use peergate_lab::feed::Feed;
use serde_json::json;

use crate::cast::Cast;
use crate::reason;

/// What is done to the client's entry, and what becomes of its next requests.
struct Turn {
    what: &'static str,
    act: fn(&Feed, &Cast),
    status: u16,
    /// How the reason begins.
    reason: &'static str,
}

const TURNS: [Turn; 5] = [
    Turn {
        what: "nobody knows it",
        act: |_, _| {},
        status: 403,
        reason: "certificate_not_allowed",
    },
    Turn { what: "it is registered", act: register, status: 200, reason: "allowed" },
    Turn {
        what: "it is suspended",
        act: |feed, cast| {
            let mut entry = registered(cast.identity(NEWCOMER), "acme/newcomer");
            entry["active"] = false.into();
            feed.put(entry);
        },
        status: 403,
        reason: "session_inactive",
    },
    Turn { what: "it is let in again", act: register, status: 200, reason: "allowed" },
    Turn {
        what: "it is revoked",
        act: |feed, cast| {
            feed.delete(json!({ "certificate": cast.identity(NEWCOMER).fingerprint() }));
        },
        status: 403,
        reason: "certificate_not_allowed",
    },
];

/// Plays it, all of it on one connection. Returns whether each turn came out as it must.
pub(crate) async fn play(gateway: &Gateway, feed: &Feed, cast: &Cast) -> bool {
    println!("\nOne client on one open connection, asking on; no configuration is pushed.\n");
    println!(
        "{:<34} {:<15} {:>6}  {:<32} after",
        "its entry in the feed", "request", "status", "reason"
    );
    let client = gateway.client(Some(cast.identity(NEWCOMER)));
    let mut connection = client.h1(gateway.address()).await.expect("a TLS connection");
    let mut all_right = true;
    for turn in &TURNS {
        // The feed holds the poll that will carry the news.
        feed.wait_until_held().await;
        let start = Instant::now();
        (turn.act)(feed, cast);
        let (status, reason, time) = ask_on(&mut connection, turn, start).await;
        let is_right = status == turn.status && reason.starts_with(turn.reason);
        all_right &= is_right;
        let mark = if is_right { "" } else { "  <- not what the feed says" };
        println!("{:<34} GET /orders     {status:>6}  {reason:<32} {time:.1?}{mark}", turn.what);
    }
    all_right
}

fn register(feed: &Feed, cast: &Cast) {
    feed.put(registered(cast.identity(NEWCOMER), "acme/newcomer"));
}

/// Asks until the answer is the one that is waited for, or for too long. Returns the last answer, and when
/// it came.
async fn ask_on(connection: &mut H1, turn: &Turn, start: Instant) -> (u16, String, Duration) {
    loop {
        let answer = connection.get("localhost", "/orders", &[]).await.expect("an answer");
        let time = start.elapsed();
        let (status, reason) = (answer.status, reason(&answer));
        let is_it = status == turn.status && reason.starts_with(turn.reason);
        if is_it || time > PATIENCE {
            return (status, reason, time);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The client's name among the cast.
pub(crate) const NEWCOMER: &str = "newcomer";

const PATIENCE: Duration = Duration::from_secs(10);
