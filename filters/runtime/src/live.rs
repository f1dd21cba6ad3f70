//! Requests that are being served, of APIs that end those whose clients no longer pass.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use peergate::Ticket;

/// The live streams of one policy.
#[derive(Debug)]
pub(crate) struct Live<T = Ticket> {
    tickets: RefCell<BTreeMap<u32, T>>,
    /// Streams that are to be looked at.
    due: RefCell<BTreeSet<u32>>,
    /// The stream that was looked at last. The others have their turn before it has another, however often
    /// all of them become due.
    last: Cell<u32>,
    looks: Cell<u32>,
}

/// What has become of a stream that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Its client still passes.
    Passes,
    /// It was reset.
    Ended,
    /// The host did not answer, or did not do what it was told.
    Failed,
}

impl<T> Default for Live<T> {
    fn default() -> Self {
        Self {
            tickets: RefCell::default(),
            due: RefCell::default(),
            last: Cell::default(),
            looks: Cell::default(),
        }
    }
}

impl<T: Clone> Live<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.tickets.try_borrow().is_ok_and(|tickets| tickets.is_empty())
    }

    pub(crate) fn insert(&self, stream: u32, ticket: T) {
        if let Ok(mut tickets) = self.tickets.try_borrow_mut() {
            tickets.insert(stream, ticket);
        }
    }

    pub(crate) fn remove(&self, stream: u32) {
        if let Ok(mut tickets) = self.tickets.try_borrow_mut() {
            tickets.remove(&stream);
        }
    }

    /// Looks at some of the streams: after a change of a list, and now and then, since time ends things
    /// too. `recheck` resets a stream if it must end. Returns whether all have been looked at.
    pub(crate) fn look(&self, is_changed: bool, recheck: impl Fn(u32, &T) -> Fate) -> bool {
        self.looks.set(self.looks.get().wrapping_add(1));
        if is_changed || self.looks.get().is_multiple_of(NOW_AND_THEN) {
            self.call_all();
        }
        let mut failed = BTreeSet::new();
        for (stream, ticket) in self.next() {
            match recheck(stream, &ticket) {
                Fate::Passes => {}
                // At once, and not when the host says that it has ended: a second end would be fatal.
                Fate::Ended => self.remove(stream),
                Fate::Failed => {
                    failed.insert(stream);
                }
            }
        }
        let Ok(mut due) = self.due.try_borrow_mut() else {
            return false;
        };
        let is_done = due.is_empty();
        due.append(&mut failed);
        is_done
    }

    fn call_all(&self) {
        if let (Ok(tickets), Ok(mut due)) = (self.tickets.try_borrow(), self.due.try_borrow_mut()) {
            *due = tickets.keys().copied().collect();
        }
    }

    /// The next streams of those that are due.
    fn next(&self) -> Vec<(u32, T)> {
        let (Ok(tickets), Ok(mut due)) = (self.tickets.try_borrow(), self.due.try_borrow_mut())
        else {
            return Vec::new();
        };
        let mut behind = due.split_off(&self.last.get().saturating_add(1));
        let next = std::iter::from_fn(|| behind.pop_first().or_else(|| due.pop_first()));
        let next: Vec<u32> = next.take(AT_ONCE).collect();
        due.append(&mut behind);
        self.last.set(next.last().copied().unwrap_or_default());
        // One that has ended has no ticket any more.
        next.iter().filter_map(|id| Some((*id, tickets.get(id)?.clone()))).collect()
    }
}

/// Streams that are looked at in one callback.
const AT_ONCE: usize = 256;

/// Looks from one round to the next where no list has changed.
const NOW_AND_THEN: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    fn live(streams: std::ops::RangeInclusive<u32>) -> Live<()> {
        let live = Live::default();
        streams.for_each(|stream| live.insert(stream, ()));
        live
    }

    /// The streams that a look comes by.
    fn seen(live: &Live<()>, is_changed: bool) -> Vec<u32> {
        let seen = RefCell::<Vec<u32>>::default();
        live.look(is_changed, |stream, ()| {
            seen.borrow_mut().push(stream);
            Fate::Passes
        });
        seen.into_inner()
    }

    #[test]
    fn all_are_looked_at_after_a_change_and_now_and_then() {
        let live = live(1..=3);
        assert!(seen(&live, false).is_empty());
        assert_eq!(seen(&live, true), [1, 2, 3]);
        let silent = (0..).take_while(|_| seen(&live, false).is_empty()).count();
        assert_eq!(silent, 37);
    }

    #[test]
    fn a_look_is_short() {
        let live = live(1..=600);
        let passes = |_, (): &()| Fate::Passes;
        assert!(!live.look(true, passes));
        assert!(!live.look(false, passes));
        assert!(live.look(false, passes));
    }

    #[test]
    fn changes_without_end_leave_nobody_out() {
        let live = live(1..=600);
        let mut all = BTreeSet::new();
        for round in 0..3 {
            all.extend(seen(&live, true));
            // Those that come meanwhile take nobody's turn.
            live.insert(1000 + round, ());
        }
        assert!((1..=600).all(|stream| all.contains(&stream)), "{}", all.len());
    }

    #[test]
    fn one_that_was_ended_is_not_looked_at_again() {
        let live = live(1..=2);
        let ends = |stream, (): &()| if stream == 1 { Fate::Ended } else { Fate::Passes };
        assert!(live.look(true, ends));
        assert_eq!(seen(&live, true), [2]);
        live.remove(2);
        assert!(seen(&live, true).is_empty());
    }

    #[test]
    fn a_failure_is_looked_at_again_at_once() {
        let live = live(1..=2);
        assert!(live.look(true, |_, ()| Fate::Failed));
        assert_eq!(seen(&live, false), [1, 2]);
        assert!(seen(&live, false).is_empty());
    }
}
