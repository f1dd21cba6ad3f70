//! What a request costs: its host calls, each and every one. A change that adds one makes it dearer.

use std::time::Duration;

use peergate_mock::HostCall;

use super::*;

/// What was called, in order.
fn told(answer: &Answer) -> Vec<String> {
    let told = |HostCall { call, argument, .. }: &HostCall| match call {
        Call::Property | Call::SetProperty | Call::ReplaceHeader | Call::RemoveHeader => {
            format!("{call} {argument}")
        }
        // The argument is bytes, a count, or the time of day.
        _ => call.to_string(),
    };
    answer.host_calls().iter().map(told).collect()
}

/// The calls of a request whose like was there before.
fn calls(filter: &Running<Filter>, request: &Request) -> Vec<String> {
    filter.send(request);
    let answer = filter.send(request);
    assert!(answer.passed(), "{}", answer.reason());
    told(&answer)
}

const PAIRS: &str = "proxy_get_header_map_pairs";
const FINGERPRINT: &str = "proxy_get_property connection.sha256_peer_certificate_digest";
const METADATA: &str = "proxy_get_property metadata";
const PLUGIN: &str = "proxy_get_property plugin_name";
const MONOTONIC: &str = "clock_time_get";
const TIME: &str = "proxy_get_current_time_nanoseconds";
const SHARED: &str = "proxy_get_shared_data";
const SHARE: &str = "proxy_set_shared_data";
const VERDICT: &str = "proxy_set_property peergate_verdict";
const GUARD: &str = "proxy_set_property peergate";
const COUNT: &str = "proxy_increment_metric";
const REPLY: &str = "proxy_send_local_response";

#[test]
fn a_token_costs_one_look_at_the_metadata() {
    let filter = running(&policy(&json!(["jwt"])), json!({}));
    let expected = [PAIRS, METADATA, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &request().jwt_payload(TOKEN)), expected);
    // Bound to a certificate, whose dates count.
    let expected = [PAIRS, METADATA, FINGERPRINT, TIME, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &holding().jwt_payload(BOUND)), expected);
}

#[test]
fn a_certificate_costs_no_more_for_a_token_that_is_bound_to_it() {
    let filter = running(&policy(&json!(["certificate", "jwt"])), json!({}));
    let expected = [PAIRS, FINGERPRINT, TIME, METADATA, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &holding().jwt_payload(BOUND)), expected);
    assert_eq!(calls(&filter, &holding().jwt_payload(TOKEN)), expected);
}

#[test]
fn a_key_costs_one_look_at_each_of_its_lists() {
    let filter = running(&policy(&json!(["api_key"])), json!({}));
    let expected = [PAIRS, MONOTONIC, SHARED, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &by_key()), expected);
    drop(filter);
    let mut kept = policy(&json!(["api_key"]));
    kept["lists"]["registered"]["when_stale"] = "keep".into();
    let filter = running(&kept, json!({}));
    assert_eq!(calls(&filter, &by_key()), [PAIRS, SHARED, VERDICT, GUARD, COUNT]);
}

#[test]
fn a_key_that_is_bound_costs_its_certificate_too() {
    let bound = json!({"certificates": [PARTNER_FINGERPRINT]});
    let filter = running(&policy(&json!(["api_key"])), bound.clone());
    let request = holding().header("x-api-key", KEY);
    let expected = [PAIRS, MONOTONIC, SHARED, FINGERPRINT, TIME, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &request), expected);
    drop(filter);
    // Where its dates do not count there is no more to know than its fingerprint.
    let mut undated = policy(&json!({"any_of": ["api_key"], "check": ["certificate"]}));
    undated["apis"][0]["certificate"]["validity"] = "unchecked".into();
    let filter = running(&undated, bound);
    let expected = [PAIRS, FINGERPRINT, MONOTONIC, SHARED, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &request), expected);
}

#[test]
fn what_is_not_presented_is_not_looked_up() {
    let filter = running(&policy(&json!({"any_of": ["jwt", "api_key", "anonymous"]})), json!({}));
    assert_eq!(calls(&filter, &request()), [PAIRS, METADATA, VERDICT, GUARD, COUNT]);
}

