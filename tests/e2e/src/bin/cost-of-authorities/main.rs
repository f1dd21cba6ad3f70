//! Measures what an authority costs beside a pin: `scripts/cost-of-authorities [ROUNDS [CLIENTS]]`.
//!
//! Figures are Envoy's processor time a request, all of it and what of it is user time, and what of that is
//! above a pinned client's in the same round. They are medians over rounds in which every case takes its
//! turn. Absolute figures differ between machines; compare within one run.

mod cases;
mod rounds;

use std::process::ExitCode;
use std::time::Duration;

use peergate_e2e::Gateway;
use peergate_lab::client::{Request, load};

use cases::{Case, Cases};
use rounds::Rounds;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Ok(rounds), Ok(clients)) = (argument(&arguments, 0, 7), argument(&arguments, 1, 2000))
    else {
        eprintln!("usage: scripts/cost-of-authorities [ROUNDS [CLIENTS]]");
        return ExitCode::from(2);
    };
    let cases = Cases::new(rounds * clients);
    let by_host = cases.gateway(|_| {});
    keep_asking(&cases, &by_host, rounds).await;

    println!(
        "\nthe first request of a client, each over a connection of its own ({clients} a round)"
    );
    let by_guest = cases.gateway(|bootstrap| bootstrap.change_module(without_host_signatures));
    let (mut host, mut guest) = (Rounds::default(), Rounds::default());
    for round in 0..rounds {
        for case in &cases.fresh {
            host.add(case.name, connect_once(&by_host, case, round, clients).await);
            guest.add(case.name, connect_once(&by_guest, case, round, clients).await);
        }
    }
    println!(
        "signatures by the host (Envoy knows no Ed25519: those are the module's own here, too)"
    );
    host.print();
    println!("signatures by the module (its call of `verify_signature` has another name)");
    guest.print();
    ExitCode::SUCCESS
}

/// Clients that stay connected, after their first request.
async fn keep_asking(cases: &Cases, gateway: &Gateway, rounds: usize) {
    println!("requests of clients that stay connected");
    let mut table = Rounds::default();
    for _ in 0..rounds {
        for case in &cases.known {
            let client = gateway.client(Some(&case.identities[0]));
            let request = Request::get("localhost", case.path);
            let warm = Duration::from_millis(200);
            load::run(&client, gateway.address(), &request, 4, warm).await.expect("connections");
            let before = gateway.envoy.cpu().expect("times");
            let time = Duration::from_secs(4);
            let report = load::run(&client, gateway.address(), &request, 4, time).await;
            let report = report.expect("connections");
            let spent = gateway.envoy.cpu().expect("times").since(before);
            assert_eq!(report.status(200), report.requests, "{}: {report}", case.name);
            table.add(case.name, (spent, report.requests));
            gateway.upstream.forget();
        }
    }
    table.print();
}

async fn connect_once(
    gateway: &Gateway,
    case: &Case,
    round: usize,
    clients: usize,
) -> (peergate_lab::envoy::Cpu, u64) {
    let nobody = gateway.client(None);
    let fresh = &case.identities[round * clients..][..clients];
    let fresh: Vec<_> = fresh.iter().map(|it| nobody.clone().identity(it)).collect();
    let request = Request::get("localhost", case.path).header("connection", "close");
    let before = gateway.envoy.cpu().expect("times");
    let report = load::handshakes(fresh, gateway.address(), &request, 4).await;
    let spent = gateway.envoy.cpu().expect("times").since(before);
    assert_eq!(report.status(200), clients as u64, "{}: {report}", case.name);
    gateway.upstream.forget();
    (spent, report.requests)
}

/// The shipped module, but for the name by which it asks the host for a signature.
fn without_host_signatures(shipped: &[u8]) -> Vec<u8> {
    let (name, other) = (b"verify_signature", b"verify_signaturX");
    let mut module = shipped.to_vec();
    let places: Vec<usize> = shipped
        .windows(name.len())
        .enumerate()
        .filter_map(|(place, window)| (window == name).then_some(place))
        .collect();
    assert!(!places.is_empty(), "the module asks the host for signatures");
    for place in places {
        module[place..][..other.len()].copy_from_slice(other);
    }
    module
}

fn argument(
    all: &[String],
    place: usize,
    default: usize,
) -> Result<usize, std::num::ParseIntError> {
    all.get(place).map_or(Ok(default), |text| text.parse())
}
