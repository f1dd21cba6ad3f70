//! Measures how long a revocation takes: `scripts/revocations [REVOCATIONS]`.
//!
//! A client that is registered asks every 2 ms over an open HTTP/1.1 and an open HTTP/2 connection. Its
//! entry is deleted; measured is the time from the last byte of the feed's answer that says so to the
//! first refusal that the client reads, and whether anything passes on either connection after that.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use peergate_e2e::{Fed, registered};
use peergate_lab::client::{H1, H2};
use peergate_lab::feed::Feed;
use peergate_lab::pki::{Authority, Leaf};
use serde_json::json;
use tokio::sync::watch;

#[tokio::main]
async fn main() -> ExitCode {
    let count = std::env::args().nth(1).map_or(Ok(200), |text| text.parse());
    let Ok(count) = count else {
        eprintln!("usage: scripts/revocations [REVOCATIONS]");
        return ExitCode::from(2);
    };
    let mut is_good = true;
    for (name, has_service) in [("by the sync service", true), ("by a worker of the filter", false)]
    {
        is_good &= measure(name, has_service, count).await;
    }
    ExitCode::from(u8::from(!is_good))
}

async fn measure(name: &str, has_service: bool, count: usize) -> bool {
    let authority = Authority::new("corporate authority");
    let alice = authority.issue(Leaf::client("alice"));
    let feed = Feed::start().expect("a feed");
    feed.put(registered(&alice, "acme/alice"));
    let policy = Fed::policy("30s");
    let fed = Fed::start_with("1.40.0", &authority, &policy, feed, has_service, |_| {});
    fed.wait_for_status(&alice, "/employee", 200).await;

    let client = fed.gateway.client(Some(&alice));
    let address = fed.gateway.address();
    let (h1, h2) = (client.h1(address).await, client.h2(address).await);
    let (seen_h1, answers_h1) = watch::channel((Instant::now(), 200));
    let (seen_h2, answers_h2) = watch::channel((Instant::now(), 200));
    let asking = [
        tokio::spawn(ask_h1(h1.expect("a connection"), seen_h1)),
        tokio::spawn(ask_h2(h2.expect("a connection"), seen_h2)),
    ];

    let mut times = [Vec::new(), Vec::new()];
    for number in 0..count {
        fed.feed.wait_until_held().await;
        let version = fed.feed.delete(json!({ "certificate": alice.fingerprint() }));
        let refusals = [first(&answers_h1, 403).await, first(&answers_h2, 403).await];
        let answered = fed.feed.last_answer_with_version(version).expect("an answer");
        for (times, refused) in times.iter_mut().zip(refusals) {
            times.push(refused.saturating_duration_since(answered));
        }
        // Whatever was on its way: nothing passes from now on.
        tokio::time::sleep(Duration::from_millis(10 + (number as u64 * 7) % 40)).await;
        for answers in [&answers_h1, &answers_h2] {
            assert_eq!(answers.borrow().1, 403, "it stays refused");
        }
        fed.feed.wait_until_held().await;
        fed.feed.put(registered(&alice, "acme/alice"));
        first(&answers_h1, 200).await;
        first(&answers_h2, 200).await;
        fed.gateway.upstream.forget();
    }
    for asking in asking {
        asking.abort();
    }
    println!("{count} revocations, filled {name}, from the feed's answer to the first refusal");
    let mut is_good = true;
    for (protocol, mut times) in ["HTTP/1.1", "HTTP/2"].into_iter().zip(times) {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        let (p50, p99, most) = (at(50), at(99), times[times.len() - 1]);
        println!("  {protocol:<10} p50 {p50:>8.1?}  p99 {p99:>8.1?}  longest {most:>8.1?}");
        is_good &= p50 <= Duration::from_millis(20) && p99 <= Duration::from_millis(250);
    }
    is_good
}

/// When the first answer with a status was read.
async fn first(answers: &watch::Receiver<(Instant, u16)>, status: u16) -> Instant {
    let mut answers = answers.clone();
    let is_it = |(_, found): &(Instant, u16)| *found == status;
    let wait = answers.wait_for(is_it);
    let found = tokio::time::timeout(Duration::from_secs(20), wait).await;
    found.expect("in time").expect("somebody asks").0
}

async fn ask_h1(mut connection: H1, seen: watch::Sender<(Instant, u16)>) {
    loop {
        let answer = connection.get("localhost", "/employee", &[]).await.expect("an answer");
        tell(&seen, answer.status);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn ask_h2(connection: H2, seen: watch::Sender<(Instant, u16)>) {
    let connection = Arc::new(connection);
    loop {
        let answer = connection.get("localhost", "/employee", &[]).await.expect("an answer");
        tell(&seen, answer.status);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Keeps when the status became what it is.
fn tell(seen: &watch::Sender<(Instant, u16)>, status: u16) {
    seen.send_if_modified(|(at, last)| {
        let is_other = *last != status;
        if is_other {
            (*at, *last) = (Instant::now(), status);
        }
        is_other
    });
}

const PAUSE: Duration = Duration::from_millis(2);
