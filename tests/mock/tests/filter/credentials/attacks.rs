//! Requests that are large or odd on purpose: each gets its answer, and soon.

use std::time::{Duration, Instant};

use peergate::metadata::JWT_AUTHN;

use super::*;

/// A policy that reads all of a token, and looks for keys everywhere.
fn curious() -> Running<Filter> {
    let mut policy = policy(&json!({"any_of": ["jwt", "api_key"]}));
    policy["apis"][0]["jwt"]["claims"] = json!({
        "/realm/roles": {"contains": ["admin", "auditor"]}, "department": {"equals": "hr"},
    });
    policy["apis"][0]["jwt"]["scopes"] = json!(["orders.read", "orders.write"]);
    policy["apis"][0]["strip"] = true.into();
    running(&policy, json!({}))
}

/// A token that has all of it, and more.
fn token(more: Value) -> Value {
    let mut token = json!({
        "iss": "https://idp.example", "sub": "alice", "department": "hr",
        "realm": {"roles": ["admin", "auditor"]}, "scope": "orders.read orders.write",
    });
    token.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    token
}

fn sent(filter: &Running<Filter>, token: &Value) -> Answer {
    filter.send(&request().jwt_payload(&token.to_string()))
}

/// Checks that a request with [`MANY`] of something in it is answered soon. If the time grew with the square
/// of their number, it would take many seconds.
fn check_time(what: &str, filter: &Running<Filter>, request: &Request) {
    let timed = || {
        let began = Instant::now();
        assert!(!filter.send(request).reason().is_empty());
        began.elapsed()
    };
    let least = (0..3).map(|_| timed()).min().unwrap_or_default();
    assert!(least < Duration::from_millis(1500), "{what}: {least:?}");
}

/// More than a request can hold by ten times.
const MANY: usize = 20_000;

#[test]
fn a_token_of_any_size_is_read() {
    let filter = curious();
    let large = |size: usize| token(json!({"picture": "x".repeat(size)}));
    let many = |size: usize| {
        let claims = (0..size).map(|place| (format!("claim-{place}"), json!(place)));
        token(claims.collect::<serde_json::Map<_, _>>().into())
    };
    let listed = |size: usize| {
        let roles: Vec<String> = (0..size).map(|place| format!("role-{place}")).collect();
        let mut token = token(json!({"scope": vec!["orders.list"; size].join(" ")}));
        token["scp"] = json!("orders.write orders.read");
        token["realm"]["roles"] =
            json!([roles, vec!["auditor".into(), "admin".to_owned()]].concat());
        token
    };
    let answer = sent(&filter, &large(60_000));
    assert_eq!(
        (answer.reason(), answer.identity()),
        ("allowed", Some("https://idp.example#alice"))
    );
    let made = answer.host_calls().len();
    for token in [many(10_000), listed(3_000)] {
        let answer = sent(&filter, &token);
        assert!(answer.passed(), "{}", answer.reason());
        assert!(answer.host_calls().len() <= made);
    }
    for (what, token) in [("claims", many(MANY)), ("lists", listed(MANY)), ("text", large(1 << 20))]
    {
        check_time(what, &filter, &request().jwt_payload(&token.to_string()));
    }
}

#[test]
fn a_token_that_is_deep_is_read_or_refused() {
    let filter = curious();
    let nested = |depth: usize| {
        let list = (0..depth).fold(json!("x"), |value, _| json!([value]));
        let object = (0..depth).fold(json!("x"), |value, _| json!({ "a": value }));
        [list, object].map(|deep| token(json!({ "deep": deep })))
    };
    for (depth, reason) in [
        (1, "allowed"),
        (40, "allowed"),
        // As deep as Envoy lets it be: refused rather than read in part.
        (64, "jwt_refused"),
        (99, "jwt_refused"),
    ] {
        for token in nested(depth) {
            let answer = sent(&filter, &token);
            assert_eq!(answer.reason(), reason, "{depth}");
        }
    }
    assert!(sent(&filter, &token(json!({}))).passed());
}

