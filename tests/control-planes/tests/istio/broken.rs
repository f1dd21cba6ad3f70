//! A policy with a fault, put into the WasmPlugin by hand: `peergate render` prints none.

use peergate_control_planes::People;
use peergate_control_planes::istio::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_policy_leaves_the_old_one() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    let mut connection =
        gateway.client(Some(&people.alice)).h1(gateway.address()).await.expect("a connection");
    assert_eq!(gateway.discovery("config_fail").await, 0);

    gateway.apply_rendered(&broken(&gateway.applied()));
    gateway.wait(async || gateway.discovery("config_fail").await > 0).await;
    assert!(gateway.log().contains("wasm log: invalid policy: version: expected 1"));
    gateway.wait(async || gateway.control_plane_log().contains("ADS:ECDS: ACK ERROR")).await;
    let answer = connection.get("api.example.com", "/employee", &[]).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await.0, 200);
    assert_eq!(gateway.ask(Some(&people.bob), "/employee").await.0, 403);

    // The next good one is taken.
    let mut next = policy.clone();
    next["apis"][0]["policy"] = "open".into();
    next["apis"][0].as_object_mut().expect("an API").remove("certificate");
    gateway.apply_policy(&next).expect("a good policy");
    gateway.wait_for(&people.bob, "/employee", 200).await;
}

/// Without an old one nobody passes, until there is a good one.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_starts_with_a_broken_policy_refuses() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).edit(broken).start().await;
    for path in ["/employee", "/public", "/"] {
        assert_eq!(gateway.ask(Some(&people.alice), path).await, (500, String::new()), "{path}");
    }
    gateway.apply_policy(&policy).expect("a good policy");
    gateway.wait_for(&people.alice, "/employee", 200).await;
    assert_eq!(gateway.ask(Some(&people.bob), "/employee").await.0, 403);
}

fn broken(manifests: &str) -> String {
    let broken = manifests.replace("\"version\": 1", "\"version\": 7");
    assert_ne!(broken, manifests);
    broken
}
