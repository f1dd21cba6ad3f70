//! Filters while they are configured, and the ticks of those that have no list to keep.

use peergate_mock::{Call, Filter, Tick};
use serde_json::json;

use super::scene::scenes;
use super::wrong::{Wrong, places};
use crate::authorities::{DIRECT, LIST, trusting};
use crate::{NOW, load, request, send};

#[test]
fn configuring() {
    for scene in scenes() {
        let loaded = scene.load_with(Vec::new()).unwrap();
        let is_configuration = |call| call == Call::Buffer;
        assert!(loaded.host_calls().iter().any(|made| is_configuration(made.call)));
        for place in places(&loaded.host_calls()) {
            for wrong in Wrong::all(place.made.call) {
                let name = format!("{}: {} {wrong}", scene.name, place.made);
                match scene.load_with(vec![wrong.at(&place)]) {
                    // A timer that was not set is asked for again, and a line that is lost is lost.
                    Ok(filter) => {
                        assert!(!is_configuration(place.made.call), "{name}");
                        check(&filter, &scene, &name);
                    }
                    Err(error) => {
                        assert!(is_configuration(place.made.call), "{name}");
                        let problem = &error.logs()[0].message;
                        assert!(problem.starts_with("invalid policy: "), "{name}: {problem}");
                    }
                }
                // The next one, in the same VM.
                check(&scene.load_with(Vec::new()).unwrap(), &scene, &name);
            }
        }
    }
}

fn check(filter: &Filter, scene: &super::scene::Scene, name: &str) {
    let bad = send(filter, scene.bad.clone());
    assert!(!bad.passed(), "{name}");
    if !scene.is_fed() {
        scene.check_pass(&send(filter, scene.good.clone()), name);
        assert_eq!(bad.reason(), scene.refused, "{name}");
    }
}

/// A filter whose lists hold what is soon out of date: it tells of that once a day.
#[test]
fn watching() {
    let mut policy = trusting();
    let entries = policy["lists"]["partners"]["entries"].as_array_mut().unwrap();
    entries[0]["crl"] = LIST.into();
    entries.push(json!({"sha256": "1".repeat(64), "not_after": "2026-12-01T00:00:00Z"}));
    let tick =
        |filter: &Filter, wrong: Option<_>| -> Tick { filter.tick_with(NOW, wrong).unwrap() };
    let direct = || request().certificate(DIRECT);
    let recorded = tick(&load(&policy), None);
    let used = [Call::Time, Call::Log, Call::RecordMetric, Call::SetSharedData, Call::TickPeriod];
    for call in used {
        assert!(recorded.count(call) > 0, "{call} is not made");
    }
    for place in places(recorded.host_calls()) {
        for wrong in Wrong::all(place.made.call) {
            let filter = load(&policy);
            let name = format!("{} ({}.) {wrong}", place.made, place.same);
            let struck = tick(&filter, Some(wrong.at(&place)));
            assert!(place.is_reached(struck.host_calls()), "{name}");
            tick(&filter, None);
            assert!(filter.tick_period().is_some(), "{name}: it is called again");
            let stranger = request().certificate(crate::STRANGER);
            assert_eq!(send(&filter, stranger).reason(), "certificate_not_allowed", "{name}");
        }
    }
    // Of those that admit, one for all of them: signatures take the guest long.
    let filter = load(&policy);
    for place in places(recorded.host_calls()) {
        tick(&filter, Some(Wrong::Status(10).at(&place)));
        assert!(send(&filter, direct()).passed(), "{}", place.made);
    }
}
