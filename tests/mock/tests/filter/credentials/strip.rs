//! Taking tokens and keys away before the upstream sees the request.

use super::*;

fn stripping(requirement: &Value) -> Value {
    let mut policy = policy(requirement);
    policy["apis"][0]["strip"] = true.into();
    policy
}

/// The headers that the upstream gets, but for those that every request has.
fn upstream(answer: &Answer) -> Vec<(String, String)> {
    assert!(answer.passed(), "{}", answer.reason());
    assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let all = answer.all_upstream_headers().map(|(name, value)| (text(name), text(value)));
    all.filter(|(name, _)| ![":method", ":scheme", ":authority"].contains(&&**name)).collect()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[test]
fn a_key_is_taken_away_from_where_it_stands() {
    let filter = running(&stripping(&json!(["api_key"])), json!({}));
    let request = |path: &str| request().header(":path", path).header("x-other", "stays");
    for (sent, left) in [
        (
            request("/orders?a=%20+&&b").header("x-api-key", KEY),
            pairs([(":path", "/orders?a=%20+&&b"), ("x-other", "stays")]),
        ),
        (
            request("/orders").header("Authorization", format!("APIKEY {KEY}")),
            pairs([(":path", "/orders"), ("x-other", "stays")]),
        ),
        (
            request(&format!("/orders?a=%20+&api%5fkey={KEY}&&b=;c")),
            pairs([(":path", "/orders?a=%20+&&b=;c"), ("x-other", "stays")]),
        ),
        (
            request(&format!("/orders?api_key={KEY}")),
            pairs([(":path", "/orders"), ("x-other", "stays")]),
        ),
        (
            request("/orders").header("cookie", format!("a=1; key={KEY}; b=\"2\"")),
            pairs([(":path", "/orders"), ("x-other", "stays"), ("cookie", "a=1; b=\"2\"")]),
        ),
        (
            request("/orders").header("cookie", format!("key={KEY}")),
            pairs([(":path", "/orders"), ("x-other", "stays")]),
        ),
    ] {
        assert_eq!(upstream(&filter.send(&sent)), left, "{sent:?}");
    }
}

#[test]
fn what_is_empty_where_a_key_may_stand_goes_too() {
    let filter = running(&stripping(&json!(["api_key"])), json!({}));
    let request = by_key()
        .header(":path", "/orders?api_key=&a=1&api_key")
        .header("cookie", "key=; a=1")
        .header("cookie", "key=")
        .header("authorization", "Basic YTpi");
    let left =
        pairs([(":path", "/orders?a=1"), ("authorization", "Basic YTpi"), ("cookie", "a=1")]);
    assert_eq!(upstream(&filter.send(&request)), left);
}

#[test]
fn a_token_that_is_passed_over_is_taken_away_too() {
    let mut policy = stripping(&json!({"any_of": ["jwt", "anonymous"]}));
    policy["apis"][0]["jwt"]["if_refused"] = "ignore".into();
    let filter = running(&policy, json!({}));
    let request = request().header(":path", "/orders?a=1&access_token=x.y.z").jwt_refused();
    let answer = filter.send(&request.header("authorization", "Bearer x.y.z"));
    assert_eq!(answer.reason(), "anonymous");
    assert_eq!(upstream(&answer), pairs([(":path", "/orders?a=1")]));
}

#[test]
fn a_policy_that_is_tried_out_takes_away_as_one_that_is_enforced() {
    let mut policy = stripping(&json!(["api_key"]));
    policy["apis"][0]["enforcement"] = "shadow".into();
    let filter = running(&policy, json!({}));
    let answer = filter.send(&by_key().header("x-api-key", "another"));
    assert_eq!((answer.outcome(), answer.reason()), ("shadowed", "api_key_ambiguous"));
    assert_eq!(upstream(&answer), pairs([(":path", "/orders")]));
}

#[test]
fn nothing_is_taken_away_where_nobody_says_so() {
    let filter = running(&policy(&json!(["api_key"])), json!({}));
    let path = format!("/orders?api_key={KEY}");
    for (request, left) in [
        (by_key(), pairs([(":path", "/orders"), ("x-api-key", KEY)])),
        (request().header(":path", &path), pairs([(":path", &path)])),
    ] {
        assert_eq!(upstream(&filter.send(&request)), left);
    }
}

#[test]
fn what_cannot_be_taken_away_lets_nobody_pass() {
    let filter = running(&stripping(&json!(["api_key"])), json!({}));
    for (request, call, name) in [
        (by_key(), Call::RemoveHeader, "x-api-key"),
        (by_query(), Call::ReplaceHeader, ":path"),
        (by_cookie(), Call::ReplaceHeader, "cookie"),
    ] {
        let fault = Fault::status(call, Status::INTERNAL_FAILURE).on(name);
        let answer = filter.send(&request.clone().fault(fault));
        assert_eq!((answer.reason(), answer.status()), ("internal", Some(503)), "{name}");
        assert_eq!(answer.filter_state("wasm.peergate"), None);
        assert!(filter.send(&request).passed());
    }
}
