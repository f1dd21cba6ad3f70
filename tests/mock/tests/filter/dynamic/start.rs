//! Requests that come before the list: they are held for a while.

use peergate_mock::{Call, StreamState};

use super::*;

/// A policy under which requests wait two seconds for the first load.
fn patient() -> Value {
    let mut policy = policy();
    policy["lists"]["registered"]["start_wait"] = "2s".into();
    policy
}

fn patient_filter() -> Running<Filter> {
    Running::filter(&patient(), &Clock::new())
}

#[test]
fn a_request_is_held_until_the_list_is_loaded() {
    let filter = patient_filter();
    let alice = filter.open(&by(ALICE).header("x-client-identity", "root"));
    let bob = filter.open(&by(BOB));
    assert_eq!((alice.state(), bob.state()), (StreamState::Paused, StreamState::Paused));
    // Nothing was decided yet.
    assert_eq!(alice.answer().filter_state("wasm.peergate"), None);
    assert!(filter.plugin.metrics().is_empty() && filter.plugin.logs().is_empty());
    filter.tick();
    assert_eq!(filter.plugin.period(), Duration::from_millis(20), "it looks often now");
    assert_eq!(alice.state(), StreamState::Paused);
    filter.answer(page(1, [entry(ALICE, json!({"identity": "acme/a"}))]));
    filter.clock.pass(Duration::from_millis(20));
    filter.tick();
    assert_eq!((alice.state(), bob.state()), (StreamState::Passed, StreamState::Answered));
    let answer = alice.close();
    assert_eq!(answer.upstream_headers("x-client-identity"), ["acme/a"]);
    assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"));
    let answer = bob.close();
    assert_eq!((answer.reason(), answer.status()), ("certificate_not_allowed", Some(403)));
    // Each is counted once, by what became of it.
    let outcomes: u64 = ["allowed.reason.allowed", "denied.reason.certificate_not_allowed"]
        .map(|name| filter.plugin.metric(&format!("peergate.api.employee.outcome.{name}")))
        .iter()
        .sum();
    assert_eq!(outcomes, 2);
    filter.tick();
    assert!(filter.plugin.period() >= Duration::from_millis(100));
}

#[test]
fn a_request_is_held_no_longer_than_that() {
    let filter = patient_filter();
    let stream = filter.open(&by(ALICE));
    filter.run(Duration::from_millis(1990));
    assert_eq!(stream.state(), StreamState::Paused);
    filter.run(Duration::from_millis(30));
    assert_eq!(stream.state(), StreamState::Answered);
    let answer = stream.close();
    assert_eq!((answer.reason(), answer.status()), ("list_stale", Some(503)));
    assert!(!answer.passed());
    // The time is over for all: nobody else waits.
    let answer = filter.send(&by(ALICE));
    assert_eq!(answer.reason(), "list_stale");
    assert_eq!(filter.open(&by(BOB)).state(), StreamState::Answered);
    // And the list may come still.
    filter.answer(page(1, [put(ALICE)]));
    assert_eq!(filter.reason(ALICE), "allowed");
}

#[test]
fn nobody_waits_where_nothing_says_so() {
    let filter = Running::alone();
    assert_eq!(filter.open(&by(ALICE)).state(), StreamState::Answered);
}

#[test]
fn what_needs_no_list_is_never_held() {
    let filter = patient_filter();
    let held = filter.open(&by(ALICE));
    for request in [
        Request::get("https://api.example.com/public").at(NOW),
        Request::get("https://api.example.com/public").fingerprint(BOB).at(NOW),
    ] {
        let stream = filter.open(&request);
        assert_eq!(stream.state(), StreamState::Passed);
        assert_eq!(stream.close().reason(), "anonymous");
    }
    for (path, reason) in [("/employee", "certificate_required"), ("/other", "no_matching_api")] {
        let request = Request::get(&format!("https://api.example.com{path}"));
        assert_eq!(filter.send(&request).reason(), reason);
    }
    assert_eq!(held.state(), StreamState::Paused);
}

