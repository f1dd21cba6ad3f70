//! A host with one follower, in which time goes by as fast as it can be computed.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use peergate::dynamic::{DynamicList, Standing, Store};
use peergate::feed::{Request, Response};
use peergate::follower::{Event, Follower, Outside};
use peergate::{Headers, Memory, Policy, Reading, Source, Unreadable};
use serde_json::{Value, json};

/// What a feed answers, and when.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    /// Nanoseconds of the monotonic clock; `None`: never.
    pub(super) at: Option<u64>,
    pub(super) status: Option<u16>,
    pub(super) etag: String,
    pub(super) body: Vec<u8>,
}

/// Values by their keys, each with the number of the compare-and-swap that would replace it.
type Values = HashMap<Vec<u8>, (Vec<u8>, u32)>;

/// The host.
#[derive(Default)]
pub(super) struct World {
    values: RefCell<Values>,
    numbers: Cell<u32>,
    bytes: Cell<usize>,
    clock: Cell<u64>,
    /// Nanoseconds that each access to shared data takes, and each look at the clock.
    pub(super) cost: Cell<u64>,
    random: Cell<u64>,
    calls: RefCell<Vec<(u32, Request)>>,
    /// What was told, and when.
    pub(super) told: RefCell<Vec<(u64, Event)>>,
}

/// A follower in its host.
pub(super) struct Life {
    pub(super) world: World,
    pub(super) policy: Policy,
    pub(super) list: Arc<DynamicList>,
    pub(super) follower: Follower,
    replies: Vec<(u32, Reply)>,
    due: u64,
    /// The longest that a callback took, in nanoseconds.
    pub(super) longest: u64,
}

impl Life {
    /// A list as this part of a configuration has it.
    pub(super) fn new(list: Value) -> Self {
        let document = json!({
            "version": 1, "lists": { "l": list },
            "apis": [{
                "name": "a", "match": { "path_prefix": "/" }, "policy": "mandatory",
                "certificate": { "allow": ["l"], "validity": "unchecked" },
            }],
        });
        let policy = crate::policy(&document);
        let list = Arc::clone(policy.dynamic_lists().next().unwrap());
        let world = World::default();
        world.clock.set(START);
        let follower = Follower::new(Arc::clone(&list), false);
        Self { world, policy, list, follower, replies: Vec::new(), due: START, longest: 0 }
    }

    /// The time, in nanoseconds of the monotonic clock.
    pub(super) fn now(&self) -> u64 {
        self.world.clock.get()
    }

    /// Lives for so long.
    pub(super) fn run(&mut self, time: Duration, mut feed: impl FnMut(&Request, u64) -> Reply) {
        let end = self.now() + nanoseconds(time);
        self.run_until(&mut feed, |life| life.now() >= end);
    }

    /// Lives until something is so, at a callback's end.
    pub(super) fn run_until(
        &mut self,
        feed: &mut dyn FnMut(&Request, u64) -> Reply,
        mut is_over: impl FnMut(&Self) -> bool,
    ) {
        while !is_over(self) {
            let first = self
                .replies
                .iter()
                .enumerate()
                .filter_map(|(place, (_, reply))| Some((reply.at?, place)))
                .min();
            let began;
            match first.filter(|(at, _)| *at <= self.due) {
                Some((at, place)) => {
                    began = self.go_to(at);
                    let (number, reply) = self.replies.swap_remove(place);
                    let response = Response {
                        status: reply.status,
                        etag: Some(reply.etag.as_bytes()),
                        body_bytes: reply.body.len(),
                    };
                    let body = |most: usize| {
                        let mut body = reply.body;
                        body.truncate(most);
                        Ok(body)
                    };
                    self.follower.answered(&self.world, number, &response, body);
                    self.due = self.now();
                }
                None => {
                    began = self.go_to(self.due);
                    let pause = self.follower.tick(&self.world);
                    self.due = self.now() + nanoseconds(pause);
                }
            }
            self.longest = self.longest.max(self.now() - began);
            for (number, request) in self.world.calls.take() {
                self.replies.push((number, feed(&request, self.now())));
            }
        }
    }

    fn go_to(&self, time: u64) -> u64 {
        self.world.clock.set(time.max(self.now()));
        self.now()
    }

    pub(super) fn standing(&self) -> Standing {
        self.standing_or_none().unwrap()
    }

