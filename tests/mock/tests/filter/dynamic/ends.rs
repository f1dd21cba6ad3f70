//! Requests that are being served when their clients stop passing.

use peergate_mock::{Call, StreamState};

use super::*;
use crate::authorities::{DIRECT, trusting};
use crate::{PARTNER, PARTNER_FINGERPRINT};

/// How often live streams are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// A policy that ends them; a second API of the same list does not.
fn ending() -> Value {
    let mut policy = policy();
    policy["apis"][0]["open_streams"] = "end".into();
    let mut kept = policy["apis"][0].clone();
    kept["name"] = "kept".into();
    kept["match"]["path_prefix"] = "/kept".into();
    kept["open_streams"] = "keep".into();
    policy["apis"].as_array_mut().unwrap().push(kept);
    policy
}

fn ended(filter: &Running<Filter>, reason: &str) -> u64 {
    filter.plugin.metric(&format!("peergate.api.employee.ended.reason.{reason}"))
}

#[test]
fn a_stream_is_ended_within_one_look_after_its_client_is_revoked() {
    let filter = Running::loaded(&ending(), [put(ALICE), put(BOB)]);
    let kept = Request::get("https://api.example.com/kept").fingerprint(ALICE).at(NOW);
    let (alice, bob, kept) = (filter.open(&by(ALICE)), filter.open(&by(BOB)), filter.open(&kept));
    let public = filter.open(&Request::get("https://api.example.com/public").fingerprint(ALICE));
    filter.tick();
    assert!(filter.plugin.period() <= LOOK);
    filter.poll(page(2, [delete(ALICE)]));
    filter.clock.pass(LOOK);
    let tick = filter.tick();
    assert_eq!(alice.state(), StreamState::Reset);
    for other in [&bob, &kept, &public] {
        assert_eq!(other.state(), StreamState::Passed);
    }
    assert_eq!(tick.count(Call::CloseStream), 1);
    assert_eq!(ended(&filter, "certificate_not_allowed"), 1);
    // Once, however often it is looked at.
    filter.poll(page(3, [delete(ALICE)]));
    assert_eq!(filter.tick().count(Call::CloseStream), 0);
    filter.run(Duration::from_secs(30));
    assert_eq!(ended(&filter, "certificate_not_allowed"), 1);
    assert!(alice.close().reset());
}

#[test]
fn what_ends_a_stream_is_counted_by_its_reason() {
    for (change, reason) in [
        (entry(ALICE, json!({"active": false})), "session_inactive"),
        (entry(ALICE, json!({"apis": ["kept"]})), "api_not_granted"),
        (entry(ALICE, json!({"expires": NOW})), "session_expired"),
        (entry(ALICE, json!({"not_before": "2026-11-23T00:00:00Z"})), "session_not_yet_valid"),
    ] {
        let filter = Running::loaded(&ending(), [put(ALICE)]);
        let stream = filter.open(&by(ALICE));
        filter.poll(page(2, [change]));
        filter.tick();
        assert_eq!(stream.state(), StreamState::Reset, "{reason}");
        assert_eq!(ended(&filter, reason), 1, "{:?}", filter.plugin.metrics());
    }
}

#[test]
fn a_denial_ends_streams_too() {
    for (denied, ends) in [
        (json!({"certificate": PARTNER_FINGERPRINT}), true),
        (json!({"certificate": STRANGER_FINGERPRINT}), false),
        (json!({"spki_sha256": "XmeUYasppuOkCllxGo/G2nZsIpc57TTkMxwiLD2XUJs="}), true),
        (json!({"spki_sha256": "GuHVlW5mFVb2w8UG3CWG4yXFQaFv+mZLKBuyP8Fz21E="}), false),
    ] {
        let filter = Running::loaded(&denying(&ending()), [put(PARTNER_FINGERPRINT)]);
        let stream = filter.open(&holding(PARTNER));
        assert_eq!(stream.state(), StreamState::Passed);
        filter.poll(page(2, [json!({"put": {"deny": denied}})]));
        filter.tick();
        assert_eq!(stream.state() == StreamState::Reset, ends, "{denied}");
        assert_eq!(ended(&filter, "certificate_denied"), u64::from(ends));
    }
}

