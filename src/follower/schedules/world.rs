//! What the threads of a schedule have in common, and each one's way to it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::baton::{Baton, START};
use super::chance::Chance;
use super::feed::{Nature, Sent, answer};
use super::history::History;
use super::watch::Watch;
use crate::dynamic::{DynamicList, Store};
use crate::evidence::Unreadable;
use crate::feed::Request;
use crate::follower::{Event, Outside};

pub(super) struct World {
    pub(super) baton: Baton,
    pub(super) list: Arc<DynamicList>,
    pub(super) common: Mutex<Common>,
    /// When faults, and changes of the list, come to an end.
    pub(super) quiet_from: u64,
}

pub(super) struct Common {
    /// As in Envoy: numbers are counted over all keys, and an absent key takes any.
    values: HashMap<Vec<u8>, (Vec<u8>, u32)>,
    numbers: u32,
    pub(super) history: History,
    pub(super) watch: Watch,
    pub(super) chance: Chance,
    pub(super) nature: Nature,
    calls: u32,
    /// What has happened: told of a schedule that fails.
    pub(super) past: Vec<String>,
}

/// One thread's way to the world.
pub(super) struct Seat<'w> {
    pub(super) world: &'w World,
    pub(super) me: usize,
    /// Answers to its requests: when they come, and their numbers.
    pub(super) pending: RefCell<Vec<(u64, u32, Sent)>>,
}

/// Ends a thread whose VM is gone.
pub(super) struct Died;

impl World {
    pub(super) fn new(
        baton: Baton,
        list: Arc<DynamicList>,
        chance: Chance,
        nature: Nature,
        quiet_from: u64,
    ) -> Self {
        let history = History::new();
        let watch = Watch::new(list.space(), history.cast.len());
        let values = HashMap::new();
        let past = Vec::new();
        let common = Common { values, numbers: 0, history, watch, chance, nature, calls: 0, past };
        Self { baton, list, common: Mutex::new(common), quiet_from }
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.common.lock().unwrap().values.get(key).cloned()
    }

    /// What came before a failure.
    pub(super) fn past(&self) -> String {
        let past = &self.common.lock().unwrap().past;
        past[past.len().saturating_sub(TOLD)..].join("\n")
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.baton.clock() >= self.quiet_from
    }
}

impl Seat<'_> {
    fn note(&self, what: &dyn std::fmt::Debug) {
        let clock = (self.world.baton.clock() - START) / 1000;
        let line = format!("{clock} µs, {}: {what:?}", self.me);
        self.world.common.lock().unwrap().past.push(line);
    }

    /// A step of the schedule: others may go on first, and it may take long, fail, or never happen, once in
    /// so many times.
    fn step(&self, rarity: u64) -> Result<(), Unreadable> {
        let baton = &self.world.baton;
        baton.point(self.me);
        if self.world.is_quiet() {
            return Ok(());
        }
        match baton.below(rarity) {
            // Longer than a lease, mostly.
            0..7 => {
                self.note(&"sleeps");
                baton.sleep(self.me, baton.clock() + 2 * SECOND + baton.below(7 * SECOND));
                self.note(&"wakes");
            }
            7..9 => {
                self.note(&"dies");
                std::panic::resume_unwind(Box::new(Died))
            }
            9 => {
                self.note(&"cannot read");
                return Err(Unreadable);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Store for Seat<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        self.step(3000)?;
        Ok(self.world.get(key))
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        // Where it matters most: before an entry is written, which sweeps do seldom.
        self.step(if key.len() == BUCKET_KEY && value.len() > 8 { 300 } else { 3000 })?;
        let now = self.world.baton.clock();
        let checked = {
            let Common { values, numbers, history, watch, .. } =
                &mut *self.world.common.lock().unwrap();
            let found = values.get(key);
            if found.is_some_and(|(_, own)| number != 0 && number != *own) {
                return Ok(false);
            }
            *numbers += 1;
            values.insert(key.to_vec(), (value.to_vec(), *numbers));
            watch.wrote(history, key, value, now)
        };
        if let Ok(Some(what)) | Err(what) = &checked {
            self.note(what);
        }
        match checked {
            Ok(_) => Ok(true),
            Err(what) => self.world.baton.fail(what),
        }
    }
}

impl Outside for Seat<'_> {
    fn monotonic(&self) -> Result<u64, Unreadable> {
        Ok(self.world.baton.clock())
    }

    fn random(&self) -> u64 {
        self.world.baton.random()
    }

    fn call(&self, _: &DynamicList, request: &Request) -> Result<u32, Unreadable> {
        self.note(request);
        let is_quiet = self.world.is_quiet();
        let now = self.world.baton.clock();
        let Common { history, chance, nature, calls, .. } = &mut *self.world.common.lock().unwrap();
        if !is_quiet && chance.below(40) == 0 {
            return Err(Unreadable);
        }
        *calls += 1;
        // It is answered at once, and takes a while to come.
        let nature = Nature { is_calm: is_quiet, ..*nature };
        let etag = request.if_none_match.as_deref();
        let sent = answer(history, chance, nature, request.feed, &request.path, etag);
        let delay = if chance.below(10) == 0 {
            chance.below(9 * SECOND)
        } else {
            chance.below(SECOND / 50)
        };
        // Some never come.
        if is_quiet || chance.below(60) > 0 {
            self.pending.borrow_mut().push((now + delay, *calls, sent));
        }
        Ok(*calls)
    }

    fn tell(&self, _: &DynamicList, event: &Event) {
        self.note(event);
        if let Event::Leads { term } = event {
            let checked = self.world.common.lock().unwrap().watch.leads(*term);
            checked.unwrap_or_else(|what| self.world.baton.fail(what));
        }
        if *event == Event::Corrupt {
            self.world.baton.fail("a list that is called corrupt".to_owned());
        }
    }
}

pub(super) const SECOND: u64 = 1_000_000_000;

const BUCKET_KEY: usize = 18;

/// Lines of its past that are told of a schedule that fails.
const TOLD: usize = 60;