    /// `None` if somebody has written over it.
    pub(super) fn standing_or_none(&self) -> Option<Standing> {
        let head = self.world.values.borrow().get(&self.list.space().head()).cloned();
        Standing::read(head.map(|(bytes, _)| bytes).as_deref()).ok()
    }

    /// Who the holder of a certificate is, by its fingerprint; else why it is refused.
    pub(super) fn judge(&self, fingerprint: &str) -> Result<String, &'static str> {
        let connection = Connection { life: self, fingerprint };
        let headers: Headers<'_> = crate::request(b"a", b"/");
        let mut memory = Memory::default();
        let verdict = self.policy.judge(&headers, &connection, &mut memory);
        let refused = verdict.reason().word();
        verdict.accepted().map(|accepted| accepted.identity()).ok_or(refused)
    }

    /// The words of what was told since the last look, without the ends of polls.
    pub(super) fn told(&self) -> Vec<String> {
        let told = self.world.told.take().into_iter().map(|(_, event)| event);
        told.filter(Event::is_told).map(|event| event.to_string()).collect()
    }

    /// Keys in shared data, and their bytes with those of their values.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.world.values.borrow().len(), self.world.bytes.get())
    }
}

impl World {
    /// Writes over some keys as anybody may who can name them.
    pub(super) fn write_over(&self, is_hit: impl Fn(&[u8], &[u8]) -> bool, garbage: &[u8]) {
        for (key, (value, number)) in self.values.borrow_mut().iter_mut() {
            if is_hit(key, value) {
                self.numbers.set(self.numbers.get() + 1);
                (*value, *number) = (garbage.to_vec(), self.numbers.get());
            }
        }
    }
}

impl Store for World {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        self.clock.set(self.clock.get() + self.cost.get());
        Ok(self.values.borrow().get(key).cloned())
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        self.clock.set(self.clock.get() + self.cost.get());
        let mut values = self.values.borrow_mut();
        let old = values.get(key).map(|(old, own)| (old.len(), *own));
        if old.is_some_and(|(_, own)| number != 0 && number != own) {
            return Ok(false);
        }
        let before = old.map_or(0, |(old, _)| key.len() + old);
        self.bytes.set(self.bytes.get() + key.len() + value.len() - before);
        self.numbers.set(self.numbers.get() + 1);
        values.insert(key.to_vec(), (value.to_vec(), self.numbers.get()));
        Ok(true)
    }
}

impl Outside for World {
    fn monotonic(&self) -> Result<u64, Unreadable> {
        self.clock.set(self.clock.get() + self.cost.get());
        Ok(self.clock.get())
    }

    fn random(&self) -> u64 {
        self.random.set(self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let z = self.random.get();
        (z ^ (z >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    fn call(&self, _: &DynamicList, request: &Request) -> Result<u32, Unreadable> {
        self.numbers.set(self.numbers.get() + 1);
        self.calls.borrow_mut().push((self.numbers.get(), request.clone()));
        Ok(self.numbers.get())
    }

    fn tell(&self, _: &DynamicList, event: &Event) {
        self.told.borrow_mut().push((self.clock.get(), event.clone()));
    }
}

struct Connection<'l> {
    life: &'l Life,
    fingerprint: &'l str,
}

impl Source for Connection<'_> {
    fn virtual_host(&self) -> Reading {
        Ok(None)
    }
    fn route(&self) -> Reading {
        Ok(None)
    }
    fn server_name(&self) -> Reading {
        Ok(None)
    }
    fn tls_version(&self) -> Reading {
        Ok(Some(b"TLSv1.3".to_vec()))
    }
    fn fingerprint(&self) -> Reading {
        Ok(Some(self.fingerprint.as_bytes().to_vec()))
    }
    fn peer_certificate(&self) -> Reading {
        Ok(None)
    }
    fn filter_state_certificate(&self) -> Reading {
        Ok(None)
    }
    fn now(&self) -> Result<i64, Unreadable> {
        Ok(crate::host::NOW)
    }

    fn shared(&self, key: &[u8]) -> Reading {
        Ok(self.life.world.values.borrow().get(key).map(|(value, _)| value.clone()))
    }

    fn is_current(&self, list: &DynamicList) -> Result<bool, Unreadable> {
        Ok(list.is_current(&self.life.standing(), self.life.now()))
    }
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos() as u64
}

/// When it begins: a machine is never as young as that.
const START: u64 = 1_000_000_000_000;
