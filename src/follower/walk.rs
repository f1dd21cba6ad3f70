//! One walk through a feed, from its beginning to its end, for those who want to see what it says.

use std::time::Duration;

use crate::dynamic::Position;
use crate::feed::{
    Answer, Failure, Feed, Feeds, Keeping, Page, Poll, Request, Response, WhenStale,
};

/// Asks a feed for all that it has, as a leader does that knows nothing yet, and takes no page that a leader
/// would refuse. It neither waits nor tries again: a failure is the end.
#[derive(Debug)]
pub struct Walk {
    poll: Poll,
    keeping: Keeping,
    position: Position,
    /// Nanoseconds: as late as need be for the next request to be due.
    now: u64,
}

impl Walk {
    /// A walk that has yet to begin. The feed is not asked to hold an answer back.
    pub fn new(feed: Feed) -> Self {
        let primary = Feed { wait: Duration::ZERO, ..feed };
        let feeds = Feeds { primary, fallback: None, fallback_after: Duration::ZERO };
        let keeping = Keeping {
            feeds,
            secret: Box::default(),
            max_age: Duration::ZERO,
            when_stale: WhenStale::Refuse,
            start_wait: Duration::ZERO,
            work_per_tick: Duration::ZERO,
        };
        Self { poll: Poll::new(0), keeping, position: Position::default(), now: 0 }
    }

    /// The next request; `None` while the answer to the last one is awaited.
    pub fn request(&mut self) -> Option<Request> {
        self.now = self.now.saturating_add(LONGER_THAN_ANY_PAUSE);
        // What was never loaded is stale.
        self.poll.request(self.now, &self.keeping, &self.position, true)
    }

    /// Takes the status and headers of an answer.
    pub fn answered(&mut self, response: &Response<'_>) -> Answer {
        self.poll.answered(self.now, 0, response)
    }

    /// Takes the page of an answer. `true` if it was the last.
    ///
    /// # Errors
    /// Why a leader would not take it.
    pub fn accept(&mut self, page: &Page) -> Result<bool, Failure> {
        let turn = self.poll.accept(self.now, 0, &self.position, page)?;
        if let Some(position) = turn.position {
            self.position = position;
        }
        Ok(!page.more)
    }
}

/// An hour, in nanoseconds.
const LONGER_THAN_ANY_PAUSE: u64 = 3_600_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Format;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn walk() -> Walk {
        Walk::new(Feed {
            cluster: "c".into(),
            authority: "a".into(),
            path: "/p".into(),
            wait: Duration::from_secs(30),
            interval: Duration::from_secs(10),
            format: Format::Native,
            page: 2,
            max_bytes: 1024,
        })
    }

    fn page(version: u64, cursor: &str, more: bool) -> Page {
        Page { version: Some(version), cursor: cursor.into(), more, ..Page::default() }
    }

    const OK: Response<'_> = Response { status: Some(200), etag: None, body_bytes: 100 };

    #[test]
    fn pages_are_asked_for_one_after_another() {
        let mut walk = walk();
        assert_eq!(walk.request().unwrap().path, "/p?limit=2");
        assert!(walk.request().is_none(), "its answer is awaited");
        assert_eq!(walk.answered(&OK), Answer::Body);
        assert_eq!(walk.accept(&page(7, "a b", true)), Ok(false));
        assert_eq!(walk.request().unwrap().path, "/p?limit=2&after=a%20b");
        assert_eq!(walk.answered(&OK), Answer::Body);
        assert_eq!(walk.accept(&page(8, "c", false)), Ok(true));
    }

    #[test]
    fn what_a_leader_would_refuse_is_refused() {
        for (second, failure) in [
            (page(6, "b", false), Failure::Rollback { known: 7, found: 6 }),
            (page(7, "a", true), Failure::Loop),
        ] {
            let mut walk = walk();
            walk.request().unwrap();
            walk.answered(&OK);
            walk.accept(&page(7, "a", true)).unwrap();
            walk.request().unwrap();
            walk.answered(&OK);
            assert_eq!(walk.accept(&second), Err(failure));
        }
        for (response, answer) in [
            (Response { status: Some(404), ..OK }, Answer::Failed(Failure::Status(404))),
            (Response { status: Some(304), ..OK }, Answer::Failed(Failure::Status(304))),
            (Response { status: Some(410), ..OK }, Answer::Failed(Failure::Status(410))),
            (Response { body_bytes: 1025, ..OK }, Answer::Failed(Failure::TooLarge)),
        ] {
            let mut walk = walk();
            walk.request().unwrap();
            assert_eq!(walk.answered(&response), answer);
        }
    }
}
