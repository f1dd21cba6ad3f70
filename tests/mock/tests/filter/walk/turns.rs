//! What happens between requests: requests that were held are let go, a list changes, the streams of a revoked
//! client are ended, the filter leaves. Told again and again over one list, with a fault at each call of each turn.

use std::cell::Cell;
use std::time::Duration;

use peergate_mock::{
    Call, CallResponse, Fault, Filter, HostCall, HttpCall, OpenStream, Request, Status, StreamState,
};
use serde_json::{Value, json};

use super::expected::Expected;
use super::wrong::{Place, Wrong, places};
use crate::authorities::{AUTHORITY, DIRECT};
use crate::credentials::{BOUND, KEY, key, policy as credential_policy};
use crate::dynamic::running::Running;
use crate::dynamic::{list, page, reset};
use crate::{NOW, PARTNER, PARTNER_FINGERPRINT, STRANGER, policy};

/// A client who is registered and revoked, one who stays, and one who was never registered.
struct Tale {
    policy: Value,
    /// Makes the client pass.
    register: Value,
    /// Makes him pass no more.
    revoke: Value,
    /// What else is registered.
    others: Vec<Value>,
    own: Request,
    stays: Request,
    nobody: Request,
}

/// A list and the filter that keeps it, through all that happens to it.
struct Stage<'t> {
    tale: &'t Tale,
    leader: Running<Filter>,
    version: Cell<u64>,
}

/// What goes wrong in a turn.
type Struck<'a> = Option<(&'a Place, &'a Wrong)>;

impl<'t> Stage<'t> {
    fn new(tale: &'t Tale) -> Self {
        let changes = tale.others.iter().chain([&tale.register]).cloned();
        Self { tale, leader: Running::loaded(&tale.policy, changes), version: Cell::new(1) }
    }

    /// Has the feed answer all calls that wait, the client being so from now on.
    fn answer(&self, change: &Value) {
        for call in self.leader.plugin.pending_calls() {
            let response = self.response(change, &call);
            self.leader.set_clock();
            self.leader.plugin.answer_call(call.token, response, NOW).unwrap();
        }
    }

    fn response(&self, change: &Value, call: &HttpCall) -> CallResponse {
        self.version.set(self.version.get() + 1);
        if call.header(":path").unwrap().contains("after=") {
            return page(self.version.get(), [change.clone()]);
        }
        // For one that begins anew, all of the list.
        reset(self.version.get(), self.tale.others.iter().chain([change]).cloned())
    }

    /// Goes on, with nothing going wrong, until something is so.
    fn settle(&self, change: &Value, place: &str, is_so: impl Fn(&Running<Filter>) -> bool) {
        for _ in 0..200 {
            if is_so(&self.leader) {
                return;
            }
            self.answer(change);
            self.pass();
            self.leader.tick();
        }
        panic!("{place}: it does not come to an end: {:?}", self.leader.plugin.logs().last());
    }

    fn pass(&self) {
        self.leader.clock.pass(Duration::from_millis(250));
    }

    /// All is well: whoever is registered passes, and nobody else.
    fn check(&self, is_registered: bool, place: &str) {
        let sent = |request: &Request| self.leader.send(request);
        assert_eq!(sent(&self.tale.own).passed(), is_registered, "{place}");
        assert!(sent(&self.tale.stays).passed(), "{place}");
        let nobody = sent(&self.tale.nobody);
        assert!(!nobody.passed() && nobody.reason() != "internal", "{place}: {}", nobody.reason());
    }

