//! Requests: the first of a client, a later one, and one that is refused, from their headers to their trailers.

use std::time::Duration;

use peergate_mock::{Answer, Call, Filter, Request};

use super::expected::Expected;
use super::scene::{Prepared, Scene, scenes};
use super::wrong::{Place, Wrong, places};
use crate::dynamic::running::Running;

/// One scene, and what is known of it while nothing fails.
struct Walk<'s> {
    scene: &'s Scene,
    prepared: Prepared,
}

impl Walk<'_> {
    fn start(&self) -> Running<Filter> {
        self.scene.start(&self.prepared)
    }

    /// The first request of a client, a fresh filter for each fault: what a later one asks for too is left to
    /// that.
    fn first(&self) {
        let filter = self.start();
        let (first, later) = (filter.send(&self.scene.good), filter.send(&self.scene.good));
        drop(filter);
        self.scene.check_pass(&first, self.scene.name);
        let is_first = |place: &Place| is_log(place) || !later.host_calls().contains(&place.made);
        for place in places(first.host_calls()).iter().filter(|place| is_first(place)) {
            for wrong in Wrong::all(place.made.call) {
                self.check_good(&self.start(), place, &wrong);
            }
        }
    }

    /// Later ones, all of the same filter: no fault leaves anything behind.
    fn later(&self) {
        let filter = self.start();
        filter.send(&self.scene.good);
        let good = filter.send(&self.scene.good);
        // Only some lines of the same kind are written.
        for place in places(good.host_calls()).into_iter().filter(|place| !is_log(place)) {
            for wrong in Wrong::all(place.made.call) {
                self.check_good(&filter, &place, &wrong);
            }
        }
        drop(filter);
        let bad = self.start().send(&self.scene.bad);
        for place in places(bad.host_calls()) {
            for wrong in Wrong::all(place.made.call) {
                self.check_bad(&self.start(), &place, &wrong);
            }
        }
    }

    fn check_good(&self, filter: &Running<Filter>, place: &Place, wrong: &Wrong) {
        let name = format!("{}: {} ({}.) {wrong}", self.scene.name, place.made, place.same);
        let answer = send(filter, &self.scene.good, place, wrong, &name);
        let name = format!("{name}: {}", answer.reason());
        match Expected::of(place, wrong) {
            Expected::Same => self.scene.check_pass(&answer, &name),
            Expected::Without(property) => {
                let without = self.scene.good.clone().without_property(property);
                let honest = self.start().send(&without);
                assert_eq!(shown(&answer), shown(&honest), "{name}");
            }
            Expected::Refused(reasons) if reasons.contains(&answer.reason()) => {
                match answer.reason() {
                    "allowed" => self.scene.check_pass(&answer, &name),
                    // It had passed with its headers: what it is refused for are its trailers.
                    _ if self.is_of_trailers(place) => assert!(!answer.passed(), "{name}"),
                    _ => check_refused(&answer, &name),
                }
            }
            Expected::Refused(reasons) => panic!("{name}: not one of {reasons:?}"),
            Expected::Lied => {
                let state = answer.filter_state("wasm.peergate");
                assert!(state.is_none() || answer.passed(), "{name}");
            }
        }
        self.check_next(filter, &name);
    }

    fn check_bad(&self, filter: &Running<Filter>, place: &Place, wrong: &Wrong) {
        let name = format!("{}: {} ({}.) {wrong}", self.scene.name, place.made, place.same);
        let answer = send(filter, &self.scene.bad, place, wrong, &name);
        let name = format!("{name}: {}", answer.reason());
        match Expected::of(place, wrong) {
            // Who presents nothing may be somebody to whom nothing is refused.
            Expected::Without(property) => {
                let without = self.scene.bad.clone().without_property(property);
                let honest = self.start().send(&without);
                assert_eq!(shown(&answer), shown(&honest), "{name}");
            }
            expected => {
                assert!(!answer.passed(), "{name}");
                assert_eq!(answer.filter_state("wasm.peergate"), None, "{name}");
                let is_told = place.made.call != Call::LocalResponse;
                assert_eq!(answer.reply().is_some(), is_told, "{name}");
                let is_expected = match expected {
                    Expected::Refused(reasons) => reasons.contains(&answer.reason()),
                    _ => false,
                };
                assert!(is_expected || answer.reason() == self.scene.refused, "{name}");
            }
        }
        self.check_next(filter, &name);
    }

    /// Whether a call is made after the guard's filter state was set.
    fn is_of_trailers(&self, place: &Place) -> bool {
        let is_trailer = |name: &str| name == "trailers" || name == "x-client-identity";
        matches!(place.made.call, Call::HeaderPairs | Call::RemoveHeader)
            && is_trailer(place.argument())
    }

    /// The next stream knows nothing of it.
    fn check_next(&self, filter: &Running<Filter>, name: &str) {
        // Until then tokens of a rate are there again that a lost slot took.
        filter.clock.pass(Duration::from_secs(2));
        let name = format!("after {name}");
        self.scene.check_pass(&filter.send(&self.scene.good), &name);
        let bad = filter.send(&self.scene.bad);
        assert_eq!(bad.reason(), self.scene.refused, "{name}");
        check_refused(&bad, &name);
    }
}

