//! The conversation with the feeds of one list: what to ask next, and when.
//!
//! It knows no clock and sends nothing. Times are nanoseconds of the monotonic clock, and `random` is any
//! number that others cannot foresee. What of it must outlive its holder is a [`Position`]; all else may be
//! forgotten at any time, at the price of asking again.

use std::time::Duration;

use crate::config::feed::ANSWER_TIME;
use crate::dynamic::Position;

use super::exchange::{Answer, Request, Response, path_after, usable_etag};
use super::failure::Failure;
use super::pace::{BREATH, SPREAD, around, back_off, later, nanoseconds, up_to};
use super::page::Page;
use super::settings::Keeping;
use super::turn::{Asked, Reset, Turn, Way, judge};

/// Where the conversation with the feeds is.
#[derive(Clone, Debug)]
pub(crate) struct Poll {
    primary: Line,
    fallback: Line,
    /// Whether the second feed stands in for the first; `None` before the first request.
    stands_in: Option<bool>,
    /// The request that is under way, until its answer is dealt with.
    asked: Option<Asked>,
    /// The reset that is under way.
    reset: Option<Reset>,
    /// The feed that has said that it does not know the position's cursor.
    forgotten: Option<u8>,
    /// Whether a feed has said so since the list was last brought up to date.
    has_started_again: bool,
}

/// How it goes with one feed.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    /// When it may be asked again.
    next: u64,
    /// Failures in a row.
    failures: u32,
    /// When the first of them was.
    failing_since: Option<u64>,
}

impl Poll {
    /// Nothing has been asked yet; the first request is due at once.
    pub(crate) fn new(now: u64) -> Self {
        let line = Line { next: now, ..Line::default() };
        Self {
            primary: line,
            fallback: line,
            stands_in: None,
            asked: None,
            reset: None,
            forgotten: None,
            has_started_again: false,
        }
    }

    /// The next request, if it is time for one. Whoever takes it must come back with the answer
    /// ([`answered`](Self::answered)), or with [`Failure::Unreachable`] if it could not be sent
    /// ([`refused`](Self::refused)); until then there is no other. A list that was never loaded is stale.
    pub(crate) fn request(
        &mut self,
        now: u64,
        keeping: &Keeping,
        position: &Position,
        is_stale: bool,
    ) -> Option<Request> {
        if self.asked.is_some() {
            return None;
        }
        let number = self.due(now, keeping, position)?;
        let feed = keeping.feeds.get(number)?;
        let (cursor, etag) = match &self.reset {
            Some(reset) => (reset.cursor.clone(), ""),
            None if position.feed == number && self.forgotten != Some(number) => {
                (position.cursor.clone(), &*position.etag)
            }
            // One feed's cursor is nothing to another.
            None => (Box::default(), ""),
        };
        let request = Request {
            feed: number,
            path: path_after(feed, &cursor),
            if_none_match: (!etag.is_empty()).then(|| etag.into()),
            timeout: feed.wait.saturating_add(ANSWER_TIME),
        };
        let is_probe = number == 0 && self.stands_in == Some(true);
        self.asked = Some(Asked {
            feed: number,
            at: now,
            cursor,
            has_etag: !etag.is_empty(),
            is_stale,
            probe: is_probe.then_some(keeping.feeds.fallback_after),
            wait: feed.wait,
            interval: feed.interval,
            max_bytes: feed.max_bytes,
            etag: Box::default(),
        });
        Some(request)
    }

    /// The feed that is to be asked now.
    fn due(&mut self, now: u64, keeping: &Keeping, position: &Position) -> Option<u8> {
        let feeds = &keeping.feeds;
        let has_fallback = feeds.fallback.is_some();
        // A reset is not left in the middle for another feed.
        if let Some(reset) = &self.reset {
            let number = reset.feed;
            return (self.line(number).next <= now).then_some(number);
        }
        let stands_in = self.stands_in.unwrap_or(position.feed == 1) && has_fallback;
        let failing = self.primary.failing_since;
        let is_over =
            failing.is_some_and(|since| later(since, feeds.fallback_after) <= now) && has_fallback;
        if is_over && !stands_in {
            self.primary.next = later(now, feeds.fallback_after);
            self.fallback.next = now;
        }
        let stands_in = stands_in || is_over;
        self.stands_in = Some(stands_in);
        if self.primary.next <= now {
            return Some(0);
        }
        (stands_in && self.fallback.next <= now).then_some(1)
    }

