//! The hand of a leader: everything that is written to a list is written here.

use crate::evidence::Unreadable;

use super::bucket::{Bucket, Corrupt, Written};
use super::count::Count;
use super::head::Head;
use super::lease::{Claim, Lease, Owner};
use super::space::{BucketNumber, Space};
use super::store::{ONLY_IF_ABSENT, Store};

/// A leader of a list in its term.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hand {
    space: Space,
    term: u32,
}

/// What is done to a bucket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act<'w> {
    /// Keeps leaders of earlier terms out of it, and forgets what their resets left.
    Fence,
    /// Changes that are seen at once.
    Change(&'w [Written]),
    /// Changes of a reset.
    Stage(u32, &'w [Written]),
    /// The end of a reset begins: its denials are seen.
    Reveal(u32),
    /// What it put is seen, and of the rest denials alone.
    Commit(u32),
    /// The reset is over: denials that it did not put are gone.
    Lift(u32),
}

impl Act<'_> {
    /// The reset of which it is.
    fn round(&self) -> Option<u32> {
        match self {
            Self::Fence | Self::Change(_) => None,
            Self::Stage(round, _)
            | Self::Reveal(round)
            | Self::Commit(round)
            | Self::Lift(round) => Some(*round),
        }
    }
}

/// What became of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edited {
    /// What readers saw.
    pub(crate) before: Count,
    /// What they see now.
    pub(crate) after: Count,
    /// It holds denials that are to be [lifted](Act::Lift).
    pub(crate) has_left: bool,
    /// It held what no leader wrote. Until a whole reset has filled it, readers are told nothing.
    pub(crate) was_corrupt: bool,
}

/// A head record that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Updated {
    /// As it is now.
    pub(crate) head: Head,
    /// In its place was what no leader wrote.
    pub(crate) was_corrupt: bool,
}

/// The term for which a lease is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// It has just begun, and this is what the first look at the head record gave.
    New(Updated),
    /// It was renewed.
    Same {
        /// Somebody else has written over the head record.
        is_head_lost: bool,
    },
}

/// Why a leader must not, or cannot, go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Somebody leads in a later term.
    Superseded,
    /// The host does not answer.
    Unreadable,
}

impl From<Unreadable> for Stop {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

impl Hand {
    /// Takes or renews the lease of a list. `Ok(None)` if it is another's.
    pub(crate) fn hold(
        store: &(impl Store + ?Sized),
        space: Space,
        owner: Owner,
        now: u64,
    ) -> Result<Option<(Self, Term)>, Unreadable> {
        let key = space.lease();
        let found = store.get(&key)?;
        let number = found.as_ref().map_or(ONLY_IF_ABSENT, |(_, number)| *number);
        let found = found.map(|(bytes, _)| Lease::read(&bytes));
        let head = store.get(&space.head())?.map(|(bytes, _)| Head::read(&bytes));
        // Whoever writes over both has not undone that somebody led.
        let least = u32::from(found.is_some() || head.is_some());
        let head = head.flatten();
        let is_head_lost = head.is_none();
        let floor = head.map_or(least, |head| head.term.max(least));
        let lease = found.flatten();
        let (lease, is_new) = match Lease::claim(lease.as_ref(), owner, floor, now) {
            Claim::Leave => return Ok(None),
            // Nobody led meanwhile, or the head would say so.
            Claim::Renew(lease) => (lease, false),
            Claim::Take(lease) => (lease, true),
        };
        if !store.set(&key, &lease.write(), number)? {
            return Ok(None);
        }
        let hand = Self { space, term: lease.term };
        if !is_new {
            return Ok(Some((hand, Term::Same { is_head_lost })));
        }
        match hand.update_head(store, &Head::default(), |_| {}) {
            Ok(updated) => Ok(Some((hand, Term::New(updated)))),
            Err(Stop::Superseded) => Ok(None),
            Err(Stop::Unreadable) => Err(Unreadable),
        }
    }

    /// Gives the lease back, so that others need not wait until it runs out.
    pub(crate) fn release(
        self,
        store: &(impl Store + ?Sized),
        owner: Owner,
    ) -> Result<(), Unreadable> {
        let key = self.space.lease();
        let Some((bytes, number)) = store.get(&key)? else {
            return Ok(());
        };
        if let Some(lease) = Lease::read(&bytes).filter(|lease| lease.owner == owner) {
            store.set(&key, &Lease { renewed_at: 0, ..lease }.write(), number)?;
        }
        Ok(())
    }