    /// A filter on which requests were held lets them go, since the list is there.
    fn resume(&self, struck: Struck<'_>, place: &str) -> Vec<HostCall> {
        let filter = Running::filter(&self.tale.policy, &self.leader.clock);
        let unseen = || Fault::status(Call::SharedData, Status::NOT_FOUND);
        let hold = |request: &Request| filter.open(&request.clone().fault(unseen()));
        let (own, nobody) = (hold(&self.tale.own), hold(&self.tale.nobody));
        for stream in [&own, &nobody] {
            assert_eq!(
                stream.state(),
                StreamState::Paused,
                "{place}: {}",
                stream.answer().reason()
            );
        }
        let made = filter.tick_with(faults(struck)).host_calls().to_vec();
        for _ in 0..100 {
            self.pass();
            // Who leads goes on leading.
            self.leader.tick();
            filter.tick();
            check_nobody(&nobody, place);
            if is_settled(&own) && is_settled(&nobody) {
                break;
            }
        }
        assert!(is_settled(&own) && is_settled(&nobody), "{place}");
        let answer = own.answer();
        if struck.is_none() || own.state() == StreamState::Passed {
            assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"), "{place}");
        } else if own.state() == StreamState::Reset {
            // It passed, and was looked at again: its certificate is not there any more.
            let is_gone = struck.is_some_and(|(place, wrong)| wrong.is_absence(place.made.call));
            assert!(is_gone && answer.reason() == "allowed", "{place}: {}", answer.reason());
        } else {
            let is_expected = match struck.map(|(place, wrong)| Expected::of(place, wrong)) {
                Some(Expected::Refused(reasons)) => reasons.contains(&answer.reason()),
                Some(Expected::Without(property)) => {
                    // Of a client who is not known yet: there are other ways to his certificate.
                    let without = self.tale.own.clone().without_property(property);
                    let fresh = Running::filter(&self.tale.policy, &self.leader.clock);
                    fresh.send(&without).reason() == answer.reason()
                }
                _ => false,
            };
            assert!(is_expected, "{place}: {}", answer.reason());
        }
        assert!(filter.send(&self.tale.own).passed(), "{place}");
        assert!(!filter.send(&self.tale.nobody).passed(), "{place}");
        made
    }

    /// The client is revoked while he is being served: in the first turn the list changes, in the second one
    /// his stream is ended.
    fn revoke(&self, turn: usize, struck: Struck<'_>, place: &str) -> [Vec<HostCall>; 2] {
        let struck = |now: usize| if now == turn { faults(struck) } else { Vec::new() };
        let Tale { register, revoke, own, stays, .. } = self.tale;
        self.settle(register, place, |filter| filter.send(own).passed());
        self.settle(register, place, |filter| !filter.plugin.pending_calls().is_empty());
        let call = self.leader.plugin.pending_calls().remove(0);
        let streams = [own, stays].map(|request| self.leader.open(request));
        assert!(streams.iter().all(|stream| stream.state() == StreamState::Passed), "{place}");
        let (token, response) = (call.token, self.response(revoke, &call));
        let answered =
            self.leader.plugin.answer_call_with(token, response, NOW, struck(0)).unwrap();
        self.pass();
        let ticked = self.leader.tick_with(struck(1));
        self.settle(revoke, place, |filter| {
            let sent = filter.send(own);
            let is_refused = !sent.passed() && sent.reason() != "internal";
            is_refused && streams[0].state() == StreamState::Reset
        });
        assert_eq!(streams[1].state(), StreamState::Passed, "{place}: he was not revoked");
        self.check(false, place);
        [answered.host_calls().to_vec(), ticked.host_calls().to_vec()]
    }
}

fn faults(struck: Struck<'_>) -> Vec<Fault> {
    struck.into_iter().map(|(place, wrong)| wrong.at(place)).collect()
}

fn check_nobody(stream: &OpenStream<'_>, place: &str) {
    assert_ne!(stream.state(), StreamState::Passed, "{place}");
    assert_eq!(stream.answer().filter_state("wasm.peergate"), None, "{place}");
}

/// A reply that could not be sent leaves a request waiting.
fn is_settled(stream: &OpenStream<'_>) -> bool {
    let is_stuck = |answer: peergate_mock::Answer| {
        answer.logs().iter().any(|log| log.message == "a refusal could not be sent")
    };
    stream.state() != StreamState::Paused || is_stuck(stream.answer())
}

/// Tells a tale with a fault at each call of each turn, and another one at each.
fn walk(tale: &Tale) {
    let stage = Stage::new(tale);
    let resumed = stage.resume(None, "nothing fails");
    let [revoked, ended] = stage.revoke(0, None, "nothing fails");
    stage.settle(&tale.register, "nothing fails", |filter| filter.send(&tale.own).passed());
    each(&resumed, |place, wrong| {
        let name = format!("resumed: {} ({}.) {wrong}", place.made, place.same);
        stage.resume(Some((place, wrong)), &name);
    });
    for (turn, calls) in [revoked, ended].iter().enumerate() {
        each(calls, |place, wrong| {
            let name = format!("turn {turn}: {} ({}.) {wrong}", place.made, place.same);
            stage.revoke(turn, Some((place, wrong)), &name);
        });
    }
}

