//! The first policy, and the one with a dynamic list.

use peergate_e2e::{People, registered};
use peergate_lab::client::Request;
use peergate_lab::feed::Feed;
use peergate_lab::pki::Identity;

use crate::example::Example;

#[tokio::test]
async fn the_dynamic_example_decides() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put(registered(&people.alice, "acme/alice"));
    let setup = Example::of("envoy-dynamic").server("feed.example.com", 80, feed.port());
    let example = setup.start(&people, |_| {});
    let ask = async |identity: Option<&Identity>, path: &str| {
        let mut h1 = example.client(identity).h1(example.address).await.unwrap();
        h1.get("api.example.com", path, &[]).await.unwrap().status
    };
    // The first requests wait for the first load.
    assert_eq!(ask(Some(&people.alice), "/orders").await, 200);
    for (identity, path, status) in [
        (Some(&people.alice), "/events", 200),
        (Some(&people.bob), "/orders", 403),
        (Some(&people.stranger), "/orders", 403),
        (None, "/orders", 403),
        (None, "/peergate/ready", 200),
        (Some(&people.alice), "/other", 403),
    ] {
        assert_eq!(ask(identity, path).await, status, "{path}");
    }
    assert!(example.envoy.admin_get("/stats/prometheus").unwrap().contains(r#"poll="ok""#));
}

#[tokio::test]
async fn the_example_bootstrap_decides() {
    let people = People::new();
    let example = Example::of("envoy").start(&people, |_| {});
    for (identity, path, status) in [
        (None, "/status", 200),
        (None, "/catalog", 200),
        (None, "/orders", 403),
        (None, "/orders/health", 200),
        (None, "/", 403),
        (Some(&people.stranger), "/status", 200),
        (Some(&people.stranger), "/catalog", 403),
        (Some(&people.stranger), "/orders", 403),
        (Some(&people.alice), "/orders", 403),
    ] {
        let client = example.client(identity);
        for host in ["api.example.com", "API.example.com.:8443"] {
            let mut h1 = client.h1(example.address).await.unwrap();
            let answer = h1.get(host, path, &[]).await.unwrap();
            assert_eq!(answer.status, status, "{host}{path}");
            let h2 = client.h2(example.address).await.unwrap();
            let answer = h2.send(&Request::get(host, path)).await.unwrap();
            assert_eq!(answer.status, status, "{host}{path} over h2");
        }
    }
    let metrics = example.envoy.admin_get("/stats/prometheus").unwrap();
    assert!(metrics.contains(r#"api="orders""#));
}
