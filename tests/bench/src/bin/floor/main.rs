//! Measures what each host call, and each export of a module, costs a request: `scripts/floor [ROUNDS
//! [SECONDS [TEXT]]]`, of cases whose name contains the text.
//!
//! One Envoy has a listener for every case, with one Wasm filter that makes the case's calls, and answers by
//! itself. It measures in three ways:
//!
//! - Calls, each made a thousand times over for one request, by the filter's own clock. That is exact, and
//!   warmer than life.
//! - Filters between two that look at the clock: what it takes Envoy to get from one to the other. Also exact;
//!   the making and the freeing of the C++ filter are not in it.
//! - Filters under load, sixteen of a kind behind each other: the worker's processor time for one of them,
//!   above that of the case beside which it stands.
//!
//! Of what is measured many times the least counts: others who run at the same time only ever add. The
//! lower quartile stands beside it. Compare within one run.

mod cases;
mod place;
mod rounds;

use std::process::ExitCode;
use std::time::Duration;

use peergate_lab::client::{self, H1, Request};
use tokio::task::JoinSet;

use cases::{Case, Kind, cases};
use place::Place;
use rounds::Rounds;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Ok(rounds), Ok(time)) = (argument(&arguments, 0, 30.0), argument(&arguments, 1, 0.1))
    else {
        eprintln!("usage: scripts/floor [ROUNDS [SECONDS [TEXT]]]");
        return ExitCode::from(2);
    };
    let time = Duration::from_secs_f64(time);
    let place = Place::start(cases);
    let text = arguments.get(2).map_or("", String::as_str);
    let is_wanted = |number: usize| {
        let mut others = place.cases.iter().enumerate();
        let needs = |(other, case): (usize, &Case)| {
            case.name.contains(text) && (other == number || case.beside == number)
        };
        others.any(needs)
    };
    for (headers, request) in [(8, few()), (33, many())] {
        let mut table = Rounds::default();
        for _ in 0..rounds as usize {
            let all = place.cases.iter().enumerate();
            for (number, case) in all.filter(|(number, _)| is_wanted(*number)) {
                match case.kind {
                    Kind::Call => ask(&place, number, case, &request, &mut table).await,
                    Kind::Watch => watch(&place, number, &request, &mut table).await,
                    Kind::Load => load(&place, number, case, &request, time, &mut table).await,
                }
            }
        }
        println!("\n{headers} headers of a client, {rounds} rounds, microseconds");
        table.print(&place.cases);
    }
    ExitCode::SUCCESS
}

/// Has a filter say how long its calls take.
async fn ask(place: &Place, number: usize, case: &Case, request: &Request, table: &mut Rounds) {
    let mut connection = place.client.h1(place.addresses[number]).await.expect("a connection");
    for _ in 0..ASKED {
        let answer = connection.send(request).await.expect("an answer");
        let nanoseconds: f64 = answer.text().parse().unwrap_or_else(|_| panic!("{}", case.name));
        table.add(number, nanoseconds / 1e3);
    }
}

/// Has two filters say how long it takes from one to the other, in four phases. Requests come over several
/// connections, so that Envoy has always one more to serve, as under load.
async fn watch(place: &Place, number: usize, request: &Request, table: &mut Rounds) {
    let mut running = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let connection = place.client.h1(place.addresses[number]).await.expect("a connection");
        running.spawn(ask_often(connection, request.clone()));
    }
    for phases in running.join_all().await.into_iter().flatten() {
        table.watch(number, phases);
    }
}

async fn ask_often(mut connection: H1, request: Request) -> Vec<Vec<f64>> {
    let mut all = Vec::new();
    for asked in 0..WATCHED {
        let answer = connection.send(&request).await.expect("an answer");
        // The first ones find nothing in its place.
        if asked >= WATCHED / 4 {
            let text = answer.text();
            let phases = text.split(' ').map(|it| it.parse::<f64>().expect("a number") / 1e3);
            all.push(phases.collect());
        }
    }
    all
}

/// Has a filter work.
async fn load(
    place: &Place,
    number: usize,
    case: &Case,
    request: &Request,
    time: Duration,
    table: &mut Rounds,
) {
    let run = |time| {
        client::load::run(&place.client, place.addresses[number], request, CONNECTIONS, time)
    };
    run(WARM).await.expect("connections");
    let before = place.spent();
    let report = run(time).await.expect("connections");
    let spent = place.spent() - before;
    assert_eq!(report.status(200), report.requests, "{}: {report}", case.name);
    table.add(number, spent.as_secs_f64() * 1e6 / report.requests as f64);
}

/// As many as Envoy counts 8 of, and one of them folds into a name of ours.
fn few() -> Request {
    Request::get("localhost", "/v1/orders/4711?expand=items,customer").headers(&[
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "application/json, text/plain;q=0.9, */*;q=0.8"),
        ("x-client-identity", "admin"),
        (
            "x_client_cert_sha256",
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        ),
    ])
}

/// Twenty-five more, of 100 bytes: 3 KB.
fn many() -> Request {
    let value = "v".repeat(90);
    (0..25).fold(few(), |request, number| request.header(&format!("x-header-{number:02}"), &value))
}

fn argument(all: &[String], place: usize, default: f64) -> Result<f64, std::num::ParseFloatError> {
    all.get(place).map_or(Ok(default), |text| text.parse())
}

const CONNECTIONS: usize = 8;

/// How often a filter is asked in a round.
const ASKED: usize = 10;

/// How often two filters are asked in a round, over each connection.
const WATCHED: usize = 200;

/// V8 compiles a function that is called often a second time, better; the first round may be spoilt by it.
const WARM: Duration = Duration::from_millis(50);
