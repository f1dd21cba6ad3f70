//! The expiry watch: gauges, and lines that are written once a day, whoever writes them.

use std::thread;

use crate::authorities::{DIRECT, LIST, trusting};
use crate::{NOW, load, request, send};
use peergate_mock::{Call, Fault, Filter, Level, SharedData, Status};
use serde_json::json;

/// A list with all that can end.
fn ending() -> serde_json::Value {
    let mut policy = trusting();
    let entries = policy["lists"]["partners"]["entries"].as_array_mut().unwrap();
    entries[0]["crl"] = LIST.into();
    for (digit, not_after) in [("1", "2026-12-01T00:00:00Z"), ("2", "2026-11-01T00:00:00Z")] {
        entries.push(json!({"sha256": digit.repeat(64), "not_after": not_after}));
    }
    policy
}

fn gauge(filter: &Filter, name: &str) -> u64 {
    filter.metric(&format!("peergate.list.partners.{name}"))
}

#[test]
fn gauges_say_how_lists_stand() {
    let filter = load(&ending());
    assert!(filter.tick_period().is_some());
    filter.tick(NOW).unwrap();
    assert_eq!((gauge(&filter, "expiring"), gauge(&filter, "expired")), (1, 1));
    assert_eq!(gauge(&filter, "crl_seconds_left"), 9 * 86_400);
    assert_eq!(gauge(&filter, "skipped"), 0);
    filter.tick("2026-12-25T00:00:00Z").unwrap();
    assert_eq!((gauge(&filter, "expiring"), gauge(&filter, "expired")), (0, 2));
    assert_eq!(gauge(&filter, "crl_seconds_left"), 0);
}

#[test]
fn a_line_for_each_is_written_once_a_day_by_one_worker() {
    let shared = SharedData::new();
    let lines = |at: &'static str| -> Vec<String> {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let filter = load(&ending());
                    shared.join();
                    let tick = filter.tick(at).unwrap();
                    tick.logs().iter().map(|log| log.message.clone()).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    };
    let mut first = lines(NOW);
    first.sort();
    let subject = "CN=Authority,O=Peergate mock";
    assert_eq!(
        first,
        [
            format!(
                r#"{{"event":"peergate_expiry","list":"partners","entry":0,"what":"revocation list","subject":"{subject}","state":"expiring","not_after":"2026-12-01T00:00:00Z"}}"#
            ),
            r#"{"event":"peergate_expiry","list":"partners","entry":1,"what":"entry","state":"expiring","not_after":"2026-12-01T00:00:00Z"}"#.to_owned(),
            r#"{"event":"peergate_expiry","list":"partners","entry":2,"what":"entry","state":"expired","not_after":"2026-11-01T00:00:00Z"}"#.to_owned(),
        ]
    );
    assert!(lines("2026-11-22T23:59:59Z").is_empty());
    assert_eq!(lines("2026-11-23T00:00:00Z").len(), 3);
}

#[test]
fn a_client_whose_certificate_will_end_is_told_of_once_a_day() {
    let filter = load(&trusting());
    let told = |at: &str| send(&filter, request().certificate(DIRECT).at(at)).logs().to_vec();
    assert!(told("2026-11-22T00:00:00Z").is_empty());
    let lines = told("2026-12-10T00:00:00Z");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].level, Level::Warn);
    let line: serde_json::Value = serde_json::from_str(&lines[0].message).unwrap();
    assert_eq!(
        (&line["what"], &line["identity"]),
        (&json!("client"), &json!("CN=direct,O=Peergate mock"))
    );
    assert_eq!(line["not_after"], "2027-01-01T00:00:00Z");
    assert!(told("2026-12-10T12:00:00Z").is_empty());
    assert_eq!(told("2026-12-11T00:00:00Z").len(), 1);
    // Other workers, and this one after a new configuration, find it told.
    let again = load(&trusting());
    let answer = send(&again, request().certificate(DIRECT).at("2026-12-11T01:00:00Z"));
    assert!(answer.passed() && answer.logs().is_empty());
}

#[test]
fn the_time_of_warning_can_be_chosen() {
    let mut policy = ending();
    policy["global"] = json!({"expiry_warning": "86400s"});
    let filter = load(&policy);
    filter.tick(NOW).unwrap();
    assert_eq!((gauge(&filter, "expiring"), gauge(&filter, "expired")), (0, 1));
}

#[test]
fn a_host_that_fails_a_tick_harms_nobody() {
    let filter = load(&ending());
    for call in [Call::Time, Call::SharedData, Call::SetSharedData, Call::TickPeriod] {
        for status in [Status::INTERNAL_FAILURE, Status::NOT_FOUND, Status::CAS_MISMATCH] {
            let tick = filter.tick_with(NOW, [Fault::status(call, status)]).unwrap();
            assert!(tick.count(Call::SetSharedData) <= 4, "{call:?} {status:?}");
        }
    }
    assert!(send(&filter, request().certificate(DIRECT)).passed());
}

#[test]
fn an_entry_that_cannot_be_used_is_skipped_if_the_list_says_so() {
    let mut policy = trusting();
    let list = &mut policy["lists"]["partners"];
    list["entries"].as_array_mut().unwrap().insert(0, json!({"ca": DIRECT}));
    let error = Filter::load(&policy.to_string()).unwrap_err();
    let problem =
        "lists.partners.entries[0].ca: not an authority: its basic constraints do not say CA:TRUE";
    assert_eq!(error.logs()[0].message, format!("invalid policy: {problem}"));

    policy["lists"]["partners"]["on_invalid_entry"] = "skip".into();
    let filter = load(&policy);
    assert_eq!(filter.logs()[0].message, format!("skipped entry: {problem}"));
    assert!(send(&filter, request().certificate(DIRECT)).passed());
    filter.tick(NOW).unwrap();
    assert_eq!(gauge(&filter, "skipped"), 1);

    // A list that is left empty admits nobody.
    policy["lists"]["partners"]["entries"].as_array_mut().unwrap().truncate(1);
    let answer = send(&load(&policy), request().certificate(DIRECT));
    assert_eq!(answer.reason(), "certificate_not_allowed");
}
