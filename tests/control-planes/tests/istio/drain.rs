//! A change of what is not the policy.

use std::time::{Duration, Instant};

use peergate_control_planes::People;
use peergate_control_planes::istio::{HOST, Setup};

/// It replaces the listener: open connections have one answer more, by the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_listener_ends_open_connections() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    let client = gateway.client(Some(&people.alice));
    let mut h1 = client.h1(gateway.address()).await.expect("a connection");
    let h2 = client.h2(gateway.address()).await.expect("a connection");
    let path = "//public";
    assert_eq!(h1.get(HOST, path, &[]).await.expect("an answer").status, 200);
    assert_eq!(h2.get(HOST, path, &[]).await.expect("an answer").status, 200);

    let changed = gateway.applied().replace("merge_slashes: true", "merge_slashes: false");
    gateway.apply_rendered(&changed);
    gateway.wait_for(&people.alice, path, 400).await;
    let last = h1.get(HOST, path, &[]).await.expect("an answer");
    assert_eq!((last.status, last.header("connection")), (200, Some("close")));
    assert_eq!(h2.get(HOST, path, &[]).await.expect("an answer").status, 200);
    gateway.wait(async || h2.get(HOST, path, &[]).await.is_err()).await;
    // A client that goes on all the same is served a few seconds longer, and so by the old one.
    let start = Instant::now();
    while let Ok(answer) = h1.get(HOST, path, &[]).await {
        assert_eq!(answer.status, 200);
        assert!(start.elapsed() < Duration::from_secs(30));
    }
    println!("the connection ended after {:.0?}", start.elapsed());
}
