//! The follower of a list: contends for its lease, and as its leader keeps it in step with its feed.
//!
//! Every VM that knows a list has one. It does no IO: [`Outside`] does, and calls it back.

mod apply;
mod event;
mod leader;
mod numbers;
#[cfg(all(test, not(target_family = "wasm")))]
mod schedules;
mod walk;
mod work;

use std::sync::Arc;
use std::time::Duration;

use crate::dynamic::{DynamicList, Hand, Owner, Stop, Store, Term};
use crate::evidence::Unreadable;
use crate::feed::{Request, Response};

pub use event::Event;
use leader::Leader;
pub use walk::Walk;

/// What a follower needs of the world.
pub trait Outside: Store {
    /// Nanoseconds of a clock that all VMs of the process share and nobody sets.
    ///
    /// # Errors
    /// [`Unreadable`], here and below, if the host fails.
    fn monotonic(&self) -> Result<u64, Unreadable>;
    /// A number that nobody can guess.
    fn random(&self) -> u64;
    /// Sends a request; what comes of it is given to [`Follower::answered`] under the same number.
    fn call(&self, list: &DynamicList, request: &Request) -> Result<u32, Unreadable>;
    /// Takes note of what has happened.
    fn tell(&self, list: &DynamicList, event: &Event);
}

/// The follower of one list in one VM.
#[derive(Debug)]
pub struct Follower {
    list: Arc<DynamicList>,
    owner: Owner,
    leader: Option<Leader>,
    /// When the lease is looked at again.
    looks_at: u64,
}

impl Follower {
    /// A follower that has yet to look who leads.
    pub fn new(list: Arc<DynamicList>, is_service: bool) -> Self {
        Self { list, owner: Owner { id: 0, is_service }, leader: None, looks_at: 0 }
    }

    /// The list that it follows.
    pub fn list(&self) -> &Arc<DynamicList> {
        &self.list
    }

    /// Whether it is this one that fills the list.
    pub fn leads(&self) -> bool {
        self.leader.is_some()
    }

    /// Does what is due, for a few milliseconds at the most. Returns when it wants to be called again.
    pub fn tick(&mut self, outside: &impl Outside) -> Duration {
        match self.go_on(outside, true) {
            Ok(pause) => pause,
            Err(Unreadable) => {
                self.step_down(outside, &Event::Unreadable);
                LOOK
            }
        }
    }

    /// Takes the answer to one of its requests, and works on it for a few milliseconds at the most. Returns
    /// when it wants to be called again; `None` if the number is not of its own. `body` reads at most so
    /// many bytes of the answer's body.
    pub fn answered(
        &mut self,
        outside: &impl Outside,
        number: u32,
        response: &Response<'_>,
        body: impl FnOnce(usize) -> Result<Vec<u8>, Unreadable>,
    ) -> Option<Duration> {
        self.leader.as_ref().filter(|leader| leader.awaits(number))?;
        Some(self.take_answer(outside, response, body).unwrap_or_else(|Unreadable| {
            self.step_down(outside, &Event::Unreadable);
            LOOK
        }))
    }

    /// Leaves the list to others.
    pub fn stop(&mut self, outside: &impl Outside) {
        if let Some(leader) = &self.leader {
            // If that fails, the lease runs out by itself.
            let _ = leader.hand().release(outside, self.owner);
        }
        self.step_down(outside, &Event::Follows);
    }

    fn take_answer(
        &mut self,
        outside: &impl Outside,
        response: &Response<'_>,
        body: impl FnOnce(usize) -> Result<Vec<u8>, Unreadable>,
    ) -> Result<Duration, Unreadable> {
        let now = outside.monotonic()?;
        if let Some(leader) = &mut self.leader
            && leader.answered(outside, now, response, body)?.is_none()
        {
            self.step_down(outside, &Event::Follows);
        }
        self.go_on(outside, false)
    }

    /// Sees to the lease, then works.
    fn go_on(&mut self, outside: &impl Outside, may_lead: bool) -> Result<Duration, Unreadable> {
        let now = outside.monotonic()?;
        // A leader that slept past its time asks first whether it still is one.
        if now >= self.looks_at && (may_lead || self.leader.is_some()) {
            self.hold(outside, now)?;
            self.looks_at = now.saturating_add(nanoseconds(LOOK));
        }
        let Some(leader) = &mut self.leader else {
            return Ok(LOOK);
        };
        match leader.work(outside, now)? {
            Some(pause) => Ok(pause),
            None => {
                self.step_down(outside, &Event::Follows);
                Ok(LOOK)
            }
        }
    }

    fn hold(&mut self, outside: &impl Outside, now: u64) -> Result<(), Unreadable> {
        if self.leader.is_none() {
            // Another each time: what was begun under the last one is over.
            self.owner.id = outside.random();
        }
        match Hand::hold(outside, self.list.space(), self.owner, now)? {
            None if self.leader.is_some() => self.step_down(outside, &Event::Follows),
            None => {}
            Some((hand, Term::New(begin))) => {
                outside.tell(&self.list, &Event::Leads { term: hand.term() });
                let list = Arc::clone(&self.list);
                self.leader = Some(Leader::new(outside, list, hand, begin, now));
            }
            Some((_, Term::Same { is_head_lost: false })) => {}
            // Its leader knows what was in it, but for who has written over what else.
            Some((_, Term::Same { is_head_lost: true })) => {
                let leader = self.leader.as_mut();
                match leader.map_or(Ok(()), |leader| leader.update_head(outside, |_| {})) {
                    Ok(()) => {}
                    Err(Stop::Superseded) => self.step_down(outside, &Event::Follows),
                    Err(Stop::Unreadable) => return Err(Unreadable),
                }
            }
        }
        Ok(())
    }

    fn step_down(&mut self, outside: &impl Outside, event: &Event) {
        if self.leader.take().is_some() {
            outside.tell(&self.list, event);
        }
    }
}

/// How often the lease is looked at: often enough that two misses do not lose it.
const LOOK: Duration = Duration::from_secs(1);

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
