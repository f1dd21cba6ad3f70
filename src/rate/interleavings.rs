//! Requests of several workers that reach for one slot at once: every order in which their looks and their
//! swaps can come, and for many requests orders by chance.
//!
//! What of the code was broken on purpose, and found: a swap that is done whatever lies there; a request that
//! is granted although its swap was lost, after one of them or after four; a slot whose time goes back to
//! that of a slower writer.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy sees tests in #[test] functions alone, and not in what they share"
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use proptest::prelude::*;

use super::*;

/// Shared data as in Envoy: numbers are counted over all keys, an absent key takes any, and 0 replaces any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Shared {
    values: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    numbers: u32,
}

impl Shared {
    fn set(&mut self, key: &[u8], value: &[u8], number: u32) -> bool {
        if self.values.get(key).is_some_and(|(_, now)| *now != number) && number != 0 {
            return false;
        }
        self.numbers += 1;
        self.values.insert(key.to_vec(), (value.to_vec(), self.numbers));
        true
    }
}

/// What a request asks of shared data.
#[derive(Clone, Debug)]
enum Call {
    Get(Vec<u8>),
    Set(Vec<u8>, Vec<u8>, u32),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Got(Option<(Vec<u8>, u32)>),
    Set(bool),
}

/// A request that is held at its next call. What it does depends on the answers alone, so it is run anew from
/// its beginning for every call, and stopped there.
struct Held<'a> {
    answers: RefCell<std::slice::Iter<'a, Answer>>,
    call: RefCell<Option<Call>>,
}

impl Held<'_> {
    fn answer(&self, call: Call) -> Result<Answer, Unreadable> {
        let answer = self.answers.borrow_mut().next().cloned();
        answer.ok_or_else(|| {
            *self.call.borrow_mut() = Some(call);
            Unreadable
        })
    }
}

impl Store for Held<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        match self.answer(Call::Get(key.to_vec()))? {
            Answer::Got(found) => Ok(found),
            Answer::Set(_) => Err(Unreadable),
        }
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        match self.answer(Call::Set(key.to_vec(), value.to_vec(), number))? {
            Answer::Set(is_done) => Ok(is_done),
            Answer::Got(_) => Err(Unreadable),
        }
    }
}

/// A worker: the times at which its requests read the clock, the answers that the first of them has had, and
/// when the ones before were granted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Worker {
    who: Digest,
    times: Vec<u64>,
    answers: Vec<Answer>,
    granted: Vec<u64>,
    refused: u32,
}

impl Worker {
    fn new(who: u8, times: Vec<u64>) -> Self {
        let mut digest = [0; 32];
        digest[9] = who;
        Self { who: digest, times, answers: Vec::new(), granted: Vec::new(), refused: 0 }
    }

    fn is_over(&self) -> bool {
        self.times.is_empty()
    }

    /// Has its next call answered.
    fn step(&mut self, shared: &mut Shared, rate: Rate) {
        let Err(call) = self.run(rate) else {
            return;
        };
        self.answers.push(match call {
            Call::Get(key) => Answer::Got(shared.values.get(&key).cloned()),
            Call::Set(key, value, number) => Answer::Set(shared.set(&key, &value, number)),
        });
        if let Ok(taken) = self.run(rate) {
            let time = self.times.remove(0);
            match taken {
                Taken::Granted => self.granted.push(time),
                Taken::Refused { .. } => self.refused += 1,
            }
            self.answers.clear();
        }
    }

