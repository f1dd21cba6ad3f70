//! The leader of a list: asks the feed, and has what it says written.

use std::sync::Arc;
use std::time::Duration;

use crate::dynamic::{Count, DynamicList, Hand, Head, Stop, Updated};
use crate::evidence::Unreadable;
use crate::feed::{Answer, Failure, PageReader, Poll, Response};

use super::apply::Work;
use super::numbers::Numbers;
use super::work::Sweep;
use super::{Event, Outside, nanoseconds};

/// One leader in its term.
#[derive(Debug)]
pub(super) struct Leader {
    pub(super) list: Arc<DynamicList>,
    pub(super) hand: Hand,
    pub(super) head: Head,
    pub(super) poll: Poll,
    pub(super) work: Work,
    /// A page that came while the one before it is being written.
    pub(super) next: Option<Box<PageReader>>,
    /// Whether all buckets are there, and in this term.
    pub(super) is_fenced: bool,
    awaited: Option<Awaited>,
    /// The reset under way, and where it denies somebody.
    pub(super) round: Option<u32>,
    pub(super) denying: Numbers,
    /// What readers see, and what was skipped, once the work is done.
    pub(super) count: Count,
    pub(super) skipped: u64,
    /// Somebody else has written into the list since it was last known to be whole.
    pub(super) is_corrupt: bool,
    is_failing: bool,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    number: u32,
    feed: u8,
    /// When its answer is overdue, whatever the host has promised.
    until: u64,
}

impl Leader {
    /// A leader whose term has just begun, with the head record that it began with.
    pub(super) fn new(
        outside: &impl Outside,
        list: Arc<DynamicList>,
        hand: Hand,
        begin: Updated,
        now: u64,
    ) -> Self {
        let Updated { head, was_corrupt } = begin;
        // Whoever leads first has nobody to keep out.
        let work = match hand.term() {
            0 | 1 => Work::Idle,
            _ => Work::Fencing(Sweep::over(Numbers::all()), None),
        };
        let mut leader = Self {
            list,
            hand,
            poll: Poll::new(now),
            work,
            next: None,
            is_fenced: false,
            awaited: None,
            round: None,
            denying: Numbers::default(),
            count: head.count,
            skipped: 0,
            is_corrupt: false,
            is_failing: false,
            head,
        };
        leader.note_corruption(outside, was_corrupt);
        leader
    }

    pub(super) fn awaits(&self, number: u32) -> bool {
        self.awaited.is_some_and(|awaited| awaited.number == number)
    }

    pub(super) fn hand(&self) -> Hand {
        self.hand
    }

    /// Takes the answer that was awaited. `None` if somebody else leads.
    pub(super) fn answered(
        &mut self,
        outside: &impl Outside,
        now: u64,
        response: &Response<'_>,
        body: impl FnOnce(usize) -> Result<Vec<u8>, Unreadable>,
    ) -> Result<Option<()>, Unreadable> {
        let Some(awaited) = self.awaited.take() else {
            return Ok(Some(()));
        };
        let answer = self.poll.answered(now, outside.random(), response);
        match answer {
            Answer::Body => {
                let feed = self.list.keeping().feeds.get(awaited.feed).ok_or(Unreadable)?;
                let most = usize::try_from(feed.max_bytes).unwrap_or(usize::MAX);
                // One byte more tells a body that is cut from one that just fits.
                let reader = body(most.saturating_add(1))
                    .map_err(|_| Failure::Unreachable)
                    .and_then(|body| PageReader::new(body, &feed.format, feed.max_bytes));
                match reader {
                    Ok(reader) => self.next = Some(Box::new(reader)),
                    Err(failure) => self.refuse(outside, now, failure),
                }
            }
            Answer::NothingNew => {
                outside.tell(&self.list, &Event::Polled(answer.word()));
                self.recover(outside);
                return match self.update_head(outside, |head| head.accept(now)) {
                    Ok(()) => Ok(Some(())),
                    Err(Stop::Superseded) => Ok(None),
                    Err(Stop::Unreadable) => Err(Unreadable),
                };
            }
            Answer::StartAgain => outside.tell(&self.list, &Event::Polled(answer.word())),
            Answer::Failed(failure) => self.fail(outside, &failure),
        }
        Ok(Some(()))
    }

