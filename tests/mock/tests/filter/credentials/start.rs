//! Requests with keys that come before the list is there.

use std::time::Duration;

use peergate_mock::StreamState;

use super::*;
use crate::dynamic::page;
use crate::dynamic::running::Clock;

fn patient() -> Value {
    let mut policy = policy(&json!({"any_of": ["api_key", "jwt"]}));
    policy["lists"]["registered"]["start_wait"] = "2s".into();
    policy["apis"][0]["rate"] = json!({"requests": 1, "per": "24h"});
    policy["apis"][0]["strip"] = true.into();
    policy
}

#[test]
fn a_request_with_a_key_is_held_until_the_list_is_loaded() {
    let filter = Running::filter(&patient(), &Clock::new());
    let [known, again, unknown] = [by_key(), by_key(), request().header("x-api-key", "another")]
        .map(|request| filter.open(&request));
    // Who shows no key needs no list.
    assert!(filter.send(&request().jwt_payload(TOKEN)).passed());
    assert_eq!(filter.send(&request()).reason(), "api_key_required");
    filter.tick();
    for held in [&known, &again, &unknown] {
        assert_eq!(held.state(), StreamState::Paused);
        assert_eq!(held.answer().count(Call::SetSharedData), 0);
    }
    filter.answer(page(1, [key(KEY, json!({}))]));
    filter.clock.pass(Duration::from_millis(20));
    filter.tick();
    let [known, again, unknown] = [known, again, unknown].map(|stream| stream.close());
    assert!(known.passed() && known.upstream_headers("x-api-key").is_empty());
    assert_eq!(known.identity(), Some("acme/app-7"));
    assert_eq!(again.reason(), "rate_limited");
    assert_eq!(again.reply().unwrap().header("retry-after"), Some("86400"));
    assert_eq!((unknown.reason(), unknown.status()), ("api_key_unknown", Some(401)));
}

#[test]
fn a_request_with_a_key_is_held_no_longer_than_that() {
    let filter = Running::filter(&patient(), &Clock::new());
    let stream = filter.open(&by_key());
    filter.run(Duration::from_millis(1990));
    assert_eq!(stream.state(), StreamState::Paused);
    filter.run(Duration::from_millis(30));
    let answer = stream.close();
    assert_eq!((answer.reason(), answer.status()), ("list_stale", Some(503)));
    assert_eq!(answer.reply().unwrap().header("retry-after"), Some("5"));
    assert!(answer.reply().unwrap().body.contains("the API key cannot be checked"));
}

#[test]
fn a_proxy_is_ready_once_its_keys_are_there() {
    let mut policy = policy(&json!(["api_key"]));
    policy["global"] = json!({"ready_path": "/ready"});
    let filter = Running::filter(&policy, &Clock::new());
    let status = || filter.send(&Request::get("http://10.0.0.7/ready")).status();
    assert_eq!(status(), Some(503));
    filter.tick();
    filter.answer(page(1, [key(KEY, json!({}))]));
    assert_eq!(status(), Some(200));
    filter.clock.pass(Duration::from_secs(90_000));
    assert_eq!(status(), Some(503));
}
