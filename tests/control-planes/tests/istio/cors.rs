//! Browsers that ask before they send a request.

use peergate_control_planes::People;
use peergate_control_planes::istio::{HOST, Setup, route};
use peergate_lab::client::Request;
use serde_json::json;

/// Istio answers preflights behind the plugin, so the policy has to let them pass: browsers send no certificate
/// with them.
#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_answered_if_the_policy_lets_it_pass() {
    let people = People::new();
    let mut policy = people.policy();
    let mut shared = route("shared", "/");
    shared["corsPolicy"] = json!({
        "allowOrigins": [{ "exact": "https://shop.example.com" }], "allowMethods": ["GET"],
    });
    let setup = Setup::new(&people.authority, &policy).routes(vec![shared]);
    let gateway = setup.start().await;
    let preflight = Request::new("OPTIONS", HOST, "/employee")
        .header("origin", "https://shop.example.com")
        .header("access-control-request-method", "GET");
    for (protocol, response) in gateway.both(None, &preflight).await {
        assert_eq!(response.status, 403, "{protocol}");
    }

    policy["global"]["cors_preflight"] = "pass".into();
    gateway.change_policy(&policy).await;
    for (protocol, response) in gateway.both(None, &preflight).await {
        assert_eq!(response.status, 200, "{protocol}: {}", response.text());
        let origin = response.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://shop.example.com"), "{protocol}");
    }
    // The upstream has not been asked, and the request itself needs its certificate.
    assert!(gateway.upstream.received().is_empty());
    assert_eq!(gateway.ask(None, "/employee").await.0, 403);
}
