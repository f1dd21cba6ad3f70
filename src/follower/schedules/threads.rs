//! What the threads of a schedule do.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::baton::{Failed, START};
use super::history::{CLIENTS, DENIED, digest};
use super::world::{Died, SECOND, Seat, World};
use crate::dynamic::{DynamicList, Standing};
use crate::evidence::{Reading, Source, Unreadable};
use crate::feed::Response;
use crate::follower::Follower;
use crate::memory::Memory;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::request::Headers;

/// Runs a thread to its end, or to that of the schedule.
pub(super) fn run(world: &World, me: usize, thread: impl Fn()) {
    let begun = catch_unwind(AssertUnwindSafe(|| world.baton.begin(me)));
    while begun.is_ok() {
        match catch_unwind(AssertUnwindSafe(&thread)) {
            Ok(()) => break,
            Err(payload) if payload.is::<Failed>() => break,
            // Another VM takes its place.
            Err(payload) if payload.is::<Died>() => {}
            Err(payload) => {
                world.baton.end(me);
                resume_unwind(payload);
            }
        }
    }
    world.baton.end(me);
}

/// A VM that follows the list, until the world is quiet and the list as it should be.
pub(super) fn follow(world: &World, me: usize, is_service: bool) {
    let seat = Seat { world, me, pending: Default::default() };
    let mut follower = Follower::new(Arc::clone(&world.list), is_service);
    let mut due = world.baton.clock();
    loop {
        let answer = seat.pending.borrow().iter().map(|(at, ..)| *at).min();
        world.baton.sleep(me, answer.unwrap_or(due).min(due));
        let now = world.baton.clock();
        let come = seat.pending.borrow().iter().position(|(at, ..)| *at <= now);
        if let Some(come) = come {
            let (_, number, sent) = seat.pending.borrow_mut().remove(come);
            let response = Response {
                status: sent.status,
                etag: Some(sent.etag.as_bytes()),
                body_bytes: sent.body.len(),
            };
            follower.answered(&seat, number, &response, |most| {
                Ok(sent.body[..sent.body.len().min(most)].to_vec())
            });
        }
        due = now + follower.tick(&seat).as_nanos() as u64;
        if !world.is_quiet() && world.baton.below(500) == 0 {
            follower.stop(&seat);
        }
        let quiet = now.saturating_sub(world.quiet_from);
        let is_settled = {
            let common = world.common.lock().unwrap();
            common.watch.is_settled(&common.history)
        };
        if is_settled && quiet > 4 * SECOND {
            // Whoever leads stays until the others have seen it.
            if !follower.leads() || quiet > 60 * SECOND {
                return;
            }
            due += SECOND;
        }
        if quiet > 200 * SECOND {
            world.baton.fail("the list does not come to what the feed says".to_owned());
        }
    }
}

/// Whoever changes the list.
pub(super) fn publish(world: &World, me: usize) {
    while !world.is_quiet() {
        world.baton.sleep(me, world.baton.clock() + world.baton.below(3 * SECOND));
        let common = &mut *world.common.lock().unwrap();
        for _ in 0..=common.chance.below(4) {
            common.history.publish(&mut common.chance);
        }
    }
}

/// A worker that serves requests.
pub(super) fn serve(world: &World, me: usize, policy: &Policy) {
    let mut memory = Memory::default();
    while !world.is_quiet() {
        world.baton.sleep(me, world.baton.clock() + world.baton.below(2 * SECOND));
        // Those with denials are asked for in either way; only the one without needs no more than that.
        let client = world.baton.below(u64::from(DENIED)) as u8;
        let (path, key): (&[u8], _) = match world.baton.below(2) {
            0 => (b"/allow", usize::from(client)),
            _ => (b"/deny", usize::from(CLIENTS + client)),
        };
        let (from, was_loaded) = {
            let watch = &world.common.lock().unwrap().watch;
            (watch.floor(key), watch.head.is_loaded)
        };
        let connection = Connection { world, me, client };
        let request =
            Headers::new(vec![(b":method", b"GET"), (b":authority", b"a"), (b":path", path)]);
        let verdict = policy.judge(&request, &connection, &mut memory);
        let identity = verdict.accepted().map(|accepted| accepted.identity());
        let is_it = |said: Option<u64>| match verdict.reason() {
            Reason::Allowed => said.map(|said| format!("v{said}")) == identity,
            Reason::CertificateDenied => said.is_some(),
            // With it, other denials would be looked for.
            Reason::CertificateUnavailable | Reason::CertificateNotAllowed => said.is_none(),
            // No list is older than it may be here.
            Reason::ListStale => !was_loaded,
            _ => false,
        };
        let history = &world.common.lock().unwrap().history;
        let is_right = (from..=history.latest()).any(|version| is_it(history.at(key, version)));
        if !is_right {
            let reason = verdict.reason();
            world.baton.fail(format!("client {client}: {reason} {:?}", verdict.accepted()));
        }
    }
}

struct Connection<'w> {
    world: &'w World,
    me: usize,
    client: u8,
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
        Ok(Some(hex::encode(digest(self.client)).into_bytes()))
    }
    fn peer_certificate(&self) -> Reading {
        Ok(None)
    }
    fn filter_state_certificate(&self) -> Reading {
        Ok(None)
    }
    fn now(&self) -> Result<i64, Unreadable> {
        Ok(1_782_907_200)
    }

    fn shared(&self, key: &[u8]) -> Reading {
        self.world.baton.point(self.me);
        Ok(self.world.get(key).map(|(value, _)| value))
    }

    fn is_current(&self, list: &DynamicList) -> Result<bool, Unreadable> {
        let head = self.shared(&list.space().head())?;
        let standing = Standing::read(head.as_deref()).map_err(|_| Unreadable)?;
        Ok(list.is_current(&standing, self.world.baton.clock()))
    }
}

/// How long lists change, and everything fails.
pub(super) const STORM: Duration = Duration::from_secs(25);

/// When that is over.
pub(super) fn quiet_from() -> u64 {
    START + STORM.as_nanos() as u64
}