    /// Takes the status and headers of the answer. A failure is dealt with already; a body is to be read,
    /// and then [`accept`](Self::accept)ed or [`refused`](Self::refused).
    pub(crate) fn answered(&mut self, now: u64, random: u64, response: &Response<'_>) -> Answer {
        let Some(asked) = &mut self.asked else {
            return Answer::Failed(Failure::Unreachable);
        };
        let has_asked_after = asked.has_etag || !asked.cursor.is_empty();
        let failure = match response.status {
            Some(200)
                if usize::try_from(asked.max_bytes)
                    .is_ok_and(|most| response.body_bytes > most) =>
            {
                Failure::TooLarge
            }
            Some(200) => {
                asked.etag = usable_etag(response.etag.unwrap_or_default()).into();
                return Answer::Body;
            }
            // Only what was there can be without news, and only if it is all there.
            Some(204 | 304) if has_asked_after && self.reset.is_none() => {
                self.rest(now, random, true);
                return Answer::NothingNew;
            }
            Some(410) => {
                let feed = asked.feed;
                let at_once = asked.is_stale;
                self.forgotten = Some(feed);
                if has_asked_after && !self.has_started_again {
                    // Many proxies hear it at the same time.
                    let pause = if at_once { Duration::ZERO } else { up_to(SPREAD, random) };
                    self.has_started_again = true;
                    self.line_mut(feed).next = later(now, pause);
                    self.asked = None;
                    self.reset = None;
                    return Answer::StartAgain;
                }
                Failure::Status(410)
            }
            Some(status) => Failure::Status(status),
            None => Failure::Unreachable,
        };
        self.refused(now, random, &failure);
        Answer::Failed(failure)
    }

    /// Takes a page, which is to be applied as the turn says. If that cannot be done, a new `Poll` takes the
    /// place of this one.
    ///
    /// # Errors
    /// Why it cannot be taken; that is dealt with already.
    pub(crate) fn accept(
        &mut self,
        now: u64,
        random: u64,
        position: &Position,
        page: &Page,
    ) -> Result<Turn, Failure> {
        let asked = self.asked.as_ref().ok_or(Failure::Unreachable)?;
        let way = match judge(asked, self.reset.as_ref(), position, page) {
            Ok(way) => way,
            Err(failure) => {
                self.refused(now, random, &failure);
                return Err(failure);
            }
        };
        let (feed, is_news) = (asked.feed, !page.changes.is_empty() && page.cursor != asked.cursor);
        if way != Way::Change && page.more {
            let is_said = page.reset;
            let (cursor, version) = (page.cursor.clone(), page.version);
            self.reset = Some(Reset { feed, cursor, version, is_said });
            self.rest_between_pages(now, page);
            return Ok(Turn { way, position: None });
        }
        let position = Position {
            feed,
            version: page.version.unwrap_or(position.version),
            cursor: page.cursor.clone(),
            // It may be the tag of a state that takes more pages to tell.
            etag: if page.more { Box::default() } else { asked.etag.clone() },
        };
        self.reset = None;
        self.forgotten = None;
        self.has_started_again = false;
        if page.more {
            self.rest_between_pages(now, page);
        } else {
            self.rest(now, random, !is_news);
        }
        Ok(Turn { way, position: Some(position) })
    }

    /// Takes note that a request could not be sent, or that the body of its answer is no page. A reset that
    /// was under way begins anew, from where it began.
    pub(crate) fn refused(&mut self, now: u64, random: u64, failure: &Failure) {
        let Some(asked) = self.asked.take() else { return };
        let line = self.line_mut(asked.feed);
        line.failures = line.failures.saturating_add(1);
        line.failing_since.get_or_insert(now);
        let failures = line.failures;
        line.next = later(now, asked.probe.unwrap_or_else(|| back_off(failures, random)));
        // A page that came twice is followed by the next one if that is asked for.
        if *failure != Failure::Loop || failures > 1 {
            self.reset = None;
        }
    }

    /// Sets when to ask again after the last page, or when there was none.
    fn rest(&mut self, now: u64, random: u64, is_nothing_new: bool) {
        let Some(asked) = self.asked.take() else { return };
        let is_held = !asked.wait.is_zero();
        let pause = match is_held {
            // A feed that does not hold back what is no news is not asked all the time.
            true if is_nothing_new && now.saturating_sub(asked.at) < nanoseconds(BREATH) => BREATH,
            true => Duration::ZERO,
            false => around(asked.interval, random),
        };
        self.succeeded(asked.feed, later(now, pause));
    }

    /// Sets when to ask for the next page.
    fn rest_between_pages(&mut self, now: u64, page: &Page) {
        let Some(asked) = self.asked.take() else { return };
        let pause = if page.changes.is_empty() { BREATH } else { Duration::ZERO };
        self.succeeded(asked.feed, later(now, pause));
    }

    fn succeeded(&mut self, feed: u8, next: u64) {
        *self.line_mut(feed) = Line { next, ..Line::default() };
        if feed == 0 {
            self.stands_in = Some(false);
        }
    }

    fn line(&self, feed: u8) -> &Line {
        if feed == 0 { &self.primary } else { &self.fallback }
    }

    fn line_mut(&mut self, feed: u8) -> &mut Line {
        if feed == 0 { &mut self.primary } else { &mut self.fallback }
    }
}

#[cfg(test)]
mod tests;
