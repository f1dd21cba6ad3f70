//! A filter alone: it leads, polls, and goes by what it hears.

use std::time::Duration;

use peergate_mock::{Call, CallResponse, Level};
use serde_json::json;

use super::*;

#[test]
fn the_first_tick_takes_the_lease_and_calls_the_feed() {
    let filter = Running::alone();
    assert!(filter.plugin.pending().is_empty(), "configuring calls nobody");
    assert_eq!(filter.plugin.period(), Duration::from_millis(250));
    filter.tick();
    let call = filter.call();
    assert_eq!((call.cluster.as_str(), call.body.len()), ("feed", 0));
    let expected = [
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "feed.internal"),
        (":path", "/v1/changes?limit=1000"),
        ("accept", "application/json"),
        ("user-agent", "peergate"),
    ];
    assert_eq!(call.headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(call.timeout, Duration::from_secs(10));
    assert_eq!(filter.states(), [r#""leads","term":1"#]);
    // It does not call again while it waits.
    filter.run(Duration::from_secs(5));
    assert_eq!(filter.plugin.pending().len(), 1);
}

#[test]
fn a_feed_that_may_wait_is_asked_to() {
    let mut policy = policy();
    let feed = &mut policy["lists"]["registered"]["feed"];
    feed["wait"] = "30s".into();
    feed["page"] = 50.into();
    feed["path"] = "/v1/changes?of=acme".into();
    let filter = Running::filter(&policy, &Clock::new());
    filter.tick();
    let call = filter.call();
    assert_eq!(call.header(":path"), Some("/v1/changes?of=acme&limit=50&wait=30"));
    assert_eq!(call.timeout, Duration::from_secs(40));
    // With news it is asked again at once.
    filter.answer(page(7, [put(ALICE)]));
    let call = filter.call();
    assert_eq!(call.header(":path"), Some("/v1/changes?of=acme&limit=50&after=c7&wait=30"));
}

#[test]
fn an_answer_fills_the_list_and_the_next_one_changes_it() {
    let filter = Running::alone();
    assert_eq!(filter.reason(ALICE), "list_stale");
    filter.tick();
    assert_eq!(filter.reason(ALICE), "list_stale");
    filter.answer(page(1, [put(ALICE)]));
    // There is no look between the answer and this.
    assert_eq!(filter.reason(ALICE), "allowed");
    assert_eq!(filter.reason(BOB), "certificate_not_allowed");
    filter.poll(page(2, [delete(ALICE), put(BOB)]));
    assert_eq!(filter.reason(ALICE), "certificate_not_allowed");
    assert_eq!(filter.reason(BOB), "allowed");
    filter.poll(reset(3, [put(ALICE)]));
    assert_eq!(filter.reason(ALICE), "allowed");
    assert_eq!(filter.reason(BOB), "certificate_not_allowed");
}

#[test]
fn the_feed_is_asked_after_what_it_said_last() {
    let filter = Running::alone();
    filter.tick();
    filter.answer(
        CallResponse::new(200)
            .header("etag", "\"7\"")
            .body(json!({"version": 7, "cursor": "a b&c", "changes": []}).to_string()),
    );
    filter.await_call();
    let call = filter.call();
    assert_eq!(call.header(":path"), Some("/v1/changes?limit=1000&after=a%20b%26c"));
    assert_eq!(call.header("if-none-match"), Some("\"7\""));
    filter.answer(CallResponse::new(304));
    filter.await_call();
    assert_eq!(filter.call().header("if-none-match"), Some("\"7\""));
    // It has forgotten everything: all is loaded.
    filter.answer(CallResponse::new(410));
    filter.await_call();
    let call = filter.call();
    assert_eq!(call.header(":path"), Some("/v1/changes?limit=1000"));
    assert_eq!(call.header("if-none-match"), None);
    let polls =
        ["ok", "nothing_new", "start_again"].map(|word| filter.gauge(&format!("poll.{word}")));
    assert_eq!(polls, [1, 1, 1]);
}

#[test]
fn what_an_entry_says_reaches_the_upstream() {
    let entry = entry(
        ALICE,
        json!({"identity": "acme/partner-a", "labels": {"plan": "gold"}, "apis": ["employee"]}),
    );
    let filter = Running::loaded(&policy(), [entry, put(BOB)]);
    let spoofed = by(ALICE).header("x-client-identity", "root").header("x_client_plan", "root");
    let answer = filter.send(&spoofed);
    assert_eq!((answer.reason(), answer.identity()), ("allowed", Some("acme/partner-a")));
    for (name, value) in [
        ("x-client-identity", "acme/partner-a"),
        ("x-client-plan", "gold"),
        ("x-client-auth", "certificate"),
        ("x-client-cert-sha256", ALICE),
    ] {
        assert_eq!(answer.upstream_headers(name), [value], "{name}");
    }
    assert!(answer.upstream_headers("x_client_plan").is_empty());
    assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"));
    // Who has no name goes by the fingerprint, and the label of another is nobody's.
    let answer = filter.send(&by(BOB).header("x-client-plan", "gold"));
    assert_eq!(answer.upstream_headers("x-client-identity"), [BOB]);
    assert!(answer.upstream_headers("x-client-plan").is_empty());
}

#[test]
fn an_entry_refuses_for_a_reason_of_its_own() {
    for (more, reason, status) in [
        (json!({"active": false}), "session_inactive", 403),
        (json!({"expires": NOW}), "session_expired", 403),
        (json!({"not_before": "2026-11-22T00:00:01Z"}), "session_not_yet_valid", 403),
        (json!({"apis": ["other"]}), "api_not_granted", 403),
        (json!({"not_before": NOW, "expires": "2026-11-22T00:00:01Z"}), "allowed", 0),
    ] {
        let filter = Running::loaded(&policy(), [entry(ALICE, more)]);
        let answer = filter.send(&by(ALICE));
        assert_eq!((answer.reason(), answer.status().unwrap_or_default()), (reason, status));
    }
}

#[test]
fn gauges_show_how_the_list_stands() {
    let filter = Running::alone();
    filter.tick();
    assert_eq!(["entries", "current", "leader_term"].map(|name| filter.gauge(name)), [0, 0, 1]);
    // Nothing has no age.
    assert!(!filter.plugin.metrics().contains_key("peergate.list.registered.age_seconds"));
    // But it has a bound to its age.
    assert_eq!(filter.gauge("good_for_seconds"), 86_400);
    let broken = json!({"put": {"certificate": ALICE}});
    let denied = json!({"put": {"deny": {"certificate": ALICE}}});
    filter.answer(page(42, [put(ALICE), put(BOB), denied, broken]));
    filter.tick();
    let gauges = || {
        ["entries", "version", "age_seconds", "current", "leader_term", "skipped", "by_fallback"]
            .map(|name| filter.gauge(name))
    };
    // What was skipped takes the place of what was there.
    assert_eq!(gauges(), [2, 42, 0, 1, 1, 1, 0]);
    filter.clock.pass(Duration::from_secs(7));
    filter.tick();
    assert_eq!(gauges(), [2, 42, 7, 1, 1, 1, 0]);
    filter.poll(page(43, [delete(BOB)]));
    filter.tick();
    assert_eq!(gauges(), [1, 43, 0, 1, 1, 1, 0]);
    filter.poll(reset(44, [put(BOB)]));
    filter.tick();
    assert_eq!(gauges(), [1, 44, 0, 1, 1, 0, 0]);
}

#[test]
fn metrics_are_defined_once() {
    let filter = Running::loaded(&policy(), []);
    filter.tick();
    assert_eq!(filter.tick().count(Call::DefineMetric), 0);
    filter.poll(page(2, []));
    assert_eq!(filter.poll(page(3, [])).count(Call::DefineMetric), 0);
    assert_eq!(filter.gauge("poll.ok"), 3);
}

#[test]
fn each_state_has_its_line() {
    let mut policy = policy();
    let fallback = json!({"cluster": "spare", "path": "/v1/changes"});
    let feed = policy["lists"]["registered"]["feed"].take();
    policy["lists"]["registered"]["feed"] = json!([feed, fallback]);
    policy["lists"]["registered"]["fallback_after"] = "5s".into();
    let filter = Running::filter(&policy, &Clock::new());
    filter.tick();
    filter.answer(CallResponse::new(500));
    filter.poll(page(3, [put(ALICE), json!({"put": {"certificate": BOB}})]));
    filter.poll(page(2, []));
    filter.poll(CallResponse::failed());
    // The other feed stands in.
    filter.await_call();
    while filter.call().cluster == "feed" {
        filter.answer(CallResponse::new(200).body("{"));
        filter.await_call();
    }
    filter.answer(reset(3, [put(BOB)]));
    filter.tick();
    assert_eq!(filter.reason(BOB), "allowed");
    assert_eq!(filter.gauge("by_fallback"), 1);
    assert_eq!(
        filter.states(),
        [
            r#""leads","term":1"#,
            r#""failing","poll":"status","why":"the feed answers with status 500""#,
            r#""recovered""#,
            r#""skipped","entries":1,"problems":["changes[1].put.apis: missing"]"#,
            r#""loaded","version":3,"entries":1"#,
            r#""failing","poll":"rollback","why":"the feed has gone back from version 3 to 2""#,
            r#""recovered""#,
            r#""loaded","version":3,"entries":1"#,
            r#""switched","feed":1"#,
        ]
    );
    let levels: Vec<Level> = filter.plugin.logs().iter().map(|log| log.level).collect();
    let (info, warn) = (Level::Info, Level::Warn);
    assert_eq!(levels, [info, warn, info, warn, info, warn, info, info, warn]);
}

#[test]
fn a_host_that_fails_has_its_line_and_is_tried_again() {
    let filter = Running::loaded(&policy(), [put(ALICE)]);
    filter.clock.pass(Duration::from_secs(1));
    let tick = filter.tick_with([Fault::status(Call::SharedData, Status::INTERNAL_FAILURE)]);
    assert_eq!(tick.logs().len(), 1);
    assert_eq!(tick.logs()[0].level, Level::Warn);
    assert_eq!(filter.states().last().map(String::as_str), Some(r#""unreadable""#));
    // The list is there all the same.
    assert_eq!(filter.reason(ALICE), "allowed");
    filter.run(2 * LEASE);
    assert_eq!(filter.states().last().map(String::as_str), Some(r#""leads","term":2"#));
}

#[test]
fn a_period_that_the_host_has_not_heard_is_told_again() {
    let fault = Fault::status(Call::TickPeriod, Status::INTERNAL_FAILURE);
    let plugin = Filter::load_with(policy().to_string().as_bytes(), [fault.clone()]).unwrap();
    let filter = Running { plugin, clock: Clock::new() };
    assert_eq!(filter.plugin.tick_period(), None);
    filter.tick_with([fault]);
    assert_eq!(filter.plugin.tick_period(), None);
    filter.tick();
    assert_eq!(filter.plugin.tick_period(), Some(Duration::from_secs(1)));
}
