//! Other ways to have Envoy verify tokens, and what they mean.

use peergate_e2e::sent;
use peergate_lab::client::Request;
use serde_json::{Value, json};

use super::ask::get;
use super::cast::{ADA, KEY, claims, claims_of};
use super::listeners::{FORWARD, ISTIO, NO_ISSUER, NO_ISSUER_TRIED, OWN_KEYS};
use super::stage::Stage;

/// A limit: such a provider's keys may sign for any issuer. `peergate check --envoy` refuses it.
#[tokio::test]
async fn a_provider_without_an_issuer_can_sign_for_every_other() {
    let stage = Stage::shared().await;
    let forged = get("/token").bearer(&stage.cast.partner.token(claims_of("eve")));
    let said = stage.door_to(NO_ISSUER_TRIED).ask(None, &forged).await;
    assert_eq!(said, "jwt https://idp.example#eve");
    // Where Envoy is not told to try each, it asks the provider of the token's issuer alone.
    assert_eq!(stage.door_to(NO_ISSUER).ask(None, &forged).await, "jwt_refused");
    assert_eq!(stage.door().ask(None, &forged).await, "jwt_refused");
}

/// With keys of their own each API reads what its own issuer's provider says.
#[tokio::test]
async fn each_provider_may_write_under_its_own_key() {
    let stage = Stage::shared().await;
    let door = stage.door_to(OWN_KEYS);
    let eve = stage.cast.partner.token(json!({ "sub": "eve", "aud": "api" }));
    // The header is gone, and what this API reads is not there: no token.
    assert_eq!(door.ask(None, &get("/token").bearer(&eve)).await, "jwt_required");
    let both = get(&format!("/token?access_token={eve}")).bearer(&stage.cast.token());
    assert_eq!(door.ask(None, &both).await, format!("jwt {ADA}"));
    let both = get(&format!("/token?access_token={}", stage.cast.token())).bearer(&eve);
    let said = door.ask(None, &both).await;
    assert!([&*format!("jwt {ADA}"), "jwt_required"].contains(&&*said), "{said}");
}

/// A token that Envoy forwards is judged like any other, and two of them are never mixed.
#[tokio::test]
async fn where_envoy_leaves_verified_tokens_strip_takes_all_of_them() {
    let stage = Stage::shared().await;
    let (door, cast) = (stage.door_to(FORWARD), &stage.cast);
    let token = cast.token();
    // Somebody's stolen token, bound to him, beside one of the thief's own.
    let stolen = cast.bound(&cast.people.alice);
    for request in [
        get(&format!("/stripped?access_token={stolen}")).bearer(&token),
        get("/stripped").bearer(&token).cookie(format!("token={stolen}")),
    ] {
        // Envoy has verified the one and left both: the upstream could read the other.
        assert_eq!(door.ask(None, &request).await, "jwt_refused");
    }
    for request in [
        get("/stripped").bearer(&token),
        get(&format!("/stripped?access_token={token}")).bearer(&token),
        get("/stripped").bearer(&token).cookie(format!("token={token}")),
    ] {
        for received in door.received(None, &request).await {
            assert_eq!(sent(&received, "x-client-identity"), [ADA]);
            assert!(!received.to_string().contains("eyJ"), "{received}");
        }
    }
    for received in door.received(None, &get("/token").bearer(&token)).await {
        assert_eq!(sent(&received, "authorization"), [format!("Bearer {token}")]);
    }
    // A key before a token that Envoy leaves there: nobody knows what the upstream reads.
    let key = get("/shared").header("authorization", "ApiKey x").bearer(&token);
    assert_eq!(door.ask(None, &key).await, "jwt_refused");
    assert!(stage.fed.gateway.is_whole());
}

/// As Istio's RequestAuthentication has it: other names, no word of failures, `scope` as a list, and Envoy
/// itself refuses a token that is not good.
#[tokio::test]
async fn as_istio_has_it() {
    let stage = Stage::shared().await;
    let (door, idp) = (stage.door_to(ISTIO), &stage.cast.idp);
    let with = |name: &str, value: Value| {
        let mut told = claims();
        told[name] = value;
        get("/istio").bearer(&idp.token(told))
    };
    let ada = format!("jwt {ADA}");
    assert_eq!(door.ask(None, &with("scope", json!("a employee.read"))).await, ada);
    assert_eq!(door.ask(None, &with("scope", json!("a"))).await, "jwt_insufficient");
    assert_eq!(door.ask(None, &with("scope", json!(["a", "employee.read"]))).await, ada);
    assert_eq!(door.ask(None, &get("/istio")).await, "jwt_required");
    let other = get("/istio").bearer(&stage.cast.partner.token(claims()));
    assert_eq!(door.ask(None, &other).await, "jwt_refused");
    let key = get("/istio").header("x-api-key", KEY);
    assert_eq!(door.ask(None, &key).await, "api_key acme/app");
    for bad in [idp.expired(claims()), idp.unsigned(claims()), "opaque".to_owned()] {
        for (protocol, answer) in door.send(None, &get("/istio").bearer(&bad)).await {
            assert_eq!(answer.status, 401, "{protocol}: {}", answer.text());
        }
    }
    // Envoy does not look at a preflight request: what stands in it is nobody's token.
    let preflight = Request::new("OPTIONS", "localhost", "/istio")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET");
    assert_eq!(door.ask(None, &preflight).await, "jwt_required");
    let preflight = preflight.bearer(&idp.token(claims()));
    assert_eq!(door.ask(None, &preflight).await, "jwt_refused");
}