#[test]
fn a_client_may_go_away_while_it_is_held() {
    let filter = patient_filter();
    let (gone, stays) = (filter.open(&by(ALICE)), filter.open(&by(ALICE)));
    assert!(gone.close().paused());
    filter.tick();
    filter.answer(page(1, [put(ALICE)]));
    let tick = filter.tick();
    assert_eq!(stays.state(), StreamState::Passed);
    assert_eq!(tick.count(Call::ContinueStream), 1);
    drop(stays);
    assert_eq!(filter.tick().count(Call::EffectiveContext), 1, "back to itself, and nobody else");
}

#[test]
fn many_are_let_go_bit_by_bit() {
    let filter = patient_filter();
    let held: Vec<_> =
        (0..450).map(|place| filter.open(&by(if place % 2 == 0 { ALICE } else { BOB }))).collect();
    filter.tick();
    filter.answer(page(1, [put(ALICE)]));
    let mut left = Vec::new();
    for _ in 0..3 {
        filter.tick();
        left.push(held.iter().filter(|stream| stream.state() == StreamState::Paused).count());
        assert!(filter.plugin.period() <= Duration::from_millis(20) || left.last() == Some(&0));
    }
    assert_eq!(left, [250, 50, 0], "those that came first go first");
    for (place, stream) in held.into_iter().enumerate() {
        let expected = if place % 2 == 0 { "allowed" } else { "certificate_not_allowed" };
        assert_eq!(stream.close().reason(), expected);
    }
}

#[test]
fn there_is_an_end_to_how_many_are_held() {
    let filter = patient_filter();
    let held: Vec<_> = (0..10_000).map(|_| filter.open(&by(ALICE))).collect();
    assert!(held.iter().all(|stream| stream.state() == StreamState::Paused));
    let one_more = filter.open(&by(ALICE));
    assert_eq!(one_more.state(), StreamState::Answered);
    assert_eq!(one_more.close().reason(), "list_stale");
}

#[test]
fn trailers_of_a_held_request_are_looked_at_too() {
    let filter = patient_filter();
    let request = by(ALICE).trailer("x-client-identity", "root").trailer("checksum", "7");
    let stream = filter.open(&request);
    assert_eq!(stream.state(), StreamState::Paused);
    filter.tick();
    filter.answer(page(1, [put(ALICE)]));
    filter.tick();
    assert_eq!(stream.state(), StreamState::Passed);
    let answer = stream.close();
    assert!(answer.upstream_trailers("x-client-identity").is_empty());
    assert_eq!(answer.upstream_trailers("checksum"), ["7"]);
}

#[test]
fn another_worker_lets_go_what_the_leader_has_loaded() {
    let (shared, clock) = (SharedData::new(), Clock::new());
    let (leader, other) =
        (worker(&shared, &patient(), &clock), worker(&shared, &patient(), &clock));
    leader.run(|leader| leader.tick());
    other.run(move |other| {
        let stream = other.open(&by(ALICE));
        other.tick();
        assert_eq!(stream.state(), StreamState::Paused);
        leader.run(|leader| leader.answer(page(1, [put(ALICE)])));
        other.run(Duration::from_millis(20));
        assert_eq!(stream.state(), StreamState::Passed);
    });
}

#[test]
fn a_list_that_is_old_holds_nobody() {
    let mut policy = patient();
    policy["lists"]["registered"]["max_age"] = "60s".into();
    let filter = Running::loaded(&policy, [put(ALICE)]);
    filter.clock.pass(Duration::from_secs(61));
    assert_eq!(filter.open(&by(ALICE)).state(), StreamState::Answered);
}

#[test]
fn a_shadowed_refusal_passes_at_once() {
    let mut policy = patient();
    policy["apis"][0]["enforcement"] = "shadow".into();
    let filter = Running::filter(&policy, &Clock::new());
    let stream = filter.open(&by(ALICE));
    assert_eq!(stream.state(), StreamState::Passed);
    let answer = stream.close();
    assert_eq!((answer.outcome(), answer.reason()), ("shadowed", "list_stale"));
    assert!(answer.upstream_headers("x-client-identity").is_empty());
}
