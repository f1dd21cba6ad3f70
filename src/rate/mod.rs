//! Request rates: how many requests somebody may make, counted where all workers see it.
//!
//! Everybody has a token bucket under each rate that is asked of him. Of a bucket nothing is kept but the
//! time at which it is full again (the generic cell rate algorithm: [`Limit`]), and once that has passed
//! nothing at all. These times lie in a [`Table`] of 65,536 slots in shared data, which is all that it can
//! ever take, however many come: a slot holds so many times and no more, and who finds no room there is
//! refused until there is some.
//!
//! Every request that is granted replaces its slot by compare-and-swap. One that has lost four of them is
//! refused: contention is no way round the limit. A request that is refused has read its slot once and
//! written nothing.
//!
//! In any time `t` no more are granted than `burst + requests * t / per`. The time is that at which a
//! request read its clock, or that of the slot's last writer if he read it later: a worker that sleeps
//! between its clock and its slot gets nothing out of it, up to a minute.
//!
//! What is in a slot and is none of ours says nothing of anybody. It can neither grant, or whoever writes
//! it would open the limit for all, nor stay, or he would close it for ever. So the request that meets it is
//! refused, and in its place goes a slot that says when it was lost: everybody in it is counted as having
//! used his whole burst by then, and passes again at his rate.
//!
//! A rate is of a process: what several Envoys grant adds up, and a new process begins with full buckets. So
//! does a rate that is changed.

mod limit;
mod slot;
mod table;

use crate::digest::Digest;
use crate::dynamic::{ONLY_IF_ABSENT, Rate, Store};
use crate::evidence::Unreadable;

use limit::Limit;
use slot::{Slot, Tag};
pub(crate) use table::Table;

/// What became of a request that asked for one of its bucket's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It had one.
    Granted,
    /// It has to wait.
    Refused {
        /// Whole seconds until one more would pass, if nobody takes it meanwhile; at least 1.
        retry_after: u32,
    },
}

/// Takes a token of somebody's bucket, at a time in nanoseconds of the monotonic clock. Under each rate that
/// is asked of him he has a bucket of its own.
///
/// # Errors
/// [`Unreadable`] if the host fails: nothing is granted.
pub(crate) fn take(
    store: &dyn Store,
    table: &Table,
    who: &Digest,
    rate: Rate,
    now: u64,
) -> Result<Taken, Unreadable> {
    let (key, tag, limit) = (table.slot(who), Tag::of(who, rate), Limit::of(rate));
    for _ in 0..TRIES {
        let found = store.get(&key)?;
        let number = found.as_ref().map_or(ONLY_IF_ABSENT, |(_, number)| *number);
        let found = found.as_ref().map(|(bytes, _)| &**bytes);
        let (taken, next) = answer(found, tag, limit, now);
        let is_done = match next {
            None => true,
            Some(next) => store.set(&key, &next.write(), number)?,
        };
        if is_done {
            return Ok(taken);
        }
    }
    Ok(refused(0))
}

/// What a slot's value answers, and what must take its place for that to hold.
fn answer(found: Option<&[u8]>, tag: Tag, limit: Limit, now: u64) -> (Taken, Option<Slot>) {
    let Some(mut slot) = Slot::read(found, now) else {
        return (refused(limit.interval), Some(Slot::lost(now)));
    };
    let now = slot.turn_to(now);
    match limit.take(slot.full_at(tag, limit), now) {
        Some(Ok(full_at)) => match slot.note(tag, full_at) {
            Ok(()) => (Taken::Granted, Some(slot)),
            Err(room_at) => (refused(room_at.saturating_sub(now)), None),
        },
        Some(Err(wait)) => (refused(wait), None),
        // A time that nobody has written who counts by this rate.
        None => (refused(limit.interval), Some(Slot::lost(now))),
    }
}

/// To wait for so many nanoseconds.
fn refused(wait: u64) -> Taken {
    let seconds = wait.div_ceil(NANOSECONDS).max(1);
    Taken::Refused { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX) }
}

/// How often a slot is read and written anew: its writers are other requests of the same moment.
const TRIES: usize = 4;

const NANOSECONDS: u64 = 1_000_000_000;

#[cfg(all(test, not(target_family = "wasm")))]
mod interleavings;
#[cfg(all(test, not(target_family = "wasm")))]
mod properties;
#[cfg(test)]
mod tests;
