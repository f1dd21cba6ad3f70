//! Random requests without end, through the filter in the native host mock: policies and lists change under them,
//! host calls fail, streams stay open. Nobody passes without the guard's mark, nothing traps, nothing grows.

mod lists;
mod random;
mod shape;

use std::collections::BTreeMap;

use peergate_mock::{Answer, Filter, OpenStream, SharedData};

use crate::policies::POLICIES;
use random::Random;
use shape::Shapes;

/// What has been done so far.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Requests that were sent.
    pub requests: u64,
    /// Those of them that passed.
    pub passed: u64,
    /// Policies that took the place of others.
    pub policies: u64,
    /// Answers of feeds.
    pub answers: u64,
    /// Streams that stayed open for a while.
    pub streams: u64,
    /// How many requests there were of each reason to pass or be refused.
    pub reasons: BTreeMap<String, u64>,
}

/// Requests, made from a seed.
#[derive(Debug)]
pub struct Soak {
    random: Random,
    shapes: Shapes,
    done: Done,
    /// Seconds that the monotonic clock shows.
    seconds: u64,
}

impl Soak {
    /// The same seed makes the same requests.
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            shapes: Shapes::new(),
            done: Done::default(),
            seconds: 1_000_000,
        }
    }

    /// Sends so many requests, and tells how far it is after every so many.
    ///
    /// # Panics
    /// If something does not hold that must.
    pub fn run(mut self, requests: u64, every: u64, mut tell: impl FnMut(&Done)) {
        let mut filter = self.load();
        while self.done.requests < requests {
            let end = requests.min(self.done.requests + POLICY);
            filter = self.round(&filter, end, every, &mut tell);
            self.done.policies += 1;
        }
    }

    /// Sends requests under one policy, until another takes its place.
    fn round(
        &mut self,
        filter: &Filter,
        end: u64,
        every: u64,
        tell: &mut impl FnMut(&Done),
    ) -> Filter {
        let mut open: Vec<(OpenStream<'_>, bool)> = Vec::new();
        while self.done.requests < end {
            let (request, is_odd) = self.shapes.request(&mut self.random);
            self.done.requests += 1;
            if self.random.once_in(50) {
                self.done.streams += 1;
                open.push((filter.open(&request).unwrap(), is_odd));
                if open.len() > STREAMS {
                    let place = self.random.below(open.len());
                    let (stream, is_odd) = open.swap_remove(place);
                    self.check(&stream.close(), is_odd);
                }
            } else {
                self.check(&filter.send(&request).unwrap(), is_odd);
            }
            if self.done.requests.is_multiple_of(LIST) {
                self.change_lists(filter);
            }
            if self.done.requests.is_multiple_of(GARBAGE) {
                self.write_over();
            }
            if self.done.requests.is_multiple_of(every) {
                tell(&self.done);
            }
        }
        // Both are there for a while, as in Envoy.
        let next = self.load();
        for (stream, is_odd) in open {
            self.check(&stream.close(), is_odd);
        }
        next
    }

    /// The next policy; one that is refused changes nothing.
    fn load(&mut self) -> Filter {
        let text = &self.random.choose(&*POLICIES).text;
        let mut spoilt = text.clone().into_bytes();
        let place = self.random.below(spoilt.len());
        spoilt.truncate(place);
        assert!(Filter::load_bytes(&spoilt).is_err());
        let filter = Filter::load(text).unwrap();
        // Its lists are filled before its clients come.
        for _ in 0..8 {
            self.change_lists(&filter);
        }
        filter
    }

    /// Somebody writes over what the workers share.
    fn write_over(&mut self) {
        let shared = SharedData::current();
        let keys = shared.keys();
        if !keys.is_empty() {
            let garbage = self.random.bytes(60);
            shared.set(self.random.choose(&keys), garbage);
        }
    }

    fn check(&mut self, answer: &Answer, is_odd: bool) {
        self.done.passed += u64::from(answer.passed());
        match self.done.reasons.get_mut(answer.reason()) {
            Some(count) => *count += 1,
            None => drop(self.done.reasons.insert(answer.reason().to_owned(), 1)),
        }
        // A host may say that it has done what it has not: then the guard refuses what is not marked.
        if is_odd {
            return;
        }
        let guard = answer.filter_state("wasm.peergate");
        if answer.passed() {
            assert_eq!(guard, Some("allowed"));
            let says = !answer.upstream_headers("x-client-identity").is_empty();
            assert!(!says || answer.identity().is_some(), "the upstream believes a client");
        } else {
            assert_eq!(guard, None, "refused as {}", answer.reason());
            let is_told = answer.reply().is_some() || answer.paused() || answer.reset();
            assert!(is_told, "refused without a word");
        }
    }
}

/// Requests under one policy.
const POLICY: u64 = 20_000;
/// Requests between two answers of a feed.
const LIST: u64 = 500;
/// Requests until somebody writes over shared data.
const GARBAGE: u64 = 50_000;
/// Streams that are open at a time.
const STREAMS: usize = 16;
