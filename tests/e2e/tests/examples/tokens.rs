//! Certificate or token; certificate and token, the token bound to the certificate.

use peergate_e2e::{People, sent};
use peergate_lab::client::Request;
use peergate_lab::token::TokenIssuer;
use serde_json::{Value, json};

use crate::example::Example;
use crate::front::Front;

const HOST: &str = "api.example.com";

fn issuer() -> TokenIssuer {
    TokenIssuer::new("https://idp.example.com")
}

#[tokio::test]
async fn either_a_certificate_or_a_token() {
    let (people, idp) = (People::new(), issuer());
    let keys = Front::text(&people, "idp.example.com", &idp.jwks());
    let setup = Example::of("envoy-certificate-or-jwt").server("idp.example.com", 443, keys.port);
    let example = setup.start(&people, |policy| {
        policy["lists"]["partners"]["entries"][0]["sha256"] = people.alice.fingerprint().into();
    });
    let claims = |more: Value| {
        let mut claims = json!({ "sub": "carol", "aud": "orders", "scope": "orders.read" });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims
    };
    let good = idp.token(claims(json!({})));
    let orders = || Request::get(HOST, "/orders");

    for (identity, request, who, how) in [
        (Some(&people.alice), orders(), "partner-a", "certificate"),
        (None, orders().bearer(&good), "https://idp.example.com#carol", "jwt"),
        (
            None,
            Request::get(HOST, &format!("/orders?access_token={good}&x=1")),
            "https://idp.example.com#carol",
            "jwt",
        ),
        // The first alternative that holds; the token is looked at all the same.
        (Some(&people.alice), orders().bearer(&good), "partner-a", "certificate"),
    ] {
        let (answer, reason) = example.ask(identity, &request).await;
        assert_eq!((answer.status, &*reason), (200, "allowed"), "{request:?}");
        let received = answer.json();
        assert_eq!(sent(&received, "x-client-identity"), [who]);
        assert_eq!(sent(&received, "x-client-auth"), [how]);
        assert!(!received.to_string().contains(&good), "no token reaches the upstream");
    }

    let stranger = TokenIssuer::new("https://idp.example.net");
    let without_end = json!({ "iss": idp.issuer(), "sub": "carol", "aud": "orders" }).to_string();
    let refused = [
        ("expired", idp.expired(claims(json!({})))),
        ("unsigned", idp.unsigned(claims(json!({})))),
        ("signed by another", idp.signed_by_other_key(claims(json!({})))),
        ("of another issuer", stranger.token(claims(json!({})))),
        ("for another", idp.token(claims(json!({ "aud": "billing" })))),
        ("without an end", idp.sign(without_end)),
        ("of no form", "opaque".to_owned()),
    ];
    for (what, token) in &refused {
        let (answer, reason) = example.ask(None, &orders().bearer(token)).await;
        assert_eq!((answer.status, &*reason), (401, "jwt_refused"), "{what}");
        assert!(answer.header("www-authenticate").is_some(), "{what}");
        // What is presented must hold.
        let verdict = example.verdict(Some(&people.alice), &orders().bearer(token)).await;
        assert_eq!(verdict, (401, "jwt_refused".to_owned()), "{what}, beside a certificate");
    }
    let scopeless = idp.token(claims(json!({ "scope": "orders.write" })));
    for (identity, request, status, reason) in [
        (None, orders(), 403, "certificate_required"),
        (Some(&people.bob), orders(), 403, "certificate_not_allowed"),
        (Some(&people.bob), orders().bearer(&good), 403, "certificate_not_allowed"),
        (None, orders().bearer(&scopeless), 403, "jwt_insufficient"),
        (None, Request::get(HOST, "/other").bearer(&good), 403, "no_matching_api"),
    ] {
        let verdict = example.verdict(identity, &request).await;
        assert_eq!(verdict, (status, reason.to_owned()), "{request:?}");
    }
    let log = example.envoy.log();
    assert!(!log.contains("access_token"), "no query in the access log");
}

#[tokio::test]
async fn a_certificate_and_a_token_that_is_bound_to_it() {
    let (people, idp) = (People::new(), issuer());
    let setup = Example::of("envoy-certificate-and-jwt").file("jwks.json", idp.jwks());
    let example = setup.start(&people, |policy| {
        let authority = people.authority.identity().certificate_pem();
        policy["lists"]["staff"]["entries"][0]["ca"] = authority.into();
    });
    let claims = |department: &str, scope: &str| json!({ "sub": "alice", "aud": "payroll", "department": department, "scope": scope });
    let (alice, bob) = (Some(&people.alice), Some(&people.bob));
    let own = idp.bound_token(&people.alice, claims("hr", ""));
    let payroll = || Request::get(HOST, "/payroll");
    let post = || Request::new("POST", HOST, "/payroll");

    let (answer, reason) = example.ask(alice, &payroll().bearer(&own)).await;
    assert_eq!((answer.status, &*reason), (200, "allowed"));
    let received = answer.json();
    assert_eq!(sent(&received, "x-client-identity"), ["https://idp.example.com#alice"]);
    assert_eq!(sent(&received, "x-client-auth"), ["certificate+jwt"]);
    assert!(sent(&received, "authorization").is_empty());

    let unbound = idp.token(claims("hr", ""));
    let elsewhere = idp.bound_token(&people.alice, claims("sales", ""));
    let writer = idp.bound_token(&people.alice, claims("payroll", "payroll.read payroll.write"));
    for (identity, request, status, reason) in [
        // Stolen by somebody whom the same list admits.
        (bob, payroll().bearer(&own), 401, "binding_mismatch"),
        (None, payroll().bearer(&own), 401, "binding_mismatch"),
        (alice, payroll().bearer(&unbound), 401, "binding_mismatch"),
        (alice, payroll(), 401, "jwt_required"),
        (None, payroll(), 403, "certificate_required"),
        (Some(&people.stranger), payroll().bearer(&own), 403, "certificate_not_allowed"),
        (alice, payroll().bearer(&elsewhere), 403, "jwt_insufficient"),
        (alice, post().bearer(&own), 403, "jwt_insufficient"),
        (alice, post().bearer(&writer), 200, "allowed"),
        (alice, payroll().bearer(&idp.expired(claims("hr", ""))), 401, "jwt_refused"),
        (alice, Request::get("other.example.com", "/payroll"), 421, "misdirected"),
    ] {
        let verdict = example.verdict(identity, &request).await;
        assert_eq!(verdict, (status, reason.to_owned()), "{request:?}");
    }
}
