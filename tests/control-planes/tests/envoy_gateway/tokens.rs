//! Certificates together with tokens, which Envoy Gateway verifies.

use std::fs;

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::{HOST, NAMESPACE, Setup};
use peergate_lab::client::Request;
use peergate_lab::token::TokenIssuer;
use serde_json::{Value, json};
use tempfile::TempDir;

fn policy(people: &People, idp: &TokenIssuer) -> Value {
    people.policy_of(json!([{
        "name": "all",
        "certificate": { "allow": ["partners"] },
        "jwt": { "issuers": [idp.issuer()], "audiences": ["api"], "bound": "required" },
        "policy": ["certificate", "jwt"],
        "strip": true,
    }]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_and_the_token_that_is_bound_to_it_are_both_needed() {
    let people = People::new();
    let idp = TokenIssuer::new("https://idp.example.com");
    let directory = TempDir::new().expect("a directory");
    let keys = directory.path().join("jwks.json");
    fs::write(&keys, idp.jwks()).expect("written");
    let jwks = format!("--jwks={}={}", idp.issuer(), keys.display());
    let policy = policy(&people, &idp);
    let gateway = Setup::new(&people.authority, &policy).arguments([jwks]).start().await;

    let claims = || json!({ "sub": "alice", "aud": "api" });
    let good = idp.bound_token(&people.alice, claims());
    let elsewhere = json!({ "sub": "alice", "aud": "elsewhere" });
    let other = TokenIssuer::new(idp.issuer());
    let ask = async |identity, token: &str| {
        let request = Request::get(HOST, "/").header("authorization", format!("Bearer {token}"));
        gateway.send(identity, &request).await
    };
    assert_eq!(ask(Some(&people.alice), &good).await, (200, "alice".to_owned()));
    for received in gateway.upstream.received() {
        assert!(received.header("authorization").is_empty());
    }
    for (identity, token, status, reason) in [
        (Some(&people.bob), &good, 403, "certificate_not_allowed"),
        (None, &good, 401, "binding_mismatch"),
        (Some(&people.karl), &good, 401, "binding_mismatch"),
        (Some(&people.alice), &idp.token(claims()), 401, "binding_mismatch"),
        (Some(&people.alice), &idp.bound_token(&people.alice, elsewhere), 401, "jwt_refused"),
        (Some(&people.alice), &idp.expired(claims()), 401, "jwt_refused"),
        (Some(&people.alice), &idp.unsigned(claims()), 401, "jwt_refused"),
        (Some(&people.alice), &other.bound_token(&people.alice, claims()), 401, "jwt_refused"),
    ] {
        assert_eq!(ask(identity, token).await, (status, reason.to_owned()), "{token}");
    }
    let refused = (401, "jwt_required".to_owned());
    assert_eq!(gateway.ask(Some(&people.alice), "/").await, refused);

    // A SecurityPolicy for a route takes the place of the one that verifies tokens. Nobody has verified them
    // then, and none passes.
    let policy = json!({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "SecurityPolicy",
        "metadata": { "name": "for-a-route", "namespace": NAMESPACE },
        "spec": {
            "targetRefs": [{ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "api" }],
            "cors": { "allowOrigins": ["https://app.example.com"] },
        },
    });
    gateway.apply_resource("other", &policy);
    let request = Request::get(HOST, "/").header("authorization", format!("Bearer {good}"));
    gateway.settle_sent(Some(&people.alice), &request, (401, "jwt_refused")).await;
    gateway.delete_resource("other");
    gateway.settle_sent(Some(&people.alice), &request, (200, "alice")).await;
}
