//! Which thread goes on: one at a time, chosen by a number that a schedule begins with, so that every schedule
//! can be run again. Time is simulated: it goes on when all wait, and a little at each step.

use std::sync::{Condvar, Mutex};

use super::chance::Chance;

/// How the next thread is chosen.
#[derive(Clone, Copy, Debug)]
pub(super) enum How {
    /// Any of them, at every step with some chance.
    Random,
    /// The one of the highest priority, of which there are as many as threads; at a few steps the running one
    /// gets the lowest. Finds what takes few, but well chosen, changes of threads (PCT).
    Priorities,
}

pub(super) struct Baton {
    inner: Mutex<Inner>,
    turns: Vec<Condvar>,
}

struct Inner {
    how: How,
    running: usize,
    /// Nanoseconds at which each may go on; `None`: it has ended.
    wakes: Vec<Option<u64>>,
    priorities: Vec<i64>,
    clock: u64,
    chance: Chance,
    failure: Option<String>,
}

/// Ends a thread of a schedule that has failed.
pub(super) struct Failed;

impl Baton {
    /// For some threads, each of which must [`begin`](Self::begin).
    pub(super) fn new(threads: usize, how: How, mut chance: Chance) -> Self {
        let priorities = (0..threads).map(|_| chance.below(1000) as i64).collect();
        let inner = Inner {
            how,
            running: 0,
            wakes: vec![Some(START); threads],
            priorities,
            clock: START,
            chance,
            failure: None,
        };
        Self { inner: Mutex::new(inner), turns: (0..threads).map(|_| Condvar::new()).collect() }
    }

    pub(super) fn begin(&self, me: usize) {
        self.wait(me);
    }

    /// Where another may go on.
    pub(super) fn point(&self, me: usize) {
        let mut inner = self.inner.lock().unwrap();
        inner.clock += inner.chance.below(20_000);
        self.pass(inner, me);
    }

    /// Waits until some time.
    pub(super) fn sleep(&self, me: usize, until: u64) {
        let mut inner = self.inner.lock().unwrap();
        inner.wakes[me] = Some(until);
        self.pass(inner, me);
    }

    pub(super) fn end(&self, me: usize) {
        let mut inner = self.inner.lock().unwrap();
        inner.wakes[me] = None;
        if let Some(next) = inner.choose(me) {
            inner.running = next;
            self.turns[next].notify_one();
        }
    }

    /// Has all threads end.
    pub(super) fn fail(&self, what: String) -> ! {
        self.inner.lock().unwrap().failure.get_or_insert(what);
        std::panic::resume_unwind(Box::new(Failed))
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.inner.lock().unwrap().failure.clone()
    }

    pub(super) fn clock(&self) -> u64 {
        self.inner.lock().unwrap().clock
    }

    pub(super) fn below(&self, number: u64) -> u64 {
        self.inner.lock().unwrap().chance.below(number)
    }

    pub(super) fn random(&self) -> u64 {
        self.inner.lock().unwrap().chance.next()
    }

    fn pass(&self, mut inner: std::sync::MutexGuard<'_, Inner>, me: usize) {
        let next = inner.choose(me).unwrap();
        inner.running = next;
        drop(inner);
        if next != me {
            self.turns[next].notify_one();
        }
        self.wait(me);
    }

    fn wait(&self, me: usize) {
        let mut inner = self.inner.lock().unwrap();
        while inner.running != me {
            inner = self.turns[me].wait(inner).unwrap();
        }
        if inner.failure.is_some() {
            drop(inner);
            std::panic::resume_unwind(Box::new(Failed));
        }
    }
}

impl Inner {
    /// Who is next; `None` if all have ended.
    fn choose(&mut self, me: usize) -> Option<usize> {
        let soonest = self.wakes.iter().flatten().min().copied()?;
        self.clock = self.clock.max(soonest);
        let clock = self.clock;
        let is_ready = |wake: &Option<u64>| wake.is_some_and(|wake| wake <= clock);
        if self.failure.is_some() {
            return self.wakes.iter().position(Option::is_some);
        }
        match self.how {
            How::Random => {
                if is_ready(&self.wakes[me]) && self.chance.below(4) > 0 {
                    return Some(me);
                }
                let ready: Vec<usize> =
                    (0..self.wakes.len()).filter(|one| is_ready(&self.wakes[*one])).collect();
                Some(ready[self.chance.below(ready.len() as u64) as usize])
            }
            How::Priorities => {
                if self.chance.below(150) == 0 {
                    self.priorities[me] = self.priorities.iter().min().unwrap() - 1;
                }
                (0..self.wakes.len())
                    .filter(|one| is_ready(&self.wakes[*one]))
                    .max_by_key(|one| self.priorities[*one])
            }
        }
    }
}

/// When schedules begin, in nanoseconds.
pub(super) const START: u64 = 1_000_000_000_000;
