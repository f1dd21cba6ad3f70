//! What a leader does to its list with the pages of its feed.

use crate::dynamic::{Act, Head, Position, Stop, Updated};
use crate::feed::{Answer, Page, PageReader, Step, Turn, Way};

use super::leader::{Leader, STEPS};
use super::numbers::Numbers;
use super::work::{Changes, Sweep};
use super::{Event, Outside};

/// What is under way.
#[derive(Debug)]
pub(super) enum Work {
    Idle,
    /// Keeps those who led before out. The first page of a long list waits meanwhile.
    Fencing(Sweep, Option<Box<(Changes, Turn)>>),
    Reading(Box<PageReader>),
    Writing(Changes, Turn),
    /// The end of a reset.
    Ending(End, Sweep, Turn),
}

/// How far the end of a reset is. A client that one entry denies before and another one after it, in another
/// bucket, is denied all the time.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Reveal,
    Commit,
    Lift,
}

impl Leader {
    /// Does one small thing. Returns how many steps that was; `None` if there is nothing to do.
    pub(super) fn step(&mut self, outside: &impl Outside, now: u64) -> Result<Option<usize>, Stop> {
        let work = std::mem::replace(&mut self.work, Work::Idle);
        // A few entries may be as many bytes as a hundred are otherwise.
        let steps = if matches!(work, Work::Reading(_)) { STEPS } else { 1 };
        let next = match work {
            Work::Idle => match self.next.take() {
                Some(reader) => Some(Work::Reading(reader)),
                None => return Ok(None),
            },
            Work::Fencing(sweep, held) => self.fence(outside, sweep, held)?,
            Work::Reading(reader) => match reader.step(CHANGES) {
                Step::More(reader) => Some(Work::Reading(reader)),
                Step::Done(page) => self.take_page(outside, now, page)?,
                Step::Refused(failure) => {
                    self.refuse(outside, now, failure);
                    None
                }
            },
            Work::Writing(changes, turn) => self.write(outside, now, changes, turn)?,
            Work::Ending(end, sweep, turn) => self.end(outside, now, end, sweep, turn)?,
        };
        self.work = next.unwrap_or(Work::Idle);
        Ok(Some(steps))
    }

    fn fence(
        &mut self,
        outside: &impl Outside,
        mut sweep: Sweep,
        held: Option<Box<(Changes, Turn)>>,
    ) -> Result<Option<Work>, Stop> {
        if let Some(edited) = sweep.step(self.hand, outside, Act::Fence) {
            self.note_corruption(outside, edited?.was_corrupt);
            return Ok(Some(Work::Fencing(sweep, held)));
        }
        // Whoever led before may have died between a bucket and the head.
        self.count = sweep.after;
        let (count, is_corrupt) = (sweep.after, std::mem::take(&mut self.is_corrupt));
        self.update_head(outside, |head| {
            head.count = count;
            if is_corrupt {
                head.begin_again();
            }
        })?;
        self.is_fenced = true;
        Ok(held.map(|held| Work::Writing(held.0, held.1)))
    }

    fn take_page(
        &mut self,
        outside: &impl Outside,
        now: u64,
        page: Page,
    ) -> Result<Option<Work>, Stop> {
        let newest = self.head.newest;
        let known = Position { version: newest, ..self.head.position.clone() };
        let turn = match self.poll.accept(now, outside.random(), &known, &page) {
            Ok(turn) => turn,
            Err(failure) => {
                self.fail(outside, &failure);
                return Ok(None);
            }
        };
        outside.tell(&self.list, &Event::Polled(Answer::Body.word()));
        self.recover(outside);
        match turn.way {
            Way::Change => {
                self.round = None;
                if !page.changes.is_empty() {
                    self.leave_place(outside, page.version)?;
                }
            }
            Way::BeginReset => {
                self.update_head(outside, |head| head.round = head.round.saturating_add(1))?;
                self.round = Some(self.head.round);
                self.denying = Numbers::default();
                self.skipped = 0;
                // It writes over whatever is corrupt by now.
                self.is_corrupt = false;
            }
            Way::ContinueReset => {}
        }
        let skipped = u64::from(page.skipped);
        if skipped > 0 {
            let problems = page.problems;
            outside.tell(&self.list, &Event::Skipped { entries: skipped, problems });
        }
        self.skipped = self.skipped.saturating_add(skipped);
        let changes = Changes::new(page.changes, self.round);
        if turn.way == Way::BeginReset && page.more && !self.is_fenced {
            // A long list fills most of the buckets. All are made before any is filled: Envoy's table grows
            // by going through all that is in it, and that takes a tenth of the time while it lies together.
            let sweep = Sweep::over(Numbers::all());
            return Ok(Some(Work::Fencing(sweep, Some(Box::new((changes, turn))))));
        }
        Ok(Some(Work::Writing(changes, turn)))
    }