#[test]
fn a_client_of_an_authority_is_ended_as_well() {
    let mut policy = trusting();
    policy["lists"]["registered"] = list();
    policy["apis"][0]["open_streams"] = "end".into();
    policy["apis"][0]["certificate"]["deny"] = json!(["registered"]);
    let filter = Running::loaded(&policy, []);
    let (direct, leaf) = (filter.open(&holding(DIRECT)), filter.open(&holding(DIRECT)));
    assert_eq!(direct.state(), StreamState::Passed, "{}", direct.answer().reason());
    drop(leaf);
    let fingerprint = filter.send(&holding(DIRECT)).upstream_headers("x-client-cert-sha256");
    filter.poll(page(2, [json!({"put": {"deny": {"certificate": fingerprint[0]}}})]));
    assert_eq!(filter.send(&holding(DIRECT)).reason(), "certificate_denied");
    filter.tick();
    assert_eq!(direct.state(), StreamState::Reset);
}

#[test]
fn a_change_need_not_have_a_version_of_its_own() {
    let filter = Running::loaded(&ending(), [put(ALICE), put(BOB)]);
    let streams = [ALICE, BOB].map(|client| filter.open(&by(client)));
    // Two pages of one version.
    filter.poll(body(&json!({
        "version": 2, "cursor": "half", "more": true, "changes": [delete(ALICE)]
    })));
    filter.tick();
    assert_eq!(streams[0].state(), StreamState::Reset);
    filter.poll(page(2, [delete(BOB)]));
    filter.tick();
    assert_eq!(streams[1].state(), StreamState::Reset);
}

#[test]
fn a_list_without_versions_ends_streams_as_well() {
    let mut policy = ending();
    let feed = &mut policy["lists"]["registered"]["feed"];
    feed["format"] = "client_ssl_auth".into();
    feed["apis"] = json!(["*"]);
    let filter = Running::filter(&policy, &Clock::new());
    let approved = |clients: &[&str]| {
        let clients = clients.iter().map(|client| json!({"fingerprint_sha256": client}));
        body(&json!({"certificates": clients.collect::<Vec<_>>()}))
    };
    filter.tick();
    assert_eq!(filter.call().header(":path"), Some("/v1/changes"));
    filter.answer(approved(&[ALICE, BOB]));
    filter.tick();
    let streams = [ALICE, BOB].map(|client| filter.open(&by(client)));
    filter.poll(approved(&[BOB]));
    filter.tick();
    assert_eq!(streams[0].state(), StreamState::Reset);
    assert_eq!(streams[1].state(), StreamState::Passed);
}

#[test]
fn whoever_sees_a_change_first_it_is_looked_at() {
    let mut policy = ending();
    policy["global"] = json!({"ready_path": "/ready"});
    let (shared, clock) = (SharedData::new(), Clock::new());
    let (leader, other) = (worker(&shared, &policy, &clock), worker(&shared, &policy, &clock));
    leader.run(|leader| {
        leader.tick();
        leader.answer(page(1, [put(ALICE)]));
    });
    other.run(move |other| {
        let stream = other.open(&by(ALICE));
        other.tick();
        leader.run(|leader| leader.poll(page(2, [delete(ALICE)])));
        // A readiness probe reads how the list stands.
        other.send(&Request::get("https://api.example.com/ready"));
        assert_eq!(stream.state(), StreamState::Passed);
        other.tick();
        assert_eq!(stream.state(), StreamState::Reset);
    });
}

#[test]
fn a_list_that_is_only_old_ends_nothing() {
    let mut policy = ending();
    policy["lists"]["registered"]["max_age"] = "60s".into();
    let filter = Running::loaded(&policy, [put(ALICE)]);
    let stream = filter.open(&by(ALICE));
    filter.clock.pass(Duration::from_secs(61));
    assert_eq!(filter.reason(ALICE), "list_stale");
    // Long enough for it to be looked at.
    for _ in 0..100 {
        filter.clock.pass(LOOK);
        filter.tick_with([Fault::status(Call::HttpCall, Status::BAD_ARGUMENT)]);
    }
    assert_eq!(stream.state(), StreamState::Passed);
    filter.poll(page(2, [delete(ALICE)]));
    filter.tick();
    assert_eq!(stream.state(), StreamState::Reset);
}