    /// Works until the slice is over. Returns when it wants to go on; `None` if somebody else leads.
    pub(super) fn work(
        &mut self,
        outside: &impl Outside,
        now: u64,
    ) -> Result<Option<Duration>, Unreadable> {
        let until = now.saturating_add(nanoseconds(self.list.keeping().work_per_tick));
        let mut time = now;
        while time < until {
            let mut steps = 0_usize;
            while steps < STEPS {
                match self.step(outside, time) {
                    Ok(Some(taken)) => steps = steps.saturating_add(taken),
                    Ok(None) => return self.ask(outside, time).map(Some),
                    Err(Stop::Superseded) => return Ok(None),
                    Err(Stop::Unreadable) => return Err(Unreadable),
                }
            }
            time = outside.monotonic()?;
            // A write that makes Envoy's table grow takes longer than all others, and needs room in the slice.
            if matches!(self.work, Work::Fencing(..)) && time.saturating_sub(now) >= FENCING {
                break;
            }
        }
        // The next page may come while this one is being written.
        self.ask(outside, time)?;
        Ok(Some(SOON))
    }

    /// Asks the feed if it is time to. Returns when to look again.
    fn ask(&mut self, outside: &impl Outside, now: u64) -> Result<Duration, Unreadable> {
        if let Some(awaited) = self.awaited {
            if now < awaited.until {
                return Ok(AWAITING);
            }
            self.awaited = None;
            self.refuse(outside, now, Failure::Unreachable);
        }
        // Where the list is, is known once the page is written; within a reset the feed has said it.
        let may_ask = match &self.work {
            Work::Idle => true,
            Work::Writing(_, turn) => turn.position.is_none(),
            _ => false,
        };
        if !may_ask || self.next.is_some() {
            return Ok(RESTING);
        }
        let is_stale = !self.head.is_loaded || self.list.is_stale(&self.head.standing(), now);
        let keeping = self.list.keeping();
        let request = self.poll.request(now, keeping, &self.head.position, is_stale);
        let Some(request) = request else {
            return Ok(RESTING);
        };
        match outside.call(&self.list, &request) {
            Ok(number) => {
                let until = now.saturating_add(nanoseconds(request.timeout.saturating_add(GRACE)));
                self.awaited = Some(Awaited { number, feed: request.feed, until });
                Ok(AWAITING)
            }
            Err(Unreadable) => {
                self.refuse(outside, now, Failure::Unreachable);
                Ok(RESTING)
            }
        }
    }

    /// A failure that the conversation does not know of yet.
    pub(super) fn refuse(&mut self, outside: &impl Outside, now: u64, failure: Failure) {
        self.poll.refused(now, outside.random(), &failure);
        self.fail(outside, &failure);
    }

    pub(super) fn fail(&mut self, outside: &impl Outside, failure: &Failure) {
        outside.tell(&self.list, &Event::Polled(failure.word()));
        if !std::mem::replace(&mut self.is_failing, true) {
            outside.tell(&self.list, &Event::Failing(failure.clone()));
        }
    }

    pub(super) fn recover(&mut self, outside: &impl Outside) {
        if std::mem::take(&mut self.is_failing) {
            outside.tell(&self.list, &Event::Recovered);
        }
    }
}

/// Nanoseconds of a callback that makes or marks buckets.
const FENCING: u64 = 1_000_000;

/// Steps from one look at the clock to the next, of the size of an access to a bucket.
pub(super) const STEPS: usize = 8;

/// When to go on with work.
const SOON: Duration = Duration::from_millis(1);

/// When to look whether it is time to ask.
const RESTING: Duration = Duration::from_millis(100);

/// When to look while an answer is awaited, which comes by itself.
const AWAITING: Duration = Duration::from_secs(1);

/// How much longer than it has promised the host may take.
const GRACE: Duration = Duration::from_secs(5);
