//! Filling the list while a client sends.

use std::time::{Duration, Instant};

use peergate_e2e::Fed;
use peergate_lab::client::{Request, load};

use crate::{World, median};

/// Rounds, each of an Envoy that is at rest and of one that is filling its list.
pub(crate) async fn measure(world: &World, rounds: usize) {
    // A callback that is not alone on its core waits for others, and that is not its own length.
    let alone = world.gateway(world.feed(world.entries));
    let (version, entries) = (alone.feed.version(), world.entries as u64);
    alone.wait_long_for_version("registered", version, entries).await;
    println!("filling while nobody sends: longest callback {} us\n", longest(&alone));
    drop(alone);
    println!("filling a list of {} entries, while 2 clients send to an open API", world.entries);
    let (mut times, mut rest, mut busy, mut above) = (vec![], vec![], vec![], vec![]);
    for round in 1..=rounds {
        let quiet = world.gateway(world.feed(1));
        quiet.settle("registered").await;
        let (_, control) = send_while(&quiet, async { tokio::time::sleep(TIME).await }).await;
        drop(quiet);
        let feed = world.feed(world.entries);
        let start = Instant::now();
        let filling = world.gateway(feed);
        let (time, report) = send_while(&filling, async {
            let (version, entries) = (filling.feed.version(), world.entries as u64);
            filling.wait_long_for_version("registered", version, entries).await;
        })
        .await;
        let total = start.elapsed();
        let longest = longest(&filling);
        println!(
            "  round {round}: filled in {:.1} s ({:.1} s with Envoy's start); p99.9 {:.1} ms at \
             rest, {:.1} ms while filling; longest callback {longest} us\n    at rest: {control}\n    filling: {report}",
            time.as_secs_f64(),
            total.as_secs_f64(),
            milliseconds(control.p999()),
            milliseconds(report.p999()),
        );
        times.push(time.as_secs_f64());
        rest.push(milliseconds(control.p999()));
        busy.push(milliseconds(report.p999()));
        above.push(milliseconds(report.p999()) - milliseconds(control.p999()));
    }
    println!(
        "  medians: filled in {:.1} s; p99.9 {:.1} ms at rest, {:.1} ms while filling, {:+.1} ms\n",
        median(times),
        median(rest),
        median(busy),
        median(above),
    );
}

/// Sends until something has happened, and returns how long that took.
async fn send_while(fed: &Fed, until: impl Future<Output = ()>) -> (Duration, load::Report) {
    let client = fed.gateway.client(None);
    let address = fed.gateway.address();
    let start = Instant::now();
    let request = Request::get("localhost", "/public");
    let (done, is_done) = tokio::sync::watch::channel(false);
    let sending = tokio::spawn(async move {
        let mut whole = load::Report::default();
        while !*is_done.borrow() {
            let slice = load::run(&client, address, &request, 2, Duration::from_millis(500)).await;
            whole.add(slice.expect("connections"));
        }
        whole
    });
    until.await;
    let time = start.elapsed();
    let _ = done.send(true);
    let report = sending.await.expect("a report");
    fed.gateway.upstream.forget();
    (time, report)
}

/// The longest callback of the sync service, in microseconds.
fn longest(fed: &Fed) -> u64 {
    let name = "wasmcustom.peergate.sync.longest_callback_microseconds";
    fed.gateway.envoy.stat(name).expect("stats").unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// How long an Envoy at rest is looked at.
const TIME: Duration = Duration::from_secs(8);