    fn write(
        &mut self,
        outside: &impl Outside,
        now: u64,
        mut changes: Changes,
        turn: Turn,
    ) -> Result<Option<Work>, Stop> {
        if let Some(edited) = changes.step(self.hand, outside, &mut self.denying) {
            let edited = edited?;
            self.count.take(edited.before);
            self.count.add(edited.after);
            self.note_corruption(outside, edited.was_corrupt);
            return Ok(Some(Work::Writing(changes, turn)));
        }
        match &turn.position {
            // The reset goes on with another page.
            None => Ok(None),
            Some(position) if self.round.is_some() => {
                self.leave_place(outside, Some(position.version))?;
                let sweep = Sweep::over(std::mem::take(&mut self.denying));
                Ok(Some(Work::Ending(End::Reveal, sweep, turn)))
            }
            Some(_) => self.advance(outside, now, turn, false),
        }
    }

    fn end(
        &mut self,
        outside: &impl Outside,
        now: u64,
        end: End,
        mut sweep: Sweep,
        turn: Turn,
    ) -> Result<Option<Work>, Stop> {
        let round = self.round.unwrap_or_default();
        let act = match end {
            End::Reveal => Act::Reveal(round),
            End::Commit => Act::Commit(round),
            End::Lift => Act::Lift(round),
        };
        if let Some(edited) = sweep.step(self.hand, outside, act) {
            self.note_corruption(outside, edited?.was_corrupt);
            return Ok(Some(Work::Ending(end, sweep, turn)));
        }
        match end {
            End::Reveal => Ok(Some(Work::Ending(End::Commit, Sweep::over(Numbers::all()), turn))),
            End::Commit => {
                self.count = sweep.after;
                Ok(Some(Work::Ending(End::Lift, Sweep::over(sweep.left), turn)))
            }
            End::Lift => {
                self.count.take(sweep.before);
                self.count.add(sweep.after);
                self.round = None;
                self.advance(outside, now, turn, true)
            }
        }
    }

    /// Makes the head say that the list is on its way from one place to another. If it is left there, nobody
    /// goes on from where it was: part of a page, made again, would bring back what the whole page took away.
    fn leave_place(&mut self, outside: &impl Outside, to: Option<u64>) -> Result<(), Stop> {
        self.update_head(outside, |head| {
            head.newest = head.newest.max(to.unwrap_or_default());
            head.begin_again();
        })
    }

    /// Makes the head say where the list is now.
    fn advance(
        &mut self,
        outside: &impl Outside,
        now: u64,
        turn: Turn,
        is_whole: bool,
    ) -> Result<Option<Work>, Stop> {
        let (was_loaded, old_feed) = (self.head.is_loaded, self.head.position.feed);
        let (count, skipped) = (self.count, self.skipped);
        let is_corrupt = std::mem::take(&mut self.is_corrupt);
        let position = turn.position.unwrap_or_default();
        self.update_head(outside, |head| {
            head.accept(now);
            head.edits = head.edits.saturating_add(1);
            head.count = count;
            head.skipped = if is_whole { 0 } else { head.skipped }.saturating_add(skipped);
            head.is_loaded |= is_whole;
            head.newest = head.newest.max(position.version);
            head.position = position.clone();
            if is_corrupt || !head.is_loaded {
                head.begin_again();
            }
        })?;
        self.skipped = 0;
        if is_whole {
            let (version, entries) = (self.head.position.version, count.entries());
            // A plain file says all of it at every change.
            if !was_loaded || old_feed != self.head.position.feed {
                outside.tell(&self.list, &Event::Loaded { version, entries });
            }
        }
        if old_feed != self.head.position.feed {
            outside.tell(&self.list, &Event::Switched(self.head.position.feed));
        }
        Ok(None)
    }

    pub(super) fn update_head(
        &mut self,
        outside: &impl Outside,
        change: impl Fn(&mut Head),
    ) -> Result<(), Stop> {
        let Updated { head, was_corrupt } = self.hand.update_head(outside, &self.head, change)?;
        self.head = head;
        self.note_corruption(outside, was_corrupt);
        Ok(())
    }

    pub(super) fn note_corruption(&mut self, outside: &impl Outside, was_corrupt: bool) {
        if was_corrupt && !std::mem::replace(&mut self.is_corrupt, true) {
            outside.tell(&self.list, &Event::Corrupt);
        }
    }
}

/// Changes that are read in one step.
const CHANGES: usize = 16;
