//! A host that fails in the middle of things: nobody passes by that, and all is well again once the host
//! is.

use std::collections::BTreeMap;

use peergate_mock::{Call, OpenStream, StreamState};

use super::*;

/// The turns of the story that [`play`] tells.
const TURNS: usize = 6;

/// Holds requests at first, and ends those of clients that were revoked.
fn thorough() -> Value {
    let mut policy = policy();
    policy["lists"]["registered"]["start_wait"] = "60s".into();
    policy["apis"][0]["open_streams"] = "end".into();
    policy
}

/// A feed that has Alice on its list, and takes her away in version 2.
fn answer(path: &str, version: u64) -> CallResponse {
    let after = path.split_once("after=").map(|(_, after)| after);
    match (after, version) {
        (None, 1) => page(1, [put(ALICE)]),
        (None, _) => page(version, []),
        (Some("c1"), 2) => page(2, [delete(ALICE)]),
        _ => CallResponse::new(204),
    }
}

/// What happens to one filter.
struct Story<'f> {
    filter: &'f Running<Filter>,
    streams: Vec<OpenStream<'f>>,
    bob: OpenStream<'f>,
    is_revoked: bool,
    place: &'f str,
}

impl Story<'_> {
    /// What must hold at any time.
    fn check(&mut self) {
        let place = self.place;
        assert_ne!(self.bob.state(), StreamState::Passed, "{place}");
        let bob = self.filter.open(&by(BOB));
        assert_ne!(bob.state(), StreamState::Passed, "{place}");
        drop(bob);
        let alice = self.filter.send(&by(ALICE));
        assert!(!self.is_revoked || !alice.passed(), "{place}: it comes back");
    }

    /// Has the feed answer, from now on without faults, until all is as it is to be.
    fn go_on(&mut self, version: u64, is_done: impl Fn(&Self) -> bool) {
        for _ in 0..400 {
            if is_done(self) {
                return;
            }
            for call in self.filter.plugin.pending() {
                let response = answer(call.header(":path").unwrap(), version);
                self.filter.set_clock();
                self.filter.plugin.answer_call(call.token, response, NOW).unwrap();
                self.check();
            }
            self.filter.clock.pass(Duration::from_millis(250));
            self.filter.tick();
            self.check();
        }
        panic!("{}: {:?}", self.place, self.filter.states());
    }
}

/// Tells the story of a client that is held, passes, and is revoked; in one of its turns these faults
/// happen. Returns the host calls of each turn.
fn play(turn: usize, faults: &[Fault], place: &str) -> Vec<Vec<Call>> {
    let mut made = Vec::new();
    let filter = &Running::filter(&thorough(), &Clock::new());
    let faults = |now| if now == turn { faults.to_vec() } else { Vec::new() };
    let mut note = |calls: &[peergate_mock::HostCall]| {
        made.push(calls.iter().map(|made| made.call).collect());
    };
    let (alice, bob) = (filter.open(&by(ALICE)), filter.open(&by(BOB)));
    let mut story = Story { filter, streams: vec![alice], bob, is_revoked: false, place };
    assert_eq!(story.streams[0].state(), StreamState::Paused);
    // 0 and 1: it leads, asks, and is answered.
    note(filter.tick_with(faults(0)).host_calls());
    story.check();
    story.go_on(1, |_| !filter.plugin.pending().is_empty());
    let response = answer(filter.call().header(":path").unwrap(), 1);
    note(filter.answer_with(response, faults(1)).host_calls());
    story.check();
    // 2: those who were held go on.
    filter.clock.pass(Duration::from_millis(20));
    note(filter.tick_with(faults(2)).host_calls());
    story.check();
    story.go_on(1, |_| filter.reason(ALICE) == "allowed");
    // A reply that could not be sent leaves the request waiting.
    let is_stuck = |stream: &OpenStream<'_>| {
        let logs = stream.answer().logs().to_vec();
        logs.iter().any(|log| log.message == "a refusal could not be sent")
    };
    story.go_on(1, |story| {
        let is_settled =
            |stream: &OpenStream<'_>| stream.state() != StreamState::Paused || is_stuck(stream);
        story.streams.iter().chain([&story.bob]).all(is_settled)
    });
    // 3: a request of one who is known, and of one who is not.
    let with = |fingerprint| faults(3).into_iter().fold(by(fingerprint), Request::fault);
    let known = filter.send(&with(ALICE));
    note(known.host_calls());
    if known.passed() {
        assert_eq!(known.upstream_headers("x-client-identity"), [ALICE], "{place}");
    }
    assert!(!filter.send(&with(BOB)).passed(), "{place}");
    story.check();
    // 4 and 5: she is revoked, and her requests end.
    story.streams.push(filter.open(&by(ALICE)));
    assert_eq!(story.streams[1].state(), StreamState::Passed, "{place}");
    story.go_on(1, |_| !filter.plugin.pending().is_empty());
    let response = answer(filter.call().header(":path").unwrap(), 2);
    note(filter.answer_with(response, faults(4)).host_calls());
    story.is_revoked = filter.reason(ALICE) == "certificate_not_allowed";
    story.check();
    filter.clock.pass(Duration::from_millis(250));
    note(filter.tick_with(faults(5)).host_calls());
    story.check();
    story.go_on(2, |_| filter.reason(ALICE) == "certificate_not_allowed");
    story.is_revoked = true;
    story
        .go_on(2, |story| story.streams.iter().all(|stream| stream.state() != StreamState::Passed));
    assert_eq!(story.streams[1].state(), StreamState::Reset, "{place}");
    made
}