    pub(crate) fn term(self) -> u32 {
        self.term
    }

    /// Changes the head record. If somebody else wrote over it, `known` is what is changed, less the place
    /// to go on from: what was written over besides cannot be told.
    pub(crate) fn update_head(
        self,
        store: &(impl Store + ?Sized),
        known: &Head,
        change: impl Fn(&mut Head),
    ) -> Result<Updated, Stop> {
        let key = self.space.head();
        for _ in 0..TRIES {
            let found = store.get(&key)?;
            let number = found.as_ref().map_or(ONLY_IF_ABSENT, |(_, number)| *number);
            let found = found.map(|(bytes, _)| Head::read(&bytes));
            let mut was_corrupt = found == Some(None);
            let mut head = found.flatten().unwrap_or_else(|| known.clone());
            if head.term > self.term {
                if !self.is_last(store)? {
                    return Err(Stop::Superseded);
                }
                (head, was_corrupt) = (known.clone(), true);
            }
            head.term = self.term;
            change(&mut head);
            if was_corrupt {
                head.begin_again();
            }
            if store.set(&key, &head.write(), number)? {
                return Ok(Updated { head, was_corrupt });
            }
        }
        Err(Stop::Unreadable)
    }

    /// Edits a bucket.
    pub(crate) fn edit(
        self,
        store: &(impl Store + ?Sized),
        number: BucketNumber,
        act: Act<'_>,
    ) -> Result<Edited, Stop> {
        let key = self.space.bucket(number);
        for _ in 0..TRIES {
            let found = store.get(&key)?;
            let cas = found.as_ref().map_or(ONLY_IF_ABSENT, |(_, number)| *number);
            let bytes = found.as_ref().map_or(&[][..], |(bytes, _)| bytes);
            let mut read = match &found {
                // No leader has left it like this.
                Some((bytes, _)) if bytes.is_empty() => Err(Corrupt),
                _ => Bucket::read(bytes),
            };
            if read.as_ref().is_ok_and(|bucket| bucket.term > self.term) {
                if !self.is_last(store)? {
                    return Err(Stop::Superseded);
                }
                read = Err(Corrupt);
            }
            let was_corrupt = read.is_err();
            let mut bucket = read.unwrap_or_else(|Corrupt| Bucket::lost(act.round()));
            let before = bucket.count();
            let has_left = bucket.act(act);
            let after = bucket.count();
            bucket.term = self.term;
            let next = bucket.write();
            // Nothing is there and nothing is to be: only a fence makes a bucket for its own sake.
            let is_idle = found.is_none() && bucket.is_empty() && !matches!(act, Act::Fence);
            if is_idle || next == bytes || store.set(&key, &next, cas)? {
                // A loss that its finder had no time to tell of, or that a reset came too early for.
                let is_due = matches!(act, Act::Fence | Act::Commit(_)) && bucket.is_lost();
                let was_corrupt = was_corrupt || is_due;
                return Ok(Edited { before, after, has_left, was_corrupt });
            }
        }
        Err(Stop::Unreadable)
    }

    /// Whether the lease says that nobody has led since. What is of a later term all the same is nobody's.
    fn is_last(self, store: &(impl Store + ?Sized)) -> Result<bool, Unreadable> {
        let lease = store.get(&self.space.lease())?.and_then(|(bytes, _)| Lease::read(&bytes));
        Ok(lease.is_some_and(|lease| lease.term == self.term))
    }
}

impl<'b> Bucket<'b> {
    /// `true` if it holds denials that are to be lifted.
    fn act(&mut self, act: Act<'b>) -> bool {
        match act {
            Act::Fence => {
                self.settle();
            }
            Act::Change(changes) => self.change(changes),
            Act::Stage(round, changes) => self.stage(round, changes),
            Act::Reveal(round) => self.reveal(round),
            Act::Commit(round) => return self.commit(round),
            Act::Lift(round) => self.lift(round),
        }
        false
    }
}

/// How often a value is written anew that others write too. They are leaders, who are few, or somebody who
/// does not stop, whom it is useless to fight.
const TRIES: usize = 16;
