//! Load, for measuring.
//!
//! Measure on a runtime of several threads (`#[tokio::test(flavor = "multi_thread")]`) and optimised
//! (`--release`): the client shares the machine with what it measures.

mod report;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

pub use self::report::Report;
use super::{Client, H1, Request, Response};

/// Sends the same request over and over, each connection one at a time, for as long as told.
///
/// The connections speak HTTP/1.1 and are all open before the first request. One that fails, or that
/// the server closes, is opened again.
///
/// # Errors
///
/// When a connection cannot be opened at the start. What fails later is in the report.
pub async fn run(
    client: &Client,
    address: SocketAddr,
    request: &Request,
    connections: usize,
    duration: Duration,
) -> io::Result<Report> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(client.h1(address).await?);
    }
    let request: Arc<[u8]> = request.to_h1().into();
    let start = Instant::now();
    let mut running = JoinSet::new();
    for h1 in open {
        let (client, request) = (client.clone(), Arc::clone(&request));
        running
            .spawn(async move { repeat(&client, address, h1, &request, start + duration).await });
    }

    let mut report = Report::default();
    for part in running.join_all().await {
        report.merge(part);
    }
    report.finish(start.elapsed());
    Ok(report)
}

/// Opens a connection for each client, sends one request over it and closes it, so many at a time.
///
/// A latency spans the connection, its handshake and the answer. The clients are taken one by one as
/// others finish: collect them before, unless their making is to count too.
///
/// ```no_run
/// # use peergate_lab::client::{Client, Request, load};
/// # use peergate_lab::pki::{Authority, crowd};
/// # async fn flood(authority: &Authority, address: std::net::SocketAddr) {
/// let client = Client::new(authority.certificate());
/// let crowd: Vec<_> = authority.issue_many(crowd(20_000)).collect();
/// let clients = crowd.iter().map(|identity| client.clone().identity(identity));
/// let report = load::handshakes(clients, address, &Request::get("localhost", "/"), 8).await;
/// # }
/// ```
pub async fn handshakes(
    clients: impl IntoIterator<Item = Client>,
    address: SocketAddr,
    request: &Request,
    concurrency: usize,
) -> Report {
    let request: Arc<[u8]> = request.to_h1().into();
    let mut clients = clients.into_iter();
    let (mut report, mut running) = (Report::default(), JoinSet::new());
    let start = Instant::now();
    loop {
        while running.len() < concurrency.max(1)
            && let Some(client) = clients.next()
        {
            let request = Arc::clone(&request);
            running.spawn(async move {
                let start = Instant::now();
                let answer = match client.h1(address).await {
                    Ok(mut h1) => exchange(&mut h1, &request).await,
                    Err(error) => Err(error),
                };
                (answer, start.elapsed())
            });
        }
        let Some(done) = running.join_next().await else { break };
        let (answer, latency) = done.expect("a client does not panic");
        report.count(answer.as_ref().map(|it| it.status), latency);
    }
    report.finish(start.elapsed());
    report
}

async fn repeat(
    client: &Client,
    address: SocketAddr,
    mut h1: H1,
    request: &[u8],
    end: Instant,
) -> Report {
    let mut report = Report::default();
    while Instant::now() < end {
        let start = Instant::now();
        let answer = exchange(&mut h1, request).await;
        report.count(answer.as_ref().map(|it| it.status), start.elapsed());
        if answer.is_ok_and(|it| !closes(&it)) {
            continue;
        }
        match client.h1(address).await {
            Ok(fresh) => h1 = fresh,
            Err(error) => {
                report.count(Err(&error), Duration::ZERO);
                break;
            }
        }
    }
    report
}

async fn exchange(h1: &mut H1, request: &[u8]) -> io::Result<Response> {
    h1.send_raw(request).await?;
    h1.read_response().await
}

fn closes(answer: &Response) -> bool {
    answer.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close"))
}
