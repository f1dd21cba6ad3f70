//! Measures what tokens and keys cost beside a certificate: `scripts/cost-of-credentials [ROUNDS [SECONDS]]`.
//!
//! Figures are Envoy's processor time a request, over connections that stay open: user time and system time
//! apart, since the latter depends on how many requests a worker finds at once. Beside them stands what of
//! the user time is above that for a pinned certificate in the same round, and the ratio of the two. They are
//! medians over rounds in which every case takes its turn. Absolute figures differ between machines; compare
//! within one run.
//!
//! Tokens are verified by Envoy's own `jwt_authn`: what that costs is the case in which a token is verified
//! and no policy looks at it.

mod cases;
mod rounds;

use std::num::ParseIntError;
use std::process::ExitCode;
use std::time::Duration;

use peergate_lab::client::load;

use cases::{Case, Scene};
use rounds::Rounds;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Ok(rounds), Ok(seconds)) = (argument(&arguments, 0, 7), argument(&arguments, 1, 2)) else {
        eprintln!("usage: scripts/cost-of-credentials [ROUNDS [SECONDS]]");
        return ExitCode::from(2);
    };
    let scene = Scene::new().await;
    let cases = scene.cases();
    let mut table = Rounds::default();
    for _ in 0..rounds {
        for case in &cases {
            measure(&scene, case, Duration::from_secs(seconds), &mut table).await;
        }
    }
    println!("Envoy's processor time a request, {rounds} rounds of {seconds} s");
    table.print();
    ExitCode::SUCCESS
}

async fn measure(scene: &Scene, case: &Case, time: Duration, table: &mut Rounds) {
    let gateway = &scene.fed.gateway;
    let client = gateway.client(Some(&scene.alice));
    let address = scene.address(case.door);
    // Also uses up a rate of one request.
    load::run(&client, address, &case.request, 4, WARM).await.expect("connections");
    let before = gateway.envoy.cpu().expect("times");
    let report = load::run(&client, address, &case.request, 4, time).await.expect("connections");
    let spent = gateway.envoy.cpu().expect("times").since(before);
    assert_eq!(report.status(case.status), report.requests, "{}: {report}", case.name);
    table.add(case.name, spent, report.requests);
    gateway.upstream.forget();
}

fn argument(all: &[String], place: usize, default: u64) -> Result<u64, ParseIntError> {
    all.get(place).map_or(Ok(default), |text| text.parse())
}

const WARM: Duration = Duration::from_millis(200);
