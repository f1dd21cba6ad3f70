//! Requests that are being served when their token's certificate or their key stops passing.

use std::time::Duration;

use peergate_mock::StreamState;

use super::*;
use crate::dynamic::page;
use crate::{PARTNER_FINGERPRINT, STRANGER};

/// How often live streams are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// A policy that ends them.
fn ending(requirement: &Value) -> Value {
    let mut policy = policy(requirement);
    policy["apis"][0]["open_streams"] = "end".into();
    policy
}

/// The same where the list refuses certificates too.
fn denying(requirement: &Value) -> Value {
    let mut policy = ending(requirement);
    policy["global"] = json!({"deny": ["registered"]});
    policy
}

fn ended(filter: &Running<Filter>, reason: &str) -> u64 {
    filter.plugin.metric(&format!("peergate.api.orders.ended.reason.{reason}"))
}

/// Has the feed change the list, and lets the streams be looked at.
fn change(filter: &Running<Filter>, version: u64, change: Value) {
    filter.poll(page(version, [change]));
    filter.clock.pass(LOOK);
    filter.tick();
}

#[test]
fn a_stream_ends_with_its_key() {
    let entry = |more: Value| key(KEY, more);
    for (changed, reason) in [
        (json!({"delete": {"api_key": digest(KEY)}}), "api_key_unknown"),
        (entry(json!({"active": false})), "session_inactive"),
        (entry(json!({"expires": NOW})), "session_expired"),
        (entry(json!({"not_before": "2027-01-01T00:00:00Z"})), "session_not_yet_valid"),
        (entry(json!({"apis": ["others"]})), "api_not_granted"),
        (entry(json!({"certificates": ["00".repeat(32)]})), "binding_mismatch"),
    ] {
        let filter = running(&ending(&json!(["api_key"])), json!({}));
        filter.poll(page(2, [key("another", json!({}))]));
        let own = filter.open(&holding().header("x-api-key", KEY));
        let other = filter.open(&request().header("x-api-key", "another"));
        assert_eq!(own.state(), StreamState::Passed);
        change(&filter, 3, changed);
        assert_eq!(
            (own.state(), other.state()),
            (StreamState::Reset, StreamState::Passed),
            "{reason}"
        );
        assert_eq!(ended(&filter, reason), 1, "{:?}", filter.plugin.metrics());
    }
}

#[test]
fn a_key_that_is_bound_to_the_streams_own_certificate_ends_nothing() {
    let filter = running(&ending(&json!(["api_key"])), json!({}));
    let (own, nobodys) = (filter.open(&holding().header("x-api-key", KEY)), filter.open(&by_key()));
    change(&filter, 2, key(KEY, json!({"certificates": [PARTNER_FINGERPRINT]})));
    assert_eq!((own.state(), nobodys.state()), (StreamState::Passed, StreamState::Reset));
    assert_eq!(ended(&filter, "binding_mismatch"), 1);
    // From then on it is the certificate's.
    change(&filter, 3, key(KEY, json!({"certificates": ["00".repeat(32)]})));
    assert_eq!(own.state(), StreamState::Reset);
}

fn deny(fingerprint: &str) -> Value {
    json!({"put": {"deny": {"certificate": fingerprint}}})
}

#[test]
fn a_stream_ends_with_the_certificate_that_its_token_or_key_is_bound_to() {
    let bound = json!({"certificates": [PARTNER_FINGERPRINT]});
    for (requirement, request) in [
        (json!(["jwt"]), holding().jwt_payload(BOUND)),
        (json!(["api_key"]), holding().header("x-api-key", KEY)),
        (json!(["jwt", "api_key"]), holding().jwt_payload(BOUND).header("x-api-key", KEY)),
        (json!(["certificate", "jwt"]), holding().jwt_payload(BOUND)),
        // Admitted by itself, and no part of what lets the request pass.
        (json!({"any_of": ["jwt"], "check": ["certificate"]}), holding().jwt_payload(BOUND)),
        (
            json!({"any_of": ["api_key"], "check": ["certificate"]}),
            holding().header("x-api-key", KEY),
        ),
    ] {
        let filter = running(&denying(&requirement), bound.clone());
        let stream = filter.open(&request);
        assert_eq!(
            stream.state(),
            StreamState::Passed,
            "{requirement} {}",
            stream.answer().reason()
        );
        change(&filter, 2, deny(&"00".repeat(32)));
        assert_eq!(stream.state(), StreamState::Passed, "{requirement}");
        change(&filter, 3, deny(PARTNER_FINGERPRINT));
        assert_eq!(stream.state(), StreamState::Reset, "{requirement}");
        assert_eq!(ended(&filter, "certificate_denied"), 1);
    }
}

#[test]
fn a_stream_of_a_token_alone_goes_on() {
    let filter = running(&denying(&json!({"any_of": ["jwt", "api_key"]})), json!({}));
    // The certificate of its connection is none of its credentials.
    let stream = filter.open(
        &Request::get("https://api.example.com/").at(NOW).certificate(STRANGER).jwt_payload(TOKEN),
    );
    change(&filter, 2, deny(crate::dynamic::STRANGER_FINGERPRINT));
    assert_eq!(stream.state(), StreamState::Passed);
}

#[test]
fn a_host_that_fails_ends_nothing_and_is_asked_again() {
    for fault in [
        Fault::status(Call::SharedData, Status::INTERNAL_FAILURE),
        Fault::status(Call::Property, Status::INTERNAL_FAILURE),
        Fault::status(Call::EffectiveContext, Status::BAD_ARGUMENT),
        Fault::status(Call::CloseStream, Status::BAD_ARGUMENT),
    ] {
        let filter = running(&ending(&json!(["api_key"])), json!({}));
        let stream = filter.open(&holding().header("x-api-key", KEY));
        filter.poll(page(2, [key(KEY, json!({"certificates": ["00".repeat(32)]}))]));
        filter.clock.pass(LOOK);
        filter.tick_with([fault]);
        assert_eq!(stream.state(), StreamState::Passed);
        filter.clock.pass(LOOK);
        filter.tick();
        assert_eq!(stream.state(), StreamState::Reset);
    }
}

#[test]
fn a_list_that_is_only_old_ends_nothing() {
    let mut policy = ending(&json!(["api_key"]));
    policy["lists"]["registered"]["max_age"] = "60s".into();
    let filter = running(&policy, json!({}));
    let stream = filter.open(&by_key());
    filter.clock.pass(Duration::from_secs(61));
    assert_eq!(filter.send(&by_key()).reason(), "list_stale");
    for _ in 0..100 {
        filter.clock.pass(LOOK);
        filter.tick_with([Fault::status(Call::HttpCall, Status::BAD_ARGUMENT)]);
    }
    assert_eq!(stream.state(), StreamState::Passed);
}

#[test]
fn a_rate_ends_nothing() {
    let filter = running(&ending(&json!(["api_key"])), json!({}));
    let stream = filter.open(&by_key());
    change(&filter, 2, key(KEY, json!({"rate": {"requests": 1, "per": "24h"}})));
    assert!(filter.send(&by_key()).passed());
    assert_eq!(filter.send(&by_key()).reason(), "rate_limited");
    let tick = filter.tick();
    assert_eq!((stream.state(), tick.count(Call::SetSharedData)), (StreamState::Passed, 0));
}
