//! How old a list may be, by the monotonic clock; how long its entries hold, by the time of day.

use super::*;
use crate::{PARTNER, PARTNER_FINGERPRINT, STRANGER};

/// A policy whose list is good for a minute.
fn aging(when_stale: &str) -> Value {
    let mut policy = policy();
    policy["lists"]["registered"]["max_age"] = "60s".into();
    policy["lists"]["registered"]["when_stale"] = when_stale.into();
    policy
}

#[test]
fn a_list_that_nobody_vouches_for_any_more_refuses() {
    let filter = Running::loaded(&aging("refuse"), [put(ALICE)]);
    filter.clock.pass(Duration::from_secs(60));
    assert_eq!(filter.reason(ALICE), "allowed");
    filter.clock.pass(Duration::from_nanos(1));
    let answer = filter.send(&by(ALICE));
    assert_eq!((answer.reason(), answer.status()), ("list_stale", Some(503)));
    assert!(answer.reply().unwrap().header("retry-after").is_some());
    filter.tick();
    assert_eq!(filter.gauge("current"), 0);
    // Nothing else is refused.
    let public = Request::get("https://api.example.com/public");
    assert_eq!(filter.send(&public).reason(), "anonymous");
    // Failed polls vouch for nothing, and neither does an answer that is none.
    filter.poll(CallResponse::new(500));
    filter.poll(CallResponse::new(200).body("{}"));
    assert_eq!(filter.reason(ALICE), "list_stale");
    filter.poll(CallResponse::new(304));
    assert_eq!(filter.reason(ALICE), "allowed");
    filter.tick();
    assert_eq!((filter.gauge("current"), filter.gauge("age_seconds")), (1, 0));
}

#[test]
fn an_old_list_may_be_kept() {
    let filter = Running::loaded(&aging("keep"), [put(ALICE)]);
    filter.clock.pass(Duration::from_secs(86_400));
    assert_eq!(filter.reason(ALICE), "allowed");
    assert_eq!(filter.reason(BOB), "certificate_not_allowed");
    filter.tick();
    assert_eq!((filter.gauge("current"), filter.gauge("age_seconds")), (1, 86_400));
    // One that was never loaded is not a list.
    assert_eq!(Running::filter(&aging("keep"), &filter.clock).reason(ALICE), "allowed");
    let mut other = aging("keep");
    other["lists"]["registered"]["secret"] = "another secret of ours".into();
    assert_eq!(Running::filter(&other, &filter.clock).reason(ALICE), "list_stale");
}

#[test]
fn the_age_counts_from_the_last_answer_that_was_accepted() {
    let filter = Running::loaded(&aging("refuse"), [put(ALICE)]);
    for _ in 0..20 {
        filter.poll(CallResponse::new(204));
        assert_eq!(filter.reason(ALICE), "allowed");
    }
    filter.clock.pass(Duration::from_secs(61));
    assert_eq!(filter.reason(ALICE), "list_stale");
}

#[test]
fn the_time_of_day_may_jump() {
    let filter = Running::loaded(&aging("refuse"), [put(ALICE)]);
    for at in ["1990-01-01T00:00:00Z", "2100-01-01T00:00:00Z", NOW] {
        filter.plugin.tick(at).unwrap();
        assert_eq!(filter.send(&by(ALICE).at(at)).reason(), "allowed", "{at}");
        assert_eq!((filter.gauge("age_seconds"), filter.gauge("current")), (0, 1));
    }
    assert_eq!(filter.states().len(), 2, "it leads, and has loaded");
}

#[test]
fn entries_hold_by_the_time_of_day() {
    let hours = json!({"not_before": "2026-11-22T08:00:00Z", "expires": "2026-11-22T18:00:00Z"});
    let denied = json!({
        "put": {"deny": {"certificate": STRANGER_FINGERPRINT}, "until": "2026-11-22T18:00:00Z"}
    });
    let changes = [entry(PARTNER_FINGERPRINT, hours), put(STRANGER_FINGERPRINT), denied];
    let filter = Running::loaded(&denying(&aging("refuse")), changes);
    for (at, partner, stranger) in [
        ("2026-11-22T07:59:59Z", "session_not_yet_valid", "certificate_denied"),
        ("2026-11-22T08:00:00Z", "allowed", "certificate_denied"),
        ("2026-11-22T17:59:59Z", "allowed", "certificate_denied"),
        ("2026-11-22T18:00:00Z", "session_expired", "allowed"),
    ] {
        assert_eq!(filter.send(&holding(PARTNER).at(at)).reason(), partner, "{at}");
        assert_eq!(filter.send(&holding(STRANGER).at(at)).reason(), stranger, "{at}");
    }
}

#[test]
fn a_denial_is_one_however_old() {
    let denied = json!({"put": {"deny": {"certificate": STRANGER_FINGERPRINT}}});
    let changes = [put(PARTNER_FINGERPRINT), put(STRANGER_FINGERPRINT), denied];
    let filter = Running::loaded(&denying(&aging("refuse")), changes);
    filter.clock.pass(Duration::from_secs(61));
    assert_eq!(filter.send(&holding(PARTNER)).reason(), "list_stale");
    assert_eq!(filter.send(&holding(STRANGER)).reason(), "certificate_denied");
}

#[test]
fn a_clock_that_went_back_lets_nobody_in() {
    let filter = Running::loaded(&aging("refuse"), [put(ALICE)]);
    filter.plugin.set_monotonic(Duration::from_secs(1));
    let answer = filter.plugin.send(&by(ALICE)).unwrap();
    assert_eq!(answer.reason(), "list_stale");
    assert_eq!(filter.reason(ALICE), "allowed");
}
