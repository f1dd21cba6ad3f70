//! What a leader is doing to a list, in steps that are small enough for a callback.

use std::collections::BTreeMap;

use crate::dynamic::{
    Act, BucketNumber, Change, Count, Edited, Hand, Key, Stop, Store, Written, bucket_of,
};

use super::numbers::Numbers;

/// The changes of one page, each key's last one only: who reads the list sees nothing of what was undone on
/// the same page, not even when a page is applied again of which a leader had made a part.
#[derive(Debug)]
pub(super) struct Changes {
    /// The reset within which they are staged.
    round: Option<u32>,
    /// As they came.
    unsorted: std::vec::IntoIter<Change>,
    last: BTreeMap<Key, Change>,
    ranked: BTreeMap<(Rank, BucketNumber), Vec<Written>>,
}

/// In which order changes are made. A client is never let in between two of a page, nor one kept out that has
/// another certificate from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Of a reset: nobody sees it before the end.
    Unseen,
    Deny,
    Register,
    Withdraw,
    Lift,
}

impl Rank {
    fn of(change: &Change) -> Self {
        match change {
            Change::Put(key, _) if key.denies() => Self::Deny,
            Change::Put(..) => Self::Register,
            Change::Delete(key) if key.denies() => Self::Lift,
            Change::Delete(_) => Self::Withdraw,
        }
    }
}

impl Changes {
    /// Those of a page. Within a reset they are staged.
    pub(super) fn new(changes: Vec<Change>, round: Option<u32>) -> Self {
        let unsorted = changes.into_iter();
        Self { round, unsorted, last: BTreeMap::new(), ranked: BTreeMap::new() }
    }

    /// Sorts some of them, or makes those of a bucket; `None` if all are made. Buckets in which somebody is
    /// denied are noted.
    pub(super) fn step(
        &mut self,
        hand: Hand,
        store: &(impl Store + ?Sized),
        denying: &mut Numbers,
    ) -> Option<Result<Edited, Stop>> {
        if self.unsorted.len() > 0 {
            let some = self.unsorted.by_ref().take(SORTED);
            self.last.extend(some.map(|change| (change.key(), change)));
            return Some(Ok(Edited::default()));
        }
        if !self.last.is_empty() {
            for _ in 0..SORTED {
                let Some((key, change)) = self.last.pop_first() else { break };
                let number = bucket_of(&key.digest);
                let rank = Rank::of(&change);
                if rank == Rank::Deny {
                    denying.insert(number);
                }
                let rank = if self.round.is_some() { Rank::Unseen } else { rank };
                self.ranked.entry((rank, number)).or_default().push(Written::from(&change));
            }
            return Some(Ok(Edited::default()));
        }
        let ((_, number), changes) = self.ranked.pop_first()?;
        let act = match self.round {
            Some(round) => Act::Stage(round, &changes),
            None => Act::Change(&changes),
        };
        Some(hand.edit(store, number, act))
    }
}

/// A walk over buckets.
#[derive(Debug)]
pub(super) struct Sweep {
    next: Numbers,
    /// What readers saw in those that were passed.
    pub(super) before: Count,
    /// What they see now.
    pub(super) after: Count,
    /// Those with denials that are to be lifted.
    pub(super) left: Numbers,
}

impl Sweep {
    pub(super) fn over(next: Numbers) -> Self {
        Self { next, before: Count::default(), after: Count::default(), left: Numbers::default() }
    }

    /// Goes on to the next bucket; `None` if there is none.
    pub(super) fn step(
        &mut self,
        hand: Hand,
        store: &(impl Store + ?Sized),
        act: Act<'_>,
    ) -> Option<Result<Edited, Stop>> {
        let number = self.next.first()?;
        Some(hand.edit(store, number, act).inspect(|edited| {
            self.next.drop_first();
            self.before.add(edited.before);
            self.after.add(edited.after);
            if edited.has_left {
                self.left.insert(number);
            }
        }))
    }
}

/// Changes that are sorted in one step.
const SORTED: usize = 32;