/// A request one of whose calls goes wrong, and whose end asks nothing of the host any more.
fn send(
    filter: &Running<Filter>,
    request: &Request,
    place: &Place,
    wrong: &Wrong,
    name: &str,
) -> Answer {
    let stream = filter.open(&request.clone().fault(wrong.at(place)));
    let before = stream.answer().host_calls().len();
    let answer = stream.close();
    assert_eq!(answer.host_calls().len(), before, "{name}");
    assert!(place.is_reached(answer.host_calls()), "{name}: it never came to that");
    answer
}

fn is_log(place: &Place) -> bool {
    place.made.call == Call::Log
}

fn check_refused(answer: &Answer, name: &str) {
    assert!(!answer.passed(), "{name}");
    assert!(answer.status().is_some_and(|status| status >= 400), "{name}");
    assert_eq!(answer.details(), format!("peergate_{}", answer.reason()), "{name}");
    assert_eq!(answer.filter_state("wasm.peergate"), None, "{name}");
    assert_eq!(answer.all_upstream_headers().count(), 0, "{name}");
}

/// All that is seen of an answer.
fn shown(answer: &Answer) -> impl PartialEq + std::fmt::Debug {
    let headers =
        answer.all_upstream_headers().map(|(name, value)| (name.to_vec(), value.to_vec()));
    let states = ["wasm.peergate", "wasm.peergate_verdict"]
        .map(|name| answer.filter_state(name).map(str::to_owned));
    (answer.passed(), answer.reply().cloned(), headers.collect::<Vec<_>>(), states)
}

fn walk(name: &str) {
    let all = scenes();
    let scene = all.iter().find(|scene| scene.name == name).unwrap();
    let walk = Walk { scene, prepared: scene.prepare() };
    walk.first();
    walk.later();
}

macro_rules! walks {
    ($($test:ident: $($name:literal),+;)+) => {
        $(
            #[test]
            fn $test() {
                [$($name),+].into_iter().for_each(walk);
            }
        )+

        #[test]
        fn every_scene_is_walked() {
            let walked = [$($($name),+),+];
            assert_eq!(scenes().iter().map(|scene| scene.name).collect::<Vec<_>>(), walked);
        }
    };
}

walks! {
    pins: "a fingerprint", "a pinned one", "the whole leaf";
    authorities: "an authority", "an authority that revokes";
    a_list_of_a_feed: "a list of a feed";
    places_of_requests: "virtual hosts and routes", "a server name";
    tokens: "a token that is bound", "a token with a rate";
    keys: "a key", "a key with a rate";
    all_credentials: "a certificate, a token and a key";
    exceptions: "optional, with a certificate", "optional", "ignored", "open", "shadow", "unmatched";
}