/// The calls of a turn, with one fault each: what goes wrong with a call goes round.
fn each(calls: &[HostCall], mut act: impl FnMut(&Place, &Wrong)) {
    let is_metric = |place: &&Place| place.made.call.name().ends_with("_metric");
    for (index, place) in places(calls).iter().filter(|place| !is_metric(place)).enumerate() {
        let wrongs = Wrong::some(place.made.call);
        act(place, &wrongs[index % wrongs.len()]);
    }
}

fn ending(mut policy: Value) -> Value {
    policy["lists"]["registered"]["start_wait"] = "60s".into();
    policy["apis"][0]["open_streams"] = "end".into();
    policy
}

fn orders() -> Request {
    Request::get("https://api.example.com/orders").at(NOW)
}

#[test]
fn certificates() {
    let mut policy = policy();
    policy["lists"] = json!({"registered": list()});
    policy["apis"][0]["certificate"] = json!({"allow": ["registered"], "validity": "unchecked"});
    let entry = |fingerprint: &str| json!({"certificate": fingerprint, "apis": ["*"]});
    walk(&Tale {
        policy: ending(policy),
        register: json!({"put": entry(PARTNER_FINGERPRINT)}),
        revoke: json!({"delete": {"certificate": PARTNER_FINGERPRINT}}),
        others: vec![json!({"put": entry(&"a1".repeat(32))})],
        own: orders().certificate(PARTNER),
        stays: orders().fingerprint(&"a1".repeat(32)),
        nobody: orders().certificate(STRANGER),
    });
}

/// A list that only refuses: its client is pinned.
#[test]
fn denials() {
    let mut policy = policy();
    policy["lists"]["registered"] = list();
    policy["lists"]["partners"]["entries"] = json!([
        {"pem": PARTNER, "identity": "partner-a"}, {"ca": AUTHORITY},
    ]);
    policy["global"] = json!({"deny": ["registered"]});
    let denied = json!({"deny": {"certificate": PARTNER_FINGERPRINT}});
    walk(&Tale {
        policy: ending(policy),
        register: json!({"delete": denied}),
        revoke: json!({"put": denied}),
        others: vec![json!({"put": {"deny": {"certificate": "00".repeat(32)}}})],
        own: orders().certificate(PARTNER),
        stays: orders().certificate(DIRECT),
        nobody: orders().certificate(STRANGER),
    });
}

#[test]
fn all_credentials() {
    let requirement = json!(["certificate", "jwt", "api_key"]);
    let entry = |name: &str, is_active: bool| {
        key(name, json!({"certificates": [PARTNER_FINGERPRINT], "active": is_active}))
    };
    let by =
        |name: &str| orders().certificate(PARTNER).jwt_payload(BOUND).header("x-api-key", name);
    walk(&Tale {
        policy: ending(credential_policy(&requirement)),
        register: entry(KEY, true),
        revoke: entry(KEY, false),
        others: vec![entry("another", true)],
        own: by(KEY),
        stays: by("another"),
        nobody: by("unknown"),
    });
}

/// Whoever is next takes the list on, however the leader left.
#[test]
fn leaving() {
    let tale = Tale {
        policy: ending(credential_policy(&json!(["api_key"]))),
        register: key(KEY, json!({})),
        revoke: key(KEY, json!({"active": false})),
        others: vec![],
        own: orders().header("x-api-key", KEY),
        stays: orders().header("x-api-key", KEY),
        nobody: orders().header("x-api-key", "unknown"),
    };
    let leave = |struck: Struck<'_>, name: &str| {
        let Stage { leader, .. } = Stage::new(&tale);
        let next = Stage {
            tale: &tale,
            leader: Running::filter(&tale.policy, &leader.clock),
            version: Cell::new(1),
        };
        let stream = leader.open(&tale.own);
        drop(stream);
        let made = leader.plugin.unload_with(faults(struck)).host_calls().to_vec();
        next.check(true, name);
        next.settle(&tale.revoke, name, |filter| !filter.send(&tale.own).passed());
        made
    };
    let made = leave(None, "nothing fails");
    assert!(!made.is_empty(), "it has something to leave to others");
    each(&made, |place, wrong| {
        let name = format!("leaving: {} ({}.) {wrong}", place.made, place.same);
        leave(Some((place, wrong)), &name);
    });
}
