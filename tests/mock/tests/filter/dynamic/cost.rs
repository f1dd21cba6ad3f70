//! What a request costs: its host calls, each and every one. A change that adds one makes it dearer.

use peergate_mock::{Call, HostCall};

use super::*;
use crate::{PARTNER, PARTNER_FINGERPRINT};

/// The calls of a request whose client is known already.
fn calls(filter: &Running<Filter>, request: &Request) -> Vec<String> {
    filter.send(request);
    let told = |HostCall { call, argument, .. }: &HostCall| match call {
        Call::Property | Call::SetProperty | Call::ReplaceHeader => format!("{call} {argument}"),
        // The argument is bytes, a count, or the time of day.
        _ => call.to_string(),
    };
    filter.send(request).host_calls().iter().map(told).collect()
}

/// A policy that tells the upstream nothing.
fn silent() -> Value {
    let mut policy = policy();
    policy["forward"] = json!({});
    policy
}

const PAIRS: &str = "proxy_get_header_map_pairs";
const FINGERPRINT: &str = "proxy_get_property connection.sha256_peer_certificate_digest";
const MONOTONIC: &str = "clock_time_get";
const TIME: &str = "proxy_get_current_time_nanoseconds";
const SHARED: &str = "proxy_get_shared_data";
const VERDICT: &str = "proxy_set_property peergate_verdict";
const GUARD: &str = "proxy_set_property peergate";
const COUNT: &str = "proxy_increment_metric";
const REPLY: &str = "proxy_send_local_response";
const LOG: &str = "proxy_log";

#[test]
fn a_registered_client_costs_one_look_at_the_list() {
    let filter = Running::loaded(&silent(), [put(ALICE)]);
    let expected = [PAIRS, FINGERPRINT, MONOTONIC, SHARED, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &by(ALICE)), expected);
}

#[test]
fn a_large_list_costs_no_more() {
    let others = (0..5000).map(|place| put(&format!("{place:064x}")));
    let filter = Running::loaded(&silent(), others.chain([put(ALICE)]));
    let expected = [PAIRS, FINGERPRINT, MONOTONIC, SHARED, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &by(ALICE)), expected);
}

#[test]
fn a_list_that_is_kept_needs_no_clock() {
    let mut policy = silent();
    policy["lists"]["registered"]["when_stale"] = "keep".into();
    let filter = Running::loaded(&policy, [put(ALICE)]);
    let expected = [PAIRS, FINGERPRINT, SHARED, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &by(ALICE)), expected);
}

#[test]
fn dates_cost_the_time_of_day_once() {
    let dates = json!({"not_before": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z"});
    let mut policy = silent();
    policy["apis"][0]["certificate"]["validity"] = "required".into();
    let filter = Running::loaded(&policy, [entry(PARTNER_FINGERPRINT, dates)]);
    let expected = [PAIRS, FINGERPRINT, MONOTONIC, SHARED, TIME, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &holding(PARTNER)), expected);
}

#[test]
fn a_list_in_every_part_is_asked_once_for_each_thing() {
    let mut policy = denying(&silent());
    policy["apis"][0]["certificate"]["require"] = json!(["registered"]);
    let filter = Running::loaded(&policy, [put(PARTNER_FINGERPRINT)]);
    // The certificate's own bucket, its key's, and that of its issuer and number.
    let expected = [PAIRS, FINGERPRINT, SHARED, SHARED, SHARED, MONOTONIC, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &holding(PARTNER)), expected);
}

#[test]
fn what_the_upstream_learns_costs_a_call_each() {
    let filter = Running::loaded(&policy(), [entry(ALICE, json!({"labels": {"plan": "gold"}}))]);
    let sets = ["x-client-identity", "x-client-auth", "x-client-cert-sha256", "x-client-plan"]
        .map(|name| format!("proxy_replace_header_map_value {name}"));
    let expected = [PAIRS, FINGERPRINT, MONOTONIC, SHARED].map(str::to_owned);
    let after = [VERDICT, GUARD, COUNT].map(str::to_owned);
    assert_eq!(calls(&filter, &by(ALICE)), [&expected[..], &sets, &after].concat());
}

#[test]
fn a_stream_that_may_be_ended_costs_nothing_more() {
    let mut policy = silent();
    policy["apis"][0]["open_streams"] = "end".into();
    let filter = Running::loaded(&policy, [put(ALICE)]);
    let expected = [PAIRS, FINGERPRINT, MONOTONIC, SHARED, VERDICT, GUARD, COUNT];
    assert_eq!(calls(&filter, &by(ALICE)), expected);
}

#[test]
fn a_stranger_costs_as_much_as_a_client() {
    let filter = Running::loaded(&silent(), [put(ALICE)]);
    let before = [PAIRS, FINGERPRINT, MONOTONIC, SHARED, VERDICT];
    let expected = [&before[..], &[COUNT, TIME, LOG, REPLY]].concat();
    assert_eq!(calls(&filter, &by(BOB)), expected);
    // A list that is old is looked at once more: it may have heard of its feed by now.
    filter.clock.pass(Duration::from_secs(90_000));
    let before = [PAIRS, FINGERPRINT, MONOTONIC, SHARED, VERDICT];
    let expected = [&before[..], &[COUNT, TIME, LOG, REPLY]].concat();
    assert_eq!(calls(&filter, &by(ALICE)), expected);
}

#[test]
fn what_needs_no_list_costs_nothing_of_it() {
    let filter = Running::loaded(&silent(), [put(ALICE)]);
    let request = Request::get("https://api.example.com/public").fingerprint(ALICE).at(NOW);
    assert_eq!(calls(&filter, &request), [PAIRS, VERDICT, GUARD, COUNT]);
}

#[test]
fn a_tick_without_news_is_cheap() {
    let filter = Running::loaded(&silent(), [put(ALICE)]);
    filter.tick();
    let tick = filter.tick();
    let count = |call| tick.count(call);
    // The head record, read to see whether it has changed; the lease was looked at less than a second ago.
    assert_eq!((count(Call::SharedData), count(Call::SetSharedData)), (1, 0));
    assert_eq!((count(Call::HttpCall), count(Call::Log), count(Call::TickPeriod)), (0, 0, 0));
    assert!(tick.host_calls().len() < 20, "{:?}", tick.host_calls());
}
