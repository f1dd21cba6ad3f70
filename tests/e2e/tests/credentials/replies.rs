//! What is seen of a decision: by the client, in logs, in metrics.

use std::time::Duration;

use peergate_lab::client::Request;
use serde_json::{Value, json};

use super::ask::get;
use super::cast::{ALICES_KEY, Cast, KEY, MALLORYS_KEY, claims};
use super::stage::Stage;

const SOON: Duration = Duration::from_secs(5);

/// Of a stolen key or token no more is told than of any other that is refused.
#[tokio::test]
async fn a_refusal_is_a_problem_that_tells_no_more_than_it_must() {
    let stage = Stage::reticent().await;
    let (door, cast) = (stage.door(), &stage.cast);
    let key = |key: &str| get("/key").header("x-api-key", key);
    let (bad, bound) = (cast.idp.expired(claims()), cast.bound(&cast.people.alice));
    let mut rows = vec![
        (get("/token"), 401, "a token is required", Some("Bearer")),
        (get("/key"), 401, "an API key is required", Some("ApiKey")),
        (get("/claims").bearer(&poor(cast)), 403, REFUSED_TOKEN, Some(INSUFFICIENT)),
        (key(KEY).cookie("key=x"), 401, REFUSED_KEY, Some("ApiKey")),
    ];
    for token in [&*bad, &bound, "garbage"] {
        rows.push((get("/token").bearer(token), 401, REFUSED_TOKEN, Some(INVALID)));
    }
    for name in ["unheard-of", ALICES_KEY, MALLORYS_KEY] {
        rows.push((key(name), 401, REFUSED_KEY, Some("ApiKey")));
    }
    for name in ["inactive-key", "expired-key", "early-key", "other-key"] {
        rows.push((key(name), 403, REFUSED_KEY, None));
    }
    for (request, status, detail, challenge) in rows {
        for (protocol, answer) in door.send(None, &request).await {
            let title = if status == 401 { "Unauthorized" } else { "Forbidden" };
            let expected = json!({
                "type": "about:blank", "title": title, "status": status, "detail": detail,
            });
            assert_eq!(answer.json(), expected, "{protocol}: {request:?}");
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            assert_eq!(answer.header("www-authenticate"), challenge, "{request:?}");
        }
    }
}

#[tokio::test]
async fn grpc_clients_get_a_grpc_status() {
    let stage = Stage::reticent().await;
    let (gateway, cast) = (&stage.fed.gateway, &stage.cast);
    let call = |path: &str| {
        Request::new("POST", "localhost", path)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
    };
    let key = |key: &str| call("/key").header("x-api-key", key);
    let h2 = gateway.client(None).h2(gateway.address()).await.unwrap();
    for (request, status, message, challenge) in [
        (call("/token"), "16", "a token is required", Some("Bearer")),
        (call("/token").bearer("x"), "16", REFUSED_TOKEN, Some(INVALID)),
        (call("/claims").bearer(&poor(cast)), "7", REFUSED_TOKEN, Some(INSUFFICIENT)),
        (call("/key"), "16", "an API key is required", Some("ApiKey")),
        (key("unheard-of"), "16", REFUSED_KEY, Some("ApiKey")),
        (key(ALICES_KEY), "16", REFUSED_KEY, Some("ApiKey")),
        (key("inactive-key"), "7", REFUSED_KEY, None),
    ] {
        let answer = h2.send(&request).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("grpc-status"), Some(status), "{request:?}");
        assert_eq!(answer.header("grpc-message"), Some(message), "{request:?}");
        assert_eq!(answer.header("www-authenticate"), challenge, "{request:?}");
        assert_eq!(answer.text(), "");
    }
    assert_eq!(h2.send(&key(KEY)).await.unwrap().status, 200);
}

#[tokio::test]
async fn logs_tell_who_it_was_and_no_secrets() {
    let stage = Stage::reticent().await;
    let (gateway, door, cast) = (&stage.fed.gateway, stage.door(), &stage.cast);
    let alice = Some(&cast.people.alice);
    let token = cast.token();
    let secret = "s3cret-unheard-of";
    for (identity, request, lines) in [
        (
            alice,
            get("/both").bearer(&token),
            &[
                r#""who":"partner-a|both|certificate+jwt""#,
                r#""verdict":"outcome=allowed reason=allowed api=both method=certificate+jwt identity=partner-a""#,
            ][..],
        ),
        (
            None,
            get(&format!("/key?api_key={KEY}")),
            &[
                r#""who":"acme/app|key|api_key""#,
                r#""verdict":"outcome=allowed reason=allowed api=key method=api_key identity=acme/app""#,
            ],
        ),
        (
            None,
            get("/token").bearer(&token),
            &[
                r#""who":"https://idp.example#ada|token|jwt""#,
                r#""verdict":"outcome=allowed reason=allowed api=token method=jwt identity=https://idp.example#ada""#,
            ],
        ),
        (None, get("/lenient"), &[r#""who":"-|-|-""#, "reason=anonymous api=lenient"]),
        (
            None,
            get(&format!("/key?api_key={secret}")),
            &[
                r#""details":"peergate_api_key_unknown""#,
                "outcome=denied reason=api_key_unknown api=key",
            ],
        ),
        (None, get("/key").cookie(format!("key={secret}")), &[]),
        (None, get("/token").bearer(secret), &["outcome=denied reason=jwt_refused api=token"]),
        (None, get(&format!("/token?access_token={secret}")), &[]),
        (
            None,
            get("/token").bearer(&cast.bound(&cast.people.alice)),
            &[r#""details":"peergate_binding_mismatch""#],
        ),
    ] {
        door.send(identity, &request).await;
        for line in lines {
            gateway.envoy.wait_for_log(line, SOON).unwrap();
        }
    }
    let log = gateway.envoy.log();
    let audit: Vec<&str> =
        log.lines().filter(|line| line.contains("\"event\":\"peergate\"")).collect();
    assert!(audit.len() >= 5, "{log}");
    for line in audit {
        for secret in [secret, KEY, "eyJ"] {
            assert!(!line.contains(secret), "{line}");
        }
        let json: Value = serde_json::from_str(&line[line.find('{').unwrap()..]).unwrap();
        assert_ne!(json["reason"], "allowed");
    }
    let verdicts = gateway.envoy.stats("wasmcustom.peergate.api").unwrap();
    assert!(verdicts.keys().all(|name| !name.contains("acme") && !name.contains("ada")));
    // Other tests count on.
    for (name, least) in [
        ("both.outcome.allowed.reason.allowed", 2),
        ("key.outcome.denied.reason.api_key_unknown", 4),
        ("token.outcome.denied.reason.binding_mismatch", 2),
    ] {
        let count = verdicts.get(&format!("wasmcustom.peergate.api.{name}"));
        assert!(count >= Some(&least), "{name}: {verdicts:?}");
    }
}

/// A token that says who its holder is, and nothing else that is asked for.
fn poor(cast: &Cast) -> String {
    cast.idp.token(json!({ "email": "ada@example.com" }))
}

const REFUSED_TOKEN: &str = "the token was refused";
const REFUSED_KEY: &str = "the API key was refused";
const INVALID: &str = r#"Bearer error="invalid_token""#;
const INSUFFICIENT: &str = r#"Bearer error="insufficient_scope""#;
