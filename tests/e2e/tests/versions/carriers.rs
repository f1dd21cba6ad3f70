//! Envoy 1.36, which has no property with the whole certificate: the other carriers.

use peergate_e2e::{Bootstrap, Gateway, People};
use peergate_lab::client::Request;
use peergate_lab::pki::twin;
use serde_json::json;

const VERSION: &str = "1.36.4";

#[tokio::test]
async fn the_leaf_comes_by_xfcc() {
    let people = People::new();
    let gateway = Gateway::start_version(VERSION, &people, &people.policy(), |_| {});
    decides_like_any_other(&people, &gateway).await;
}

#[tokio::test]
async fn the_leaf_comes_by_filter_state() {
    let people = People::new();
    let gateway = Gateway::start_version(VERSION, &people, &people.policy(), |bootstrap| {
        bootstrap.connection_manager()["forward_client_cert_details"] = "SANITIZE".into();
        bootstrap.carry_the_certificate();
    });
    decides_like_any_other(&people, &gateway).await;
}

#[tokio::test]
async fn without_a_carrier_what_needs_the_leaf_is_refused() {
    let people = People::new();
    let mut policy = people.policy();
    // No deny list by issuer, nothing forwarded: `/employee` needs the leaf for its dates alone.
    policy["global"] = json!({});
    policy["forward"] = json!({ "identity": "x-client-identity" });
    policy["lists"].as_object_mut().unwrap().remove("blocked");
    let without = |bootstrap: &mut Bootstrap| {
        bootstrap.connection_manager()["forward_client_cert_details"] = "SANITIZE".into();
    };
    let gateway = Gateway::start_version(VERSION, &people, &policy, without);
    assert_eq!(gateway.status(Some(&people.alice), "/employee").await, 503);
    assert_eq!(gateway.status(Some(&people.karl), "/keyed").await, 503);
    assert_eq!(gateway.status(Some(&people.bob), "/employee").await, 403);
    assert_eq!(gateway.count("certificate_unavailable"), 2);

    policy["apis"][0]["certificate"]["validity"] = "when_known".into();
    let gateway = Gateway::start_version(VERSION, &people, &policy, without);
    assert_eq!(gateway.status(Some(&people.alice), "/employee").await, 200);
    assert_eq!(gateway.status(Some(&people.bob), "/employee").await, 403);
}

#[tokio::test]
async fn a_spoofed_carrier_never_admits() {
    for mode in ["FORWARD_ONLY", "APPEND_FORWARD", "ALWAYS_FORWARD_ONLY"] {
        let people = People::new();
        let gateway = Gateway::start_version(VERSION, &people, &people.policy(), |bootstrap| {
            let manager = bootstrap.connection_manager();
            manager["forward_client_cert_details"] = mode.into();
            manager["set_current_client_cert_details"] = json!({});
        });
        for victim in [&people.alice, &people.karl] {
            let pem = victim.certificate_pem().replace('\n', "%0A").replace(' ', "%20");
            let spoofed = format!("Hash={};Cert=\"{pem}\"", victim.fingerprint());
            for path in ["/employee", "/keyed"] {
                for identity in [&people.stranger, &people.bob, &people.mallory] {
                    let request =
                        Request::get("localhost", path).header("x-forwarded-client-cert", &spoofed);
                    for (_, answer) in gateway.both(Some(identity), &request).await {
                        assert!(
                            [403, 503].contains(&answer.status),
                            "{mode} {path}: {}",
                            answer.status
                        );
                    }
                }
            }
        }
    }
}

/// The answers that every Envoy gives.
async fn decides_like_any_other(people: &People, gateway: &Gateway) {
    for (identity, path, status) in [
        (Some(&people.alice), "/employee", 200),
        (Some(&people.karl), "/keyed", 200),
        (Some(&people.bob), "/employee", 403),
        (Some(&people.stranger), "/employee", 403),
        (Some(&people.mallory), "/employee", 403),
        (Some(&twin(&people.mallory)), "/employee", 403),
        (None, "/employee", 403),
        (None, "/partner", 200),
    ] {
        assert_eq!(gateway.status(identity, path).await, status, "{path}");
    }
    assert_eq!(gateway.count("certificate_unavailable"), 0);
    assert_eq!(gateway.count("certificate_denied"), 2);
}
