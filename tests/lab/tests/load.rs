//! Load reaches the upstream, and its report says what came back.

use std::net::TcpListener;
use std::time::Duration;

use peergate_lab::client::{Client, Request, load};
use peergate_lab::upstream::Upstream;

#[tokio::test]
async fn a_run_keeps_its_connections_busy() {
    let upstream = Upstream::start("echo").expect("an upstream");
    let request = Request::get("a", "/load").header("x-a", "1");
    let time = Duration::from_millis(200);
    let report = load::run(&Client::plaintext(), upstream.address(), &request, 3, time)
        .await
        .expect("connections");
    assert_eq!((report.failures, &report.failure), (0, &None));
    assert!(report.requests > 10, "{report}");
    assert_eq!(report.status(200), report.requests);
    assert_eq!(upstream.received().len() as u64, report.requests);
    assert!(upstream.received().iter().all(|it| it.path == "/load"));
    assert!(report.elapsed >= time, "{report}");
    let percentiles = [Duration::ZERO, report.p50(), report.p99(), report.p999()];
    assert!(percentiles.is_sorted() && percentiles[1] > Duration::ZERO, "{report}");
}

#[tokio::test]
async fn a_closed_connection_is_opened_again() {
    let upstream = Upstream::start("echo").expect("an upstream");
    let request = Request::get("a", "/").header("connection", "close");
    let time = Duration::from_millis(100);
    let report = load::run(&Client::plaintext(), upstream.address(), &request, 2, time)
        .await
        .expect("connections");
    assert!(report.failures == 0 && report.requests > 4, "{report}");
}

#[tokio::test]
async fn each_client_sends_one_request() {
    let upstream = Upstream::start("echo").expect("an upstream");
    let clients = (0..50).map(|_| Client::plaintext());
    let request = Request::new("POST", "a", "/").body("b");
    let report = load::handshakes(clients, upstream.address(), &request, 7).await;
    assert_eq!((report.requests, report.status(200), report.failures), (50, 50, 0), "{report}");
    assert_eq!(upstream.received().len(), 50);
}

#[tokio::test]
async fn nobody_there_is_a_failure() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (client, request) = (Client::plaintext(), Request::get("a", "/"));
    let report = load::handshakes([client.clone(), client.clone()], closed, &request, 1).await;
    assert_eq!((report.requests, report.failures), (0, 2));
    assert!(report.failure.is_some());
    load::run(&client, closed, &request, 1, Duration::ZERO).await.expect_err("nobody there");
}