    fn run(&self, rate: Rate) -> Result<Taken, Call> {
        let call = RefCell::default();
        let held = Held { answers: RefCell::new(self.answers.iter()), call };
        let table = Table::of_plugin(b"plugin");
        let taken = take(&held, &table, &self.who, rate, self.times[0]);
        taken.map_err(|_| held.call.into_inner().unwrap())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct World {
    shared: Shared,
    workers: Vec<Worker>,
}

impl World {
    fn granted(&self) -> usize {
        self.workers.iter().map(|worker| worker.granted.len()).sum()
    }
}

/// Every world that there can be in the end.
fn ends(begin: World, rate: Rate) -> Vec<World> {
    let (mut ends, mut seen, mut open) = (Vec::new(), HashSet::new(), vec![begin]);
    while let Some(world) = open.pop() {
        if world.workers.iter().all(Worker::is_over) {
            ends.push(world);
            continue;
        }
        for me in 0..world.workers.len() {
            if world.workers[me].is_over() {
                continue;
            }
            let mut next = world.clone();
            next.workers[me].step(&mut next.shared, rate);
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    ends
}

fn rate(requests: u32, seconds: u64, burst: u32) -> Rate {
    Rate { requests, per: Duration::from_secs(seconds), burst }
}

#[test]
fn in_every_order_the_burst_is_granted_and_no_more() {
    for (workers, each, bursts) in
        [(2, 1, 1..=3), (2, 3, 1..=7), (3, 1, 1..=4), (4, 1, 1..=5), (5, 1, 4..=4)]
    {
        let begin = World {
            workers: (0..workers).map(|_| Worker::new(0, vec![START; each])).collect(),
            ..World::default()
        };
        for burst in bursts {
            let ends = ends(begin.clone(), rate(1, 60, burst as u32));
            assert!(!ends.is_empty());
            for end in ends {
                // Whoever loses four swaps has lost them to four that were granted.
                let most = burst.min(workers * each);
                assert!((most.min(4)..=most).contains(&end.granted()), "{burst}: {end:?}");
            }
        }
    }
}

#[test]
fn in_every_order_others_in_the_slot_take_nothing_away() {
    let worker = |who| Worker::new(who, vec![START]);
    let begin = World { workers: (0..4).map(worker).collect(), ..World::default() };
    for end in ends(begin, rate(1, 60, 1)) {
        assert_eq!(end.granted(), 4, "{end:?}");
        let (value, _) = end.shared.values.values().next().unwrap();
        assert_eq!(value.len(), 1 + 8 + 4 * 16);
    }
}

#[test]
fn in_every_order_clocks_that_differ_grant_no_more() {
    // One reads its clock, and sleeps, while another's bucket fills again.
    let times = |times: &[u64]| times.iter().map(|time| START + time * SECOND).collect();
    let workers = vec![
        Worker::new(0, times(&[0, 9])),
        Worker::new(0, times(&[2, 5])),
        Worker::new(1, times(&[12])),
    ];
    for burst in 1..=3 {
        let begin = World { workers: workers.clone(), ..World::default() };
        for end in ends(begin, rate(1, 10, burst)) {
            let granted: usize = end.workers[..2].iter().map(|worker| worker.granted.len()).sum();
            // Twelve seconds in all: one more token.
            assert!(granted <= burst as usize + 1, "{burst}: {end:?}");
        }
    }
}

/// Workers, what their requests' clocks show, and who goes on when.
fn any_rush() -> impl Strategy<Value = (Vec<Worker>, Vec<prop::sample::Index>)> {
    let times = prop::collection::vec(0..20 * SECOND, 1..8).prop_map(|mut times| {
        times.sort_unstable();
        times.iter().map(|time| START + time).collect::<Vec<_>>()
    });
    let worker = (0..2_u8, times).prop_map(|(who, times)| Worker::new(who, times));
    let workers = prop::collection::vec(worker, 2..8);
    (workers, prop::collection::vec(any::<prop::sample::Index>(), 1000))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn by_chance_never_more_than_the_rate_says(
        (workers, turns) in any_rush(),
        (requests, seconds, burst) in (1..5_u32, 1..10_u64, 1..5_u32),
    ) {
        let rate = rate(requests, seconds, burst);
        let mut world = World { workers, ..World::default() };
        for turn in turns {
            let at_work: Vec<usize> =
                (0..world.workers.len()).filter(|me| !world.workers[*me].is_over()).collect();
            if at_work.is_empty() {
                break;
            }
            let me = at_work[turn.index(at_work.len())];
            world.workers[me].step(&mut world.shared, rate);
        }
        prop_assert!(world.workers.iter().all(Worker::is_over));
        for who in [0, 1] {
            let of_him = world.workers.iter().filter(|worker| worker.who[9] == who);
            let granted: Vec<u64> = of_him.flat_map(|worker| worker.granted.clone()).collect();
            // All may count as of the latest clock that the slot has seen, and none as of an earlier one.
            let (Some(first), Some(_)) = (granted.iter().min(), granted.iter().max()) else {
                continue;
            };
            let latest = START + 20 * SECOND;
            let more = u64::from(requests) * (latest - first) / (seconds * SECOND);
            prop_assert!(granted.len() as u64 <= u64::from(burst) + more, "{granted:?}");
        }
    }
}

const SECOND: u64 = 1_000_000_000;
const START: u64 = 10_000 * SECOND;