#[test]
fn metadata_of_others_says_nothing_of_a_token() {
    let filter = curious();
    let request = |said: Value| request().metadata(&said.to_string());
    for said in [
        json!({ "other": {"jwt_payload": token(json!({}))} }),
        json!({ "jwt_payload": token(json!({})) }),
        json!({ format!("{JWT_AUTHN}.other"): {"jwt_payload": token(json!({}))} }),
        json!({ JWT_AUTHN: {"payload": token(json!({}))} }),
        json!({ JWT_AUTHN: {"jwt_failed_status": {"code": 1, "message": "Jwt is missing"}} }),
    ] {
        assert_eq!(filter.send(&request(said.clone())).reason(), "jwt_required", "{said}");
    }
    for said in [
        json!({ JWT_AUTHN: {"jwt_payload": token(json!({})).to_string()} }),
        json!({ JWT_AUTHN: {"jwt_payload": [token(json!({}))]} }),
        json!({ JWT_AUTHN: {"jwt_payload": null} }),
        json!({ JWT_AUTHN: {"jwt_payload": {}} }),
        json!({ JWT_AUTHN: {"jwt_failed_status": {"code": "1"}} }),
        json!({ JWT_AUTHN: {"jwt_failed_status": 1} }),
        json!({ JWT_AUTHN: {"jwt_failed_status": null} }),
    ] {
        assert_eq!(filter.send(&request(said.clone())).reason(), "jwt_refused", "{said}");
    }
    // Of a good token and a bad one Envoy tells both.
    let both = json!({
        JWT_AUTHN: {"jwt_payload": token(json!({})), "jwt_failed_status": {"code": 24}},
        "other": {"a": "x".repeat(60_000)},
    });
    assert!(filter.send(&request(both)).passed());
}

#[test]
fn a_key_may_be_any_bytes() {
    let odd: Vec<u8> = (1..=255).filter(|byte| !b"\t\n\r ;,=\"".contains(byte)).collect();
    let hex = KeyDigest::Sha256.hex(&odd).unwrap();
    let put = json!({"put": {"api_key": hex, "apis": ["*"]}});
    let filter = Running::loaded(&policy(&json!(["api_key"])), [put]);
    let escaped: String = odd.iter().map(|byte| format!("%{byte:02x}")).collect();
    let cookie = [b"key=", &odd[..]].concat();
    for request in [
        request().header("x-api-key", &odd),
        request().header("authorization", [b"apikey ", &odd[..]].concat()),
        request().header(":path", format!("/orders?api_key={escaped}")),
        request().header("cookie", &cookie),
    ] {
        let answer = filter.send(&request);
        assert_eq!(answer.identity(), Some(&*format!("api_key:{hex}")), "{}", answer.reason());
    }
    for (value, reason) in [
        (&odd[1..], "api_key_unknown"),
        (b"\0", "api_key_unknown"),
        (b"\xc3\x28", "api_key_unknown"),
        (hex.as_bytes(), "api_key_unknown"),
        (b"", "api_key_required"),
        (b" \t ", "api_key_required"),
    ] {
        assert_eq!(
            filter.send(&request().header("x-api-key", value)).reason(),
            reason,
            "{value:?}"
        );
    }
}

#[test]
fn a_key_is_found_among_a_thousand_others() {
    let filter = curious();
    let cookies = |size: usize| {
        let crumbs: Vec<String> = (0..size).map(|place| format!("k{place}=v{place}")).collect();
        format!("{}; key={KEY}", crumbs.join("; "))
    };
    let query = |size: usize| {
        let pairs: Vec<String> =
            (0..size).map(|place| format!("k%{:02x}={place}", 0x30 + place % 9)).collect();
        format!("/orders?{}&api_key={KEY}", pairs.join("&"))
    };
    let by_cookie = request().header("cookie", cookies(1_000));
    let answer = filter.send(&by_cookie);
    assert!(answer.passed());
    let left = cookies(1_000).replace(&format!("; key={KEY}"), "");
    assert_eq!(answer.upstream_headers("cookie"), [left]);
    let by_query = request().header(":path", query(1_000));
    let answer = filter.send(&by_query);
    assert!(answer.passed());
    assert_eq!(
        answer.upstream_headers(":path"),
        [query(1_000).replace(&format!("&api_key={KEY}"), "")]
    );
    // The same as many times over is no key.
    for request in [
        request().header("cookie", vec![format!("key={KEY}"); 1_000].join("; ")),
        request().header(
            ":path",
            format!("/orders?{}", vec![format!("api_key={KEY}"); 1_000].join("&")),
        ),
        (0..1_000).fold(request(), |request, _| request.header("x-api-key", KEY)),
    ] {
        let answer = filter.send(&request);
        assert_eq!(answer.reason(), "api_key_ambiguous");
        assert!(answer.host_calls().len() < 10);
    }
    for (what, request) in [
        ("cookies", request().header("cookie", cookies(MANY))),
        ("parameters", request().header(":path", query(MANY))),
        ("copies", (0..MANY).fold(request(), |request, _| request.header("x-api-key", KEY))),
        (
            "headers",
            (0..MANY).fold(by_key(), |request, place| request.header(&format!("x-{place}"), "")),
        ),
    ] {
        check_time(what, &filter, &request);
    }
}
