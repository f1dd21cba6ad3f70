//! Followers, the feed, and requests on threads of their own that share data as workers of Envoy do, in
//! thousands of schedules. Every access to shared data is a point at which another thread may go on, and at
//! which the one at work may sleep for longer than its lease, die, or be failed by the host.
//!
//! At every write: no key goes back to what it had before a version that readers have seen of it, or that the
//! head record says is applied. So what is deleted stays away, a leader that was asleep undoes nothing of its
//! successor's, and what a reset lists before and after is there all the time. A client that is denied all the
//! time, or whenever it is registered, is never without a denial, although these lie in other buckets and
//! change with every version. Terms, versions, rounds and the time of the last answer never fall, no two lead in one
//! term, and counts are exact. Requests are answered by the policy as one of the versions that can be seen
//! by then has it. In the end, when nothing fails any more, the list is what the feed says.
//!
//! What of the code was broken on purpose, and found within 1,500 schedules of each kind:
//!
//! - `Hand::edit` or `Hand::update_head` without its look at the term; a lease's term that is no higher than the
//!   last; a lease that is renewed although another has taken it
//! - a compare-and-swap with number 0 (always done) for a bucket, the head or the lease, or where there is none
//! - no fence; one that leaves buckets alone that are not there yet
//! - a reset that empties buckets as it fills them; a commit that drops what is confirmed, or staged records of
//!   any round; a round used twice; a change that leaves staged records behind
//! - denials of a reset that are not seen first, go before the end, or never; the same within a page
//! - every change of a page made, and not each key's last one
//! - pages of older versions taken, or no note of the newest before it is seen; the place in the head kept while
//!   a page is applied, or while a reset ends, or moved before
//! - an answer that is awaited for ever; another feed's cursor sent; counts without what is lifted
//!
//! Not found, since something else makes up for it: a fence that leaves staged records (their round is over),
//! a failed renewal that is taken for one (terms tell), a leader that goes on for a second although it was
//! told that it is none (the same), a lease that is over at once. What takes a key twice in one reset is in
//! the tests of buckets.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy sees tests in #[test] functions alone, and not in what they share"
)]

mod baton;
mod chance;
mod feed;
mod history;
mod threads;
mod watch;
mod world;

use std::sync::Arc;

use serde_json::json;

use baton::{Baton, How};
use chance::Chance;
use feed::Nature;
use world::World;

use crate::policy::Policy;

#[test]
fn random_schedules() {
    run_all(How::Random);
}

#[test]
fn schedules_of_priorities() {
    run_all(How::Priorities);
}

/// As many schedules as `PEERGATE_SCHEDULES` says, from the one of the number `PEERGATE_SCHEDULE` on.
fn run_all(how: How) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("PEERGATE_SCHEDULE").unwrap_or_default();
    for schedule in first..first + number("PEERGATE_SCHEDULES").unwrap_or(SCHEDULES) {
        if let Err(what) = run(how, schedule) {
            panic!("{how:?}, PEERGATE_SCHEDULE={schedule}: {what}");
        }
    }
}

fn run(how: How, schedule: u64) -> Result<(), String> {
    let mut chance = Chance(schedule.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let faults = [0, 5, 30][chance.below(3) as usize];
    let (is_plain, has_own_versions) = (chance.below(5) == 0, chance.below(3) == 0);
    let nature = Nature { is_plain, faults, has_own_versions, is_calm: false };
    let policy = policy(&mut chance);
    let list = policy.dynamic_lists().next().unwrap();
    let has_service = chance.below(2) == 0;
    let baton = Baton::new(6, how, Chance(chance.next()));
    let world =
        World::new(baton, Arc::clone(list), Chance(chance.next()), nature, threads::quiet_from());
    std::thread::scope(|scope| {
        let world = &world;
        for me in 0..3 {
            let is_service = has_service && me == 0;
            scope.spawn(move || threads::run(world, me, || threads::follow(world, me, is_service)));
        }
        scope.spawn(|| threads::run(world, 3, || threads::publish(world, 3)));
        for me in 4..6 {
            let policy = &policy;
            scope.spawn(move || threads::run(world, me, || threads::serve(world, me, policy)));
        }
    });
    let told = |what: String| format!("{}\n{what}", world.past());
    world.baton.failure().map_or(Ok(()), |what| Err(told(what)))
}

fn policy(chance: &mut Chance) -> Policy {
    let wait = ["0s", "5s"][chance.below(2) as usize];
    let feed =
        |cluster: &str| json!({ "cluster": cluster, "path": "/p", "wait": wait, "interval": "1s" });
    let mut list = json!({ "feed": feed("c"), "max_age": "10m" });
    if chance.below(3) == 0 {
        list["feed"] = json!([feed("c"), feed("d")]);
        list["fallback_after"] = json!("3s");
    }
    // Few steps to a callback.
    list["work_per_tick"] = json!("1ms");
    let document = json!({
        "version": 1, "lists": { "l": list },
        "apis": [
            { "name": "a", "match": { "path_prefix": "/allow" }, "policy": "mandatory",
              "certificate": { "allow": ["l"], "validity": "unchecked" } },
            { "name": "b", "match": { "path_prefix": "/deny" }, "policy": "mandatory",
              "certificate": { "allow": ["l"], "deny": ["l"] } },
        ],
    });
    Policy::read(document.to_string().as_bytes()).unwrap()
}

const SCHEDULES: u64 = 1500;
