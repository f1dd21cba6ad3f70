//! What a request costs, beside one that asks a short list.

use std::time::Duration;

use peergate_e2e::Fed;
use peergate_lab::client::{Request, load};

use crate::{World, median};

/// Rounds, in each of which both lists take their turn, and an open API beside them.
pub(crate) async fn measure(world: &World, rounds: usize) {
    println!("Envoy's processor time a request, in microseconds: user time, and all");
    let short = world.gateway(world.feed(10));
    let long = world.gateway(world.feed(world.entries));
    for (fed, entries) in [(&short, 10), (&long, world.entries)] {
        fed.wait_long_for_version("registered", fed.feed.version(), entries as u64).await;
    }
    let cases = [
        ("no certificate asked for", &short, "/public"),
        ("10 entries", &short, "/employee"),
        ("all entries", &long, "/employee"),
    ];
    let mut figures = cases.map(|_| Vec::new());
    for _ in 0..rounds {
        for ((_, fed, path), figures) in cases.iter().zip(&mut figures) {
            figures.push(spend(world, fed, path).await);
        }
    }
    for ((name, ..), figures) in cases.iter().zip(&figures) {
        let of = |column: usize| median(figures.iter().map(|it| it[column]).collect());
        println!("  {name:<28}{:>10.2}{:>10.2}", of(0), of(1));
    }
    let ratio = |column: usize| {
        let pairs = figures[1].iter().zip(&figures[2]);
        median(pairs.map(|(short, long)| long[column] / short[column]).collect())
    };
    println!("  all to 10 entries, a round  {:>10.3}{:>10.3}", ratio(0), ratio(1));
}

async fn spend(world: &World, fed: &Fed, path: &str) -> [f64; 2] {
    let client = fed.gateway.client(Some(&world.client));
    let request = Request::get("localhost", path);
    let address = fed.gateway.address();
    load::run(&client, address, &request, 4, WARM).await.expect("connections");
    let before = fed.gateway.envoy.cpu().expect("times");
    let report = load::run(&client, address, &request, 4, TIME).await.expect("connections");
    let spent = fed.gateway.envoy.cpu().expect("times").since(before);
    assert_eq!(report.status(200), report.requests, "{report}");
    fed.gateway.upstream.forget();
    [spent.user, spent.total()].map(|it| it.as_secs_f64() * 1e6 / report.requests as f64)
}

const WARM: Duration = Duration::from_millis(300);
const TIME: Duration = Duration::from_secs(4);