/// The places in a turn where a fault may strike: calls of each kind, the first ones and the last.
fn places(made: &[Call]) -> Vec<(Call, usize)> {
    let mut counts = BTreeMap::<&str, (Call, usize)>::new();
    for call in made {
        counts.entry(call.name()).or_insert((*call, 0)).1 += 1;
    }
    let nths = |(call, count): (Call, usize)| {
        let is_metric = call.name().ends_with("_metric");
        let mut nths = if is_metric { vec![1] } else { vec![1, 2, 3, count] };
        nths.retain(|nth| *nth <= count);
        nths.dedup();
        nths.into_iter().map(move |nth| (call, nth))
    };
    counts.into_values().flat_map(nths).collect()
}

/// What may go wrong with a call. A host that says it has done what it has not is nothing that anybody could
/// notice.
fn effects(call: Call, place: usize) -> Vec<(String, Fault)> {
    let statuses = [1, 2, 3, 4, 6, 7, 8, 10, 12, 58, 999, u32::MAX];
    let number = statuses[place * 5 % statuses.len()];
    let mut effects = vec![(format!("status {number}"), Fault::status(call, Status(number)))];
    if matches!(call, Call::Time | Call::Monotonic | Call::DefineMetric | Call::HttpCall) {
        effects.push(("empty".to_owned(), Fault::empty(call)));
    }
    if matches!(call, Call::SharedData | Call::HeaderPairs | Call::Buffer | Call::Property) {
        effects.push(("empty".to_owned(), Fault::empty(call)));
        effects.push(("garbage".to_owned(), Fault::returns(call, "garbage")));
    }
    effects
}

fn strike(turn: usize) {
    let whole = play(TURNS, &[], "nothing fails");
    assert_eq!(whole.len(), TURNS);
    for (place, (call, nth)) in places(&whole[turn]).into_iter().enumerate() {
        let mut effects = effects(call, place);
        let (what, fault) = effects.swap_remove(nth % effects.len());
        play(turn, &[fault.nth(nth)], &format!("turn {turn}: {call} ({nth}.) {what}"));
    }
    // All calls of a kind, as long as the turn lasts.
    let kinds: BTreeMap<&str, Call> = whole[turn].iter().map(|call| (call.name(), *call)).collect();
    for call in kinds.into_values() {
        let status = match call {
            // As if others were always faster, and as if nobody had ever written anything.
            Call::SetSharedData => Status::CAS_MISMATCH,
            Call::SharedData => Status::NOT_FOUND,
            _ => Status::INTERNAL_FAILURE,
        };
        play(turn, &[Fault::status(call, status)], &format!("turn {turn}: every {call}"));
    }
}

#[test]
fn on_the_first_tick() {
    strike(0);
}

#[test]
fn when_the_list_comes() {
    strike(1);
}

#[test]
fn when_requests_are_let_go() {
    strike(2);
}

#[test]
fn on_a_request() {
    strike(3);
}

#[test]
fn when_a_change_comes() {
    strike(4);
}

#[test]
fn when_streams_are_ended() {
    strike(5);
}
