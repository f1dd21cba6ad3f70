//! A dynamic list in a sidecar, filled through a ServiceEntry by the plugin alone.

use peergate_control_planes::istio::{Mesh, Sidecar};
use peergate_control_planes::told;
use peergate_lab::feed::Feed;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_says_who_may_call() {
    let mesh = Mesh::default();
    let feed = Feed::start().unwrap();
    let cluster = "outbound|80||feed.internal";
    let policy = json!({
        "version": 1,
        "lists": { "registered": {
            "feed": { "cluster": cluster, "authority": "feed.internal", "path": "/v1/changes", "interval": "1s" },
            "start_wait": "5s",
        } },
        "apis": [{ "name": "orders", "policy": "mandatory", "certificate": { "allow": ["registered"] } }],
        "replies": { "detail": "reason" },
    });
    let checkout = mesh.workload("checkout");
    let certificate = checkout.fingerprint();
    feed.put(json!({ "certificate": certificate, "identity": "checkout", "apis": ["*"] }));
    let address = format!("{cluster}={}", feed.address());
    let sidecar = Sidecar::start(&mesh, &policy, &["--feed", &address]).await;

    let ask = async || {
        let answer = sidecar.get(&checkout, "/").await.unwrap();
        (answer.status, told(&answer))
    };
    sidecar.wait(async || ask().await.0 == 200).await;
    feed.delete(json!({ "certificate": certificate }));
    let refused = (403, "certificate_not_allowed".to_owned());
    sidecar.wait(async || ask().await == refused).await;
}