#[test]
fn time_ends_streams_too() {
    let hours = json!({"expires": "2026-11-22T18:00:00Z"});
    let filter = Running::loaded(&ending(), [entry(ALICE, hours), put(BOB)]);
    let (alice, bob) = (filter.open(&by(ALICE)), filter.open(&by(BOB)));
    let looks = |at: &str| {
        // Ten seconds, and one look.
        for _ in 0..41 {
            filter.clock.pass(LOOK);
            filter.set_clock();
            filter.plugin.tick(at).unwrap();
        }
    };
    looks("2026-11-22T17:59:59Z");
    assert_eq!(alice.state(), StreamState::Passed);
    looks("2026-11-22T18:00:00Z");
    assert_eq!((alice.state(), bob.state()), (StreamState::Reset, StreamState::Passed));
    assert_eq!(ended(&filter, "session_expired"), 1);
}

#[test]
fn a_thousand_streams_are_ended_bit_by_bit() {
    let filter = Running::loaded(&ending(), [put(ALICE), put(BOB)]);
    let client = |place: usize| if place.is_multiple_of(2) { ALICE } else { BOB };
    let streams: Vec<_> = (0..1000).map(|place| filter.open(&by(client(place)))).collect();
    filter.run(Duration::from_secs(1));
    filter.poll(page(2, [delete(ALICE)]));
    let mut ended_by = Vec::new();
    for _ in 0..4 {
        let tick = filter.tick();
        ended_by.push(tick.count(Call::CloseStream));
        assert!(filter.plugin.period() <= Duration::from_millis(5) || ended_by.len() == 4);
    }
    assert_eq!(ended_by, [128, 128, 128, 116], "a callback is short");
    for (place, stream) in streams.iter().enumerate() {
        let expected = [StreamState::Reset, StreamState::Passed][place % 2];
        assert_eq!(stream.state(), expected, "{place}");
    }
    assert_eq!(ended(&filter, "certificate_not_allowed"), 500);
    let defined = |tick: &Tick| tick.count(Call::DefineMetric);
    assert_eq!(defined(&filter.tick()), 0);
}

#[test]
fn a_list_that_changes_all_the_time_leaves_nobody_out() {
    let filter = Running::loaded(&ending(), [put(ALICE), put(BOB)]);
    let streams: Vec<_> = (0..600).map(|_| filter.open(&by(ALICE))).collect();
    for version in 2..5 {
        filter.poll(page(version, [delete(ALICE), put(BOB)]));
        filter.tick();
    }
    assert!(streams.iter().all(|stream| stream.state() == StreamState::Reset));
}

#[test]
fn a_stream_that_has_ended_is_forgotten() {
    let filter = Running::loaded(&ending(), [put(ALICE)]);
    let streams: Vec<_> = (0..3).map(|_| filter.open(&by(ALICE))).collect();
    drop(streams);
    filter.poll(page(2, [delete(ALICE)]));
    let tick = filter.tick();
    assert_eq!((tick.count(Call::EffectiveContext), tick.count(Call::CloseStream)), (1, 0));
}

#[test]
fn a_held_request_that_passes_is_a_stream_like_any_other() {
    let mut policy = ending();
    policy["lists"]["registered"]["start_wait"] = "2s".into();
    let filter = Running::filter(&policy, &Clock::new());
    let stream = filter.open(&by(ALICE));
    filter.tick();
    filter.answer(page(1, [put(ALICE)]));
    filter.tick();
    assert_eq!(stream.state(), StreamState::Passed);
    filter.poll(page(2, [delete(ALICE)]));
    filter.tick();
    assert_eq!(stream.state(), StreamState::Reset);
}
