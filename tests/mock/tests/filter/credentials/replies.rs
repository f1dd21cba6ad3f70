//! What clients are told, and what the upstream learns.

use super::*;
use crate::STRANGER;

fn either() -> Running<Filter> {
    let mut policy = policy(&json!({"any_of": ["jwt", "api_key"]}));
    policy["apis"][0]["jwt"]["scopes"] = json!(["orders.read"]);
    policy["forward"] = json!({
        "identity": "x-client-identity", "method": "x-client-auth", "fingerprint": "x-client-sha256",
        "filter_state": ["identity", "api", "method"],
    });
    running(&policy, json!({"certificates": [PARTNER_FINGERPRINT]}))
}

#[test]
fn each_refusal_has_its_status_and_challenge() {
    let filter = either();
    let (token, invalid, key) = ("Bearer", r#"Bearer error="invalid_token""#, "ApiKey");
    let scope = r#"Bearer error="insufficient_scope""#;
    let strange = BOUND.replace("example", "example.org");
    let keyed = || request().header("x-api-key", KEY);
    for (request, status, grpc, reason, challenge) in [
        (request(), 401, 16, "jwt_required", token),
        (request().jwt_refused(), 401, 16, "jwt_refused", invalid),
        (request().header("authorization", "bearer x"), 401, 16, "jwt_refused", invalid),
        (request().header(":path", "/?access_token=x"), 401, 16, "jwt_refused", invalid),
        (holding().jwt_payload(&strange), 401, 16, "jwt_refused", invalid),
        (request().jwt_payload(BOUND), 403, 7, "jwt_insufficient", scope),
        (request().header("x-api-key", "another"), 401, 16, "api_key_unknown", key),
        (keyed().header("cookie", "key=another"), 401, 16, "api_key_ambiguous", key),
        (keyed(), 401, 16, "binding_mismatch", key),
        (keyed().certificate(STRANGER), 401, 16, "binding_mismatch", key),
    ] {
        let answer = filter.send(&request);
        assert_eq!((answer.status(), answer.reason()), (Some(status), reason), "{request:?}");
        let reply = answer.reply().unwrap();
        assert_eq!(reply.header("www-authenticate"), Some(challenge));
        assert_eq!(reply.grpc_status, Some(grpc));
        assert_eq!(answer.filter_state("wasm.peergate"), None);
        assert_eq!(answer.filter_state("wasm.peergate_identity"), None);
        assert!(answer.logs().iter().all(|log| !log.message.contains(KEY)), "{:?}", answer.logs());
        assert!(!reply.body.contains(KEY));
    }
}

#[test]
fn the_upstream_and_other_filters_learn_who_it_is() {
    let filter = either();
    let spoofed = |request: Request| {
        request.header("x-client-identity", "root").header("x_client_sha256", "root")
    };
    for (request, identity, method) in [
        (request().jwt_payload(TOKEN), "https://idp.example#alice", "jwt"),
        (holding().header("x-api-key", KEY), "acme/app-7", "api_key"),
    ] {
        let answer = filter.send(&spoofed(request));
        assert!(answer.passed(), "{}", answer.reason());
        assert_eq!(answer.upstream_headers("x-client-identity"), [identity]);
        assert_eq!(answer.upstream_headers("x-client-auth"), [method]);
        // No certificate was accepted: one that a key is bound to says nothing of itself.
        assert!(answer.upstream_headers("x-client-sha256").is_empty());
        assert!(answer.upstream_headers("x_client_sha256").is_empty());
        assert_eq!(answer.filter_state("wasm.peergate_identity"), Some(identity));
        assert_eq!(answer.filter_state("wasm.peergate_api"), Some("orders"));
        assert_eq!(answer.filter_state("wasm.peergate_method"), Some(method));
    }
}

#[test]
fn all_that_lets_a_request_pass_is_named() {
    let mut policy = policy(&json!(["api_key", "jwt", "certificate"]));
    policy["forward"] = json!({"identity": "x-client-identity", "method": "x-client-auth"});
    policy["apis"][0]["identity_from"] = "jwt".into();
    let filter = running(&policy, json!({}));
    let answer = filter.send(&holding().jwt_payload(BOUND).header("x-api-key", KEY));
    assert_eq!(answer.upstream_headers("x-client-auth"), ["certificate+jwt+api_key"]);
    assert_eq!(answer.upstream_headers("x-client-identity"), ["https://idp.example#alice"]);
}

#[test]
fn a_preflight_passes_as_nobody_where_the_policy_says_so() {
    let mut policy = policy(&json!(["jwt"]));
    policy["apis"][0]["cors_preflight"] = "pass".into();
    let filter = running(&policy, json!({}));
    let asks = |method: &str| {
        Request::new(method, "https://api.example.com/orders")
            .header("origin", "https://app.example")
            .header("access-control-request-method", "PUT")
    };
    assert_eq!(filter.send(&asks("OPTIONS")).reason(), "anonymous");
    for request in [
        asks("GET"),
        asks("OPTIONS").without_header("origin"),
        asks("OPTIONS").without_header("access-control-request-method"),
    ] {
        assert_eq!(filter.send(&request).reason(), "jwt_required");
    }
}
