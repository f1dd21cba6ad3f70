//! What a connection that was open before a change can still do.

use std::time::{Duration, Instant};

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::{HOST, Setup};
use peergate_lab::client::Request;

use crate::changes::{number, policy, until};

#[tokio::test(flavor = "multi_thread")]
async fn connections_under_an_old_policy_end_with_the_drain_time() {
    let people = People::new();
    let gateway = Setup::new(&people.authority, &policy(&people, 0)).drain("8s").start().await;
    until(&gateway, &people, 0).await;
    let client = gateway.client(Some(&people.alice));
    let mut once = client.h1(gateway.address()).await.expect("a connection");
    let mut idle = client.h1(gateway.address()).await.expect("a connection");
    let busy = client.h2(gateway.address()).await.expect("a connection");
    let drip = Request::get(HOST, "/employee?drip=50");
    let mut download = busy.begin(&drip).await.expect("an answer");
    assert_eq!(download.status, 200);
    for connection in [&mut once, &mut idle] {
        let response = connection.get(HOST, "/employee", &[]).await.expect("an answer");
        assert_eq!((number(&response), response.header("connection")), (0, None));
    }

    let ended = |start: Instant| {
        let took = start.elapsed();
        assert!((Duration::from_secs(5)..Duration::from_secs(12)).contains(&took), "{took:?}");
        took
    };

    gateway.apply_policy(&policy(&people, 1)).expect("a good policy");
    let start = until(&gateway, &people, 1).await;
    // One that was idle is answered under the old policy, and told that it ends.
    let response = once.get(HOST, "/employee", &[]).await.expect("an answer");
    assert_eq!((number(&response), response.header("connection")), (0, Some("close")));
    // A client that goes on all the same is answered so until the drain time is over.
    while let Ok(response) = once.get(HOST, "/employee", &[]).await {
        assert_eq!((number(&response), response.header("connection")), (0, Some("close")));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("a connection that was told to end did so {:?} after the change", ended(start));
    // So does one that stays idle, and what is under way.
    while download.read().await.is_ok_and(|bytes| !bytes.is_empty()) {}
    println!("a download ended {:?} after the change", ended(start));
    assert!(idle.read_raw().await.is_ok_and(|bytes| bytes.is_empty()));
    println!("an idle connection ended {:?} after the change", ended(start));
}
