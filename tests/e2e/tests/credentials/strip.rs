//! What the upstream sees of credentials that are taken away, and of those that stay.

use peergate_lab::client::Request;
use serde_json::{Value, json};

use super::ask::get;
use super::cast::{KEY, claims};
use super::stage::Stage;

#[tokio::test]
async fn a_key_is_taken_away_from_wherever_it_stood() {
    let stage = Stage::shared().await;
    let door = stage.door();
    for (request, path, cookie) in [
        (get("/key?a=1").header("x-api-key", KEY), "/key?a=1", None),
        (get("/key").header("authorization", format!("ApiKey {KEY}")), "/key", None),
        (get(&format!("/key?api_key={KEY}")), "/key", None),
        (get(&format!("/key?a=%20b&api%5Fkey={KEY}&&c")), "/key?a=%20b&&c", None),
        (get(&format!("/key?api_key={KEY}&api_key=")), "/key", None),
        (get("/key").cookie(format!("key={KEY}")), "/key", None),
        (get("/key").cookie(format!("a=1; key={KEY}; b=\"2\"")), "/key", Some("a=1; b=\"2\"")),
        (
            get("/key").cookie("a=1").cookie(format!("key={KEY}")).cookie("b=2"),
            "/key",
            Some("a=1; b=2"),
        ),
        (get("/key").header("x-api-key", KEY).cookie("key=; a=1"), "/key", Some("a=1")),
    ] {
        for received in door.received(None, &request).await {
            assert_eq!(received["path"], path, "{request:?}");
            assert_eq!(cookies(&received).as_deref(), cookie, "{request:?}");
            assert!(!received.to_string().contains(KEY), "{received}");
            for name in ["x-api-key", "authorization"] {
                assert_eq!(peergate_e2e::sent(&received, name), [""; 0], "{request:?}");
            }
        }
    }
}

/// Envoy takes a verified token out of headers and parameters, and leaves it in a cookie.
#[tokio::test]
async fn a_verified_token_is_taken_away_from_wherever_it_stood() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let token = stage.cast.token();
    let kept = "x=1";
    for (request, path) in [
        (get("/stripped").bearer(&token).cookie(kept), "/stripped"),
        (get(&format!("/stripped?access_token={token}&a=b")).cookie(kept), "/stripped?a=b"),
        (get("/stripped").cookie(format!("{kept}; token={token}")), "/stripped"),
        (get("/stripped").cookie(format!("token={token}")).cookie(kept), "/stripped"),
        (
            get(&format!("/stripped?access_token={token}&a=b")).bearer(&token).cookie(kept),
            "/stripped?a=b",
        ),
    ] {
        for received in door.received(None, &request).await {
            assert_eq!(received["path"], path, "{request:?}");
            assert_eq!(cookies(&received).as_deref(), Some(kept), "{request:?}");
            assert!(!received.to_string().contains("eyJ"), "{received}");
        }
    }
    // What nobody has verified never goes along with what somebody has, stripped or not: an upstream that relies
    // on the gateway would read it.
    let forged = stage.cast.idp.unsigned(json!({ "sub": "admin" }));
    for path in ["/stripped", "/token"] {
        for request in [
            get(&format!("{path}?access_token=bad")).bearer(&token),
            get(&format!("{path}?access_token={token}")).bearer(&forged),
        ] {
            assert_eq!(door.ask(None, &request).await, "jwt_refused", "{request:?}");
        }
    }
    let request = get("/stripped").cookie(format!("token={forged}")).bearer(&token);
    assert_eq!(door.ask(None, &request).await, "jwt_refused");
    // Without `strip`, Envoy's own removal is all there is.
    let request = get("/unchecked?a=b").cookie(format!("token={token}"));
    for received in door.received(None, &request).await {
        assert_eq!(cookies(&received), Some(format!("token={token}")));
    }
}

/// Envoy leaves a token that it did not verify wherever it stands.
#[tokio::test]
async fn what_is_refused_and_ignored_is_taken_away_too() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let bad = stage.cast.idp.signed_by_other_key(claims());
    let authorization = |request: Request, value: &str| request.header("authorization", value);
    let bearer = format!("Bearer {bad}");
    for request in [
        get("/lenient").bearer(&bad),
        authorization(get("/lenient"), &format!("bearer {bad}")),
        authorization(authorization(get("/lenient"), "Basic eDp5"), &bearer),
        authorization(authorization(get("/lenient"), &bearer), "Basic eDp5"),
        authorization(get("/lenient"), &format!("Basic eDp5, {bearer}")),
        get(&format!("/lenient?access_token={bad}")),
        get(&format!("/lenient?access%5ftoken={bad}")),
        get("/lenient").cookie(format!("token={bad}")),
        get("/lenient").header("x-api-key", "eyJunheard-of"),
        authorization(get("/lenient"), "ApiKey eyJunheard-of"),
        authorization(authorization(get("/lenient"), "Basic eDp5"), "ApiKey eyJunheard-of"),
        get("/lenient?api_key=eyJunheard-of"),
        get("/lenient").cookie("key=eyJunheard-of"),
    ] {
        for received in door.received(None, &request).await {
            assert!(!received.to_string().contains("eyJ"), "{request:?}: {received}");
            assert_eq!(peergate_e2e::sent(&received, "x-client-identity"), [""; 0]);
        }
    }
    // What is no credential of this API stays.
    let request =
        authorization(get("/lenient?token=a&key=b"), "Basic eDp5").cookie("access_token=c");
    for received in door.received(None, &request).await {
        assert_eq!(received["path"], "/lenient?token=a&key=b");
        assert_eq!(cookies(&received).as_deref(), Some("access_token=c"));
        assert_eq!(peergate_e2e::sent(&received, "authorization"), ["Basic eDp5"]);
    }
}

/// All cookies in one text; HTTP/1.1 has them in several headers.
fn cookies(received: &Value) -> Option<String> {
    let cookies = peergate_e2e::sent(received, "cookie");
    (!cookies.is_empty()).then(|| cookies.join("; "))
}
