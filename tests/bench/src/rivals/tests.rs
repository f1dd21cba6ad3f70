//! Each rival on a real Envoy: whom it lets pass, and what the upstream then learns.

mod stage;

use peergate_lab::client::Request;
use serde_json::Value;

use super::*;
use stage::{ALICE_URI, Stage, sent};

/// With a header that only the gateway may set, its folded spellings, and one that is a client's own.
fn spoofing() -> Request {
    Request::get("localhost", "/").headers(&[
        ("x-client-identity", "admin"),
        ("x-client-identity", "admin"),
        ("x_client_identity", "admin"),
        ("x_client_cert_sha256", "00"),
        ("x.client.cert~sha256", "00"),
        ("x-client-identities", "own"),
    ])
}

/// Asks with spoofed headers; what the upstream received, if it did.
async fn ask(stage: &Stage, who: Option<&peergate_lab::pki::Identity>) -> (u16, Value) {
    let answer = stage.send(who, &spoofing()).await;
    assert_eq!(stage.upstream.received().len(), usize::from(answer.status == 200));
    stage.upstream.forget();
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

#[tokio::test]
async fn names_pass_by_rbac() {
    for principals in [1, 1000] {
        let stage = Stage::start(|_| rbac::filter(principals, ALICE_URI)).await;
        assert_eq!(ask(&stage, Some(&stage.alice)).await.0, 200);
        assert_eq!(ask(&stage, Some(&stage.bob)).await.0, 403);
        assert_eq!(ask(&stage, None).await.0, 403);
    }
}

#[tokio::test]
async fn pins_pass_by_lua() {
    let stage = Stage::start(|pins| lua::filter(&[&others()[..], pins].concat())).await;
    let (status, received) = ask(&stage, Some(&stage.alice)).await;
    assert_eq!(status, 200);
    assert_eq!(sent(&received, "x-client-identity"), ["acme/partner-100000"]);
    assert_eq!(sent(&received, "x-client-cert-sha256"), [stage.alice.fingerprint()]);
    for folded in ["x_client_identity", "x_client_cert_sha256", "x.client.cert~sha256"] {
        assert_eq!(sent(&received, folded), [""; 0]);
    }
    assert_eq!(sent(&received, "x-client-identities"), ["own"]);
    for (who, detail) in [
        (Some(&stage.bob), "the client certificate was refused"),
        (None, "a client certificate is required"),
    ] {
        let (status, problem) = ask(&stage, who).await;
        assert_eq!((status, &problem["detail"]), (403, &detail.into()));
    }
}

#[tokio::test]
async fn pins_pass_by_a_service() {
    for filter in [ext_authz::http, ext_authz::grpc] {
        let stage = Stage::start(|_| filter()).await;
        let (status, received) = ask(&stage, Some(&stage.alice)).await;
        assert_eq!(status, 200);
        assert_eq!(sent(&received, "x-client-identity"), ["acme/partner-0"]);
        assert_eq!(sent(&received, "x-client-cert-sha256"), [stage.alice.fingerprint()]);
        for who in [Some(&stage.bob), None] {
            let (status, problem) = ask(&stage, who).await;
            assert_eq!((status, &problem["title"]), (403, &"Forbidden".into()));
        }
    }
}

#[tokio::test]
async fn an_empty_module_changes_nothing() {
    let stage = Stage::start(|_| modules::empty()).await;
    let (status, received) = ask(&stage, Some(&stage.bob)).await;
    assert_eq!((status, sent(&received, "x-client-identity").len()), (200, 2));
    assert!(stage.envoy.stat("wasm.envoy.wasm.runtime.v8.active").unwrap() > Some(0));
}

#[tokio::test]
async fn the_floor_makes_its_calls() {
    let stage = Stage::start(|_| modules::floor()).await;
    let (status, received) = ask(&stage, Some(&stage.alice)).await;
    assert_eq!(status, 200);
    assert_eq!(sent(&received, "x-client-identity"), ["acme/partner-0"]);
    assert_eq!(sent(&received, "x-client-cert-sha256"), [stage.alice.fingerprint()]);
    assert_eq!(sent(&received, "x_client_cert_sha256"), [""; 0]);
    let counter = "wasmcustom.peergate.api.orders.outcome.allowed.reason.allowed";
    assert_eq!(stage.envoy.stat(counter).unwrap(), Some(1));
    let state =
        "outcome=allowed reason=allowed api=orders method=certificate identity=acme/partner-0";
    stage.envoy.wait_for_log(&format!("<allowed> <{state}>"), stage::PATIENCE).unwrap();
}

#[tokio::test]
async fn a_floor_makes_the_calls_that_it_is_told() {
    let stage = Stage::start(|_| modules::floor_of("remove")).await;
    let (status, received) = ask(&stage, Some(&stage.alice)).await;
    assert_eq!(status, 200);
    assert_eq!(sent(&received, "x_client_cert_sha256"), [""; 0]);
    assert_eq!(sent(&received, "x-client-identity").len(), 2);
}

/// Pins of nobody here.
fn others() -> Vec<String> {
    (0..100_000).map(|place| format!("{place:064x}")).collect()
}
