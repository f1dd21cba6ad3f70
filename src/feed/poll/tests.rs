#![expect(
    clippy::arithmetic_side_effects,
    reason = "clippy sees tests in #[test] functions alone, and not in what they share"
)]

use super::*;
use crate::digest::Fingerprint;
use crate::dynamic::{Change, Key};
use crate::feed::{Feed, Feeds, Format, WhenStale};

mod any;
mod asking;
mod fallback;
mod reset;

/// A list's side of a conversation.
#[derive(Clone)]
struct Talk {
    poll: Poll,
    keeping: Keeping,
    position: Position,
    is_stale: bool,
    now: u64,
    random: u64,
}

impl Talk {
    fn new(primary: Feed) -> Self {
        let feeds = Feeds { primary, fallback: None, fallback_after: Duration::from_secs(60) };
        let keeping = Keeping {
            feeds,
            secret: "".into(),
            max_age: Duration::from_secs(86_400),
            when_stale: WhenStale::Refuse,
            start_wait: Duration::ZERO,
            work_per_tick: Duration::from_millis(3),
        };
        let (now, random) = (5_000_000_000_000, 1_234_567_890_123_456_789);
        let position = Position::default();
        Self { poll: Poll::new(now), keeping, position, is_stale: false, now, random }
    }

    fn request(&mut self) -> Option<Request> {
        self.poll.request(self.now, &self.keeping, &self.position, self.is_stale)
    }

    fn answer(&mut self, status: u16) -> Answer {
        let response = Response { status: Some(status), etag: Some(b"\"tag\""), body_bytes: 1000 };
        self.poll.answered(self.now, self.random, &response)
    }

    /// Answers with a page, and keeps the position.
    fn page(&mut self, page: &Page) -> Result<Turn, Failure> {
        assert_eq!(self.answer(200), Answer::Body);
        let turn = self.poll.accept(self.now, self.random, &self.position, page)?;
        if let Some(position) = &turn.position {
            self.position = position.clone();
        }
        Ok(turn)
    }

    fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds * 1_000_000;
    }

    /// Milliseconds until the next request.
    fn due_in(&self) -> u64 {
        let mut copy = self.clone();
        // A copy each: to look is to ask.
        (0..=200_000)
            .find(|_| {
                let is_due = copy.clone().request().is_some();
                copy.pass(1);
                is_due
            })
            .expect("a request some day")
    }

    fn wait(&mut self) {
        let milliseconds = self.due_in();
        self.pass(milliseconds);
    }
}

fn feed(name: &str) -> Feed {
    Feed {
        cluster: name.into(),
        authority: name.into(),
        path: format!("/{name}").into(),
        wait: Duration::ZERO,
        interval: Duration::from_secs(10),
        format: Format::Native,
        page: 1000,
        max_bytes: 1_048_576,
    }
}

fn position(feed: u8, version: u64, cursor: &str, etag: &str) -> Position {
    Position { feed, version, cursor: cursor.into(), etag: etag.into() }
}

/// A page with one change.
fn page(version: u64, cursor: &str, more: bool) -> Page {
    let changes = vec![Change::Delete(Key::certificate(Fingerprint::of(b"x")))];
    Page { version: Some(version), cursor: cursor.into(), more, changes, ..Page::default() }
}
