//! What a request passes with, as the filter does it: by what an earlier one passed with, or else by judging it.

use peergate::{CONNECTION, Effects, Headers, Memory, Policy, Reply, Source, Verdict};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::certificates::any_certificate;
use crate::config;
use crate::host::{Host, NOW};
use crate::judging::pairs;
use crate::plan::plans;
use crate::readings::{any_host, honest};

/// All that is done to a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Done {
    remove: Vec<Vec<u8>>,
    set: Vec<(String, Vec<u8>)>,
    state: Vec<(String, String)>,
    reply: Option<Reply>,
    api: Option<usize>,
}

/// Does what the filter does, and tells whether it was done by memory.
pub(crate) fn done(
    policy: &Policy,
    headers: &Headers<'_>,
    source: &impl Source,
    memory: &mut Memory,
) -> (Done, bool) {
    let mut aim = policy.aim(headers, source);
    let pass = aim.as_mut().ok().and_then(|aim| policy.recall(aim, headers, source, memory));
    let Some(pass) = pass else {
        let verdict = policy.judge_under(aim, headers, source, memory);
        policy.remember(&verdict, memory);
        return (Done::by(policy, &verdict, headers), false);
    };
    let mut remove: Vec<Vec<u8>> = Vec::new();
    for name in policy.spoofed(headers).filter(|name| !pass.replaces(name, headers)) {
        // Once more removes no more.
        if !remove.iter().any(|known| known == name) {
            remove.push(name.to_vec());
        }
    }
    let mut set = Vec::new();
    match policy.connection_options(headers) {
        None => {}
        Some(left) if left.is_empty() => remove.push(CONNECTION.as_bytes().to_vec()),
        Some(left) => set.push((CONNECTION.to_owned(), left)),
    }
    set.extend(pass.set().map(|(name, value)| (name.to_owned(), value.to_vec())));
    let state = pass.state().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (Done { remove, set, state, reply: None, api: Some(pass.api_position()) }, true)
}

/// What would be done if no request were done by memory.
pub(crate) fn judged(
    policy: &Policy,
    headers: &Headers<'_>,
    source: &impl Source,
    memory: &mut Memory,
) -> Done {
    Done::by(policy, &policy.judge(headers, source, memory), headers)
}

impl Done {
    fn by(policy: &Policy, verdict: &Verdict<'_>, headers: &Headers<'_>) -> Self {
        Self::of(policy.effects(verdict, headers), verdict.api_position())
    }

    fn of(effects: Effects<'_>, api: Option<usize>) -> Self {
        let Effects { remove, set, state, reply } = effects;
        let set = set.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned()));
        let state = state.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned()));
        Self {
            remove: remove.into_iter().map(<[u8]>::to_vec).collect(),
            set: set.collect(),
            state: state.collect(),
            reply,
            api,
        }
    }
}

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A few hosts of a few clients, and requests over their connections, at any time.
fn requests() -> impl Strategy<Value = Vec<(Host, Pairs)>> {
    let honest = any_certificate().prop_map(honest);
    let hosts = prop::collection::vec(prop_oneof![3 => honest, 1 => any_host()], 1..4);
    let times = select(vec![NOW, NOW, NOW, NOW + 599, NOW + 601, NOW - 1, NOW + 4_000_000_000, 0]);
    let usual = [(":method", "GET"), (":authority", "api.example.com"), (":path", "/x")];
    let usual = usual.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    // Most of them for one place, else no two would be alike.
    let pairs = (pairs(), prop::bool::weighted(0.8)).prop_map(move |(mut pairs, is_usual)| {
        if is_usual {
            pairs.splice(0..0, usual.clone());
        }
        pairs
    });
    let requests = (any::<Index>(), times, pairs);
    (hosts, prop::collection::vec(requests, 2..12)).prop_map(|(hosts, requests)| {
        let request = |(host, now, pairs): (Index, i64, _)| {
            let host: &Host = host.get(&hosts);
            (Host { now: host.now.map(|_| now), ..host.clone() }, pairs)
        };
        requests.into_iter().map(request).collect()
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_done_by_memory_is_what_would_be_judged(
        (_, policy) in plans(),
        requests in requests(),
    ) {
        let [mut passes, mut memory] = [(); 2].map(|()| Memory::default());
        for (host, pairs) in &requests {
            let headers = pairs.iter().map(|(name, value)| (&name[..], &value[..]));
            let headers = Headers::new(headers.collect());
            let expected = judged(&policy, &headers, host, &mut memory);
            let (found, is_by_memory) = done(&policy, &headers, host, &mut passes);
            prop_assert_eq!(found, expected, "{}", is_by_memory);
        }
    }
}

/// The property above would hold of nothing too.
#[test]
fn there_are_requests_that_are_done_by_memory() {
    let mut runner = TestRunner::deterministic();
    let mut count = 0;
    for _ in 0..300 {
        let ((_, policy), requests) =
            (plans(), requests()).new_tree(&mut runner).unwrap().current();
        let mut memory = Memory::default();
        for (host, pairs) in &requests {
            let headers = pairs.iter().map(|(name, value)| (&name[..], &value[..]));
            let headers = Headers::new(headers.collect());
            count += usize::from(done(&policy, &headers, host, &mut memory).1);
        }
    }
    assert!(count > 50, "{count}");
}
