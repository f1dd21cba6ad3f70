//! What has been answered, and whether it was right.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::asks::Ask;

/// What everybody counts in.
pub(crate) struct Tally {
    target: u64,
    start: Instant,
    answered: AtomicU64,
    is_over: AtomicBool,
    kept: Mutex<Kept>,
}

/// What is not needed while it runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// How many answers of each kind and status.
    pub(crate) kinds: BTreeMap<(&'static str, u16), u64>,
    /// Answers that were not due, and requests without an answer: the first of them.
    pub(crate) wrong: Vec<String>,
    /// How many answers came over HTTP/1.1.
    pub(crate) h1: u64,
    /// How many connections were opened.
    pub(crate) connections: u64,
    /// How many strangers came.
    pub(crate) strangers: u64,
    /// How many long answers ended before their client had enough.
    pub(crate) ended: u64,
    /// How many did not.
    pub(crate) lasted: u64,
}

/// An answer: its status, and who the request is told to have come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) who: Option<&'a str>,
    pub(crate) lie: Option<&'a str>,
}

impl Tally {
    /// For so many requests.
    pub(crate) fn new(target: u64) -> Self {
        Self {
            target: target.max(1),
            start: Instant::now(),
            answered: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            kept: Mutex::default(),
        }
    }

    /// How many are to be answered.
    pub(crate) fn target(&self) -> u64 {
        self.target
    }

    /// How many have been.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// How long it has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Whether that is enough.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed) || self.answered() >= self.target
    }

    /// Ends it.
    pub(crate) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Counts an answer, and holds it against what is due.
    pub(crate) fn count(&self, ask: &Ask, answer: Answer<'_>) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.keep();
        *kept.kinds.entry((ask.kind, answer.status)).or_default() += 1;
        if let Some(wrong) = wrong(ask, answer) {
            drop(kept);
            self.wrong(wrong);
        }
    }

    /// Notes what must not be.
    pub(crate) fn wrong(&self, what: String) {
        let mut kept = self.keep();
        if kept.wrong.len() < MANY {
            kept.wrong.push(what);
        } else {
            // Whatever it is, it goes on.
            self.stop();
        }
    }

    /// The rest.
    pub(crate) fn keep(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wrong(ask: &Ask, answer: Answer<'_>) -> Option<String> {
    let passed = answer.status == 200;
    let is_right = ask.statuses.contains(&answer.status)
        && answer.who == ask.who.as_deref().filter(|_| passed)
        && answer.lie.is_none();
    (!is_right).then(|| format!("{}: {answer:?}, where {:?} is due", ask.kind, ask.statuses))
}

/// So many wrong answers end the run.
const MANY: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_right_if_status_and_name_are() {
        let ask = Ask::new("pinned", "/", &[200, 403]).known_as("alice");
        let answer = |status, who| Answer { status, who, lie: None };
        assert_eq!(wrong(&ask, answer(200, Some("alice"))), None);
        assert_eq!(wrong(&ask, answer(403, None)), None);
        assert!(wrong(&ask, answer(200, Some("admin"))).is_some());
        assert!(wrong(&ask, answer(200, None)).is_some());
        assert!(wrong(&ask, answer(503, None)).is_some());
        let lie = Answer { lie: Some("admin"), ..answer(200, Some("alice")) };
        assert!(wrong(&ask, lie).is_some());
    }

    #[test]
    fn it_is_over_when_enough_was_answered_or_too_much_is_wrong() {
        let ask = Ask::new("anonymous", "/", &[200]);
        let tally = Tally::new(2);
        tally.count(&ask, Answer { status: 200, who: None, lie: None });
        assert!(!tally.is_over());
        tally.count(&ask, Answer { status: 200, who: None, lie: None });
        assert!(tally.is_over());
        let tally = Tally::new(1_000);
        for _ in 0..=MANY {
            tally.count(&ask, Answer { status: 403, who: None, lie: None });
        }
        assert!(tally.is_over());
        assert_eq!(tally.keep().kinds[&("anonymous", 403)], MANY as u64 + 1);
    }
}