#[test]
fn what_is_taken_away_costs_a_call_for_each_place() {
    let mut stripping = policy(&json!(["api_key"]));
    stripping["apis"][0]["strip"] = true.into();
    let filter = running(&stripping, json!({}));
    for (request, call) in [
        (by_key(), "proxy_remove_header_map_value x-api-key"),
        (by_query(), "proxy_replace_header_map_value :path"),
        (by_cookie(), "proxy_replace_header_map_value cookie"),
    ] {
        let expected = [PAIRS, MONOTONIC, SHARED, call, VERDICT, GUARD, COUNT];
        assert_eq!(calls(&filter, &request), expected);
    }
}

/// Many requests are to pass, then none.
const RATE: u32 = 20;

fn rate() -> Value {
    json!({"requests": RATE, "per": "60s"})
}

/// The calls of one of many requests that are granted, and of one of many that come too often: by then no
/// more lines are written of them.
fn granted_and_refused(filter: &Running<Filter>, request: &Request) -> (Vec<String>, Vec<String>) {
    let granted: Vec<Answer> = (0..RATE).map(|_| filter.send(request)).collect();
    let refused: Vec<Answer> = (0..RATE).map(|_| filter.send(request)).collect();
    assert!(granted.iter().all(Answer::passed));
    assert!(refused.iter().all(|answer| answer.reason() == "rate_limited"));
    (told(granted.last().unwrap()), told(refused.last().unwrap()))
}

#[test]
fn a_rate_costs_its_slot_and_a_request_too_many_costs_less() {
    let filter = running(&policy(&json!(["api_key"])), json!({ "rate": rate() }));
    let (granted, refused) = granted_and_refused(&filter, &by_key());
    assert_eq!(granted, [PAIRS, MONOTONIC, SHARED, SHARED, SHARE, VERDICT, GUARD, COUNT]);
    assert_eq!(refused, [PAIRS, MONOTONIC, SHARED, SHARED, VERDICT, COUNT, TIME, REPLY]);
}

#[test]
fn the_rate_of_an_api_costs_no_more_than_that_of_an_entry() {
    let mut limited = policy(&json!(["jwt"]));
    limited["apis"][0]["rate"] = rate();
    let filter = running(&limited, json!({}));
    let request = request().jwt_payload(TOKEN);
    let (granted, refused) = granted_and_refused(&filter, &request);
    assert_eq!(granted, [PAIRS, METADATA, MONOTONIC, SHARED, SHARE, VERDICT, GUARD, COUNT]);
    assert_eq!(refused, [PAIRS, METADATA, MONOTONIC, SHARED, VERDICT, COUNT, TIME, REPLY]);
}

#[test]
fn the_plugins_name_is_asked_for_once() {
    let mut limited = policy(&json!(["jwt"]));
    limited["apis"][0]["rate"] = rate();
    let filter = running(&limited, json!({}));
    let asked = |answer: &Answer| told(answer).iter().filter(|call| *call == PLUGIN).count();
    // Whoever answers nothing is asked again.
    let fault = Fault::status(Call::Property, Status::INTERNAL_FAILURE).on("plugin_name");
    let failed = filter.send(&request().jwt_payload(TOKEN).fault(fault));
    assert_eq!((failed.reason(), asked(&failed)), ("internal", 1));
    let answers = [(); 3].map(|()| filter.send(&request().jwt_payload(TOKEN)));
    assert_eq!(answers.each_ref().map(asked), [1, 0, 0]);
    assert!(answers.iter().all(Answer::passed));
}

#[test]
fn a_stream_that_may_be_ended_costs_nothing_more() {
    let mut ending = policy(&json!(["api_key"]));
    ending["apis"][0]["open_streams"] = "end".into();
    let filter = running(&ending, json!({}));
    let expected = [PAIRS, MONOTONIC, SHARED, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &by_key()), expected);
    // Looking at it anew costs as much as the credential itself, now and then.
    let _stream = filter.open(&by_key());
    filter.clock.pass(Duration::from_millis(250));
    let quiet = filter.tick().count(Call::EffectiveContext);
    assert_eq!(quiet, 1, "back to itself");
}
