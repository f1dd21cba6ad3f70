//! A certificate and a token, which Istio's RequestAuthentication verifies.

use peergate_control_planes::istio::{Gateway, HOST, Setup};
use peergate_control_planes::{People, sent, told};
use peergate_lab::client::Request;
use peergate_lab::pki::Identity;
use peergate_lab::token::TokenIssuer;
use serde_json::json;

const ISSUER: &str = "https://idp.example.com";

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_and_a_token_that_is_bound_to_it() {
    let people = People::new();
    let idp = TokenIssuer::new(ISSUER);
    let other = TokenIssuer::new("https://other.example.com");
    let mut policy = people.policy_of(json!([
        { "name": "orders", "match": { "path_prefix": "/orders" }, "certificate": { "allow": ["partners"] },
          "jwt": { "issuers": [ISSUER], "audiences": ["api"], "payload": "payload", "scopes": ["orders.read"],
                   "bound": "required" },
          "policy": ["certificate", "jwt"] },
        { "name": "catalog", "match": { "path_prefix": "/catalog" }, "certificate": { "allow": ["partners"] },
          "jwt": { "issuers": [ISSUER], "audiences": ["api"], "payload": "payload" },
          "policy": { "any_of": ["certificate", "jwt"] } },
    ]));
    policy["forward"]["identity"] = "x-client-identity".into();
    let jwks = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(jwks.path(), idp.jwks()).expect("written");
    let argument = format!("--jwks={ISSUER}={}", jwks.path().display());
    let gateway = Setup::new(&people.authority, &policy).arguments([argument]).start().await;

    let claims = || json!({ "sub": "alice", "aud": "api", "scope": "orders.read orders.write" });
    let good = idp.bound_token(&people.alice, claims());
    let unbound = idp.token(claims());
    let poor =
        idp.bound_token(&people.alice, json!({ "sub": "alice", "aud": "api", "scope": "orders" }));
    let elsewhere = idp.bound_token(
        &people.alice,
        json!({ "sub": "alice", "aud": "shop", "scope": "orders.read" }),
    );
    let alice = Some(&people.alice);
    for (name, identity, token, status, expected) in [
        ("both", alice, Some(&good), 200, "alice"),
        ("no token", alice, None, 401, "jwt_required"),
        ("no certificate", None, Some(&good), 401, "binding_mismatch"),
        ("another listed certificate", Some(&people.karl), Some(&good), 401, "binding_mismatch"),
        (
            "a certificate on no list",
            Some(&people.bob),
            Some(&good),
            403,
            "certificate_not_allowed",
        ),
        ("not bound", alice, Some(&unbound), 401, "binding_mismatch"),
        ("without the scope", alice, Some(&poor), 403, "jwt_insufficient"),
        ("for another audience", alice, Some(&elsewhere), 401, "jwt_refused"),
        // These are refused by Istio's filter, ahead of the plugin.
        ("expired", alice, Some(&idp.expired(claims())), 401, "Jwt is expired"),
        ("forged", alice, Some(&idp.signed_by_other_key(claims())), 401, "Jwt verification fails"),
        (
            "unsigned",
            alice,
            Some(&idp.unsigned(claims())),
            401,
            "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
        ),
        (
            "of another issuer",
            alice,
            Some(&other.token(claims())),
            401,
            "Jwt issuer is not configured",
        ),
        (
            "no token at all",
            alice,
            Some(&"abc".to_owned()),
            401,
            "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections",
        ),
    ] {
        let found = ask(&gateway, identity, "/orders", token).await;
        assert_eq!(found, (status, expected.to_owned()), "{name}: {}", gateway.story());
    }
    // Either: the token's subject, where there is no certificate.
    let subject = format!("{ISSUER}#alice");
    for (name, identity, token, status, expected) in [
        ("a certificate", alice, None, 200, "alice"),
        ("a token", None, Some(&unbound), 200, &*subject),
        ("a stolen token", Some(&people.karl), Some(&good), 401, "binding_mismatch"),
        ("a bound token without its certificate", None, Some(&good), 401, "binding_mismatch"),
        ("neither", None, None, 403, "certificate_required"),
    ] {
        let found = ask(&gateway, identity, "/catalog", token).await;
        assert_eq!(found, (status, expected.to_owned()), "{name}");
    }
    // Istio's filter takes a verified token away, and it leaves nothing behind that says what it held.
    let request = Request::get(HOST, "/orders").bearer(&good);
    for (protocol, response) in gateway.both(alice, &request).await {
        assert!(sent(&response.json(), "authorization").is_empty(), "{protocol}");
    }
}

async fn ask(
    gateway: &Gateway,
    identity: Option<&Identity>,
    path: &str,
    token: Option<&String>,
) -> (u16, String) {
    let request = Request::get(HOST, path);
    let request = match token {
        Some(token) => request.bearer(token),
        None => request,
    };
    let [(_, h1), (_, h2)] = gateway.both(identity, &request).await;
    let [h1, h2] = [&h1, &h2].map(|response| (response.status, told(response)));
    assert_eq!(h1, h2, "{path}: HTTP/1.1 and HTTP/2 differ");
    h1
}
