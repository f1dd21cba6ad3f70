//! What has been answered.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

/// What all connections of a turn have in common. They run on one thread.
pub(super) struct Tally {
    status: u16,
    phase: Cell<Phase>,
    latencies: RefCell<Vec<u32>>,
    /// The first answer of another status.
    unexpected: Cell<Option<u16>>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Phase {
    Warm,
    Measured,
    Over,
}

impl Tally {
    /// For answers that must have this status.
    pub(super) fn new(status: u16) -> Self {
        Self {
            status,
            phase: Cell::new(Phase::Warm),
            latencies: RefCell::new(Vec::with_capacity(1 << 18)),
            unexpected: Cell::new(None),
        }
    }

    /// Begins to count.
    pub(super) fn start(&self) {
        self.phase.set(Phase::Measured);
    }

    /// Ends the sending, and returns how many answers came since the start, and how long each took.
    pub(super) fn stop(&self) -> (u64, Latencies) {
        self.phase.set(Phase::Over);
        let latencies = self.latencies.take();
        (latencies.len() as u64, Latencies::new(latencies))
    }

    /// Whether nothing was answered since the start.
    pub(super) fn is_empty(&self) -> bool {
        self.latencies.borrow().is_empty()
    }

    /// Whether nothing more is to be sent.
    pub(super) fn is_over(&self) -> bool {
        self.phase.get() == Phase::Over
    }

    /// Counts an answer.
    pub(super) fn count(&self, status: u16, latency: Duration) {
        if status != self.status {
            self.unexpected.set(self.unexpected.get().or(Some(status)));
        }
        if self.phase.get() == Phase::Measured {
            let nanoseconds = u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX);
            self.latencies.borrow_mut().push(nanoseconds);
        }
    }

    /// Fails if an answer had another status than it must.
    pub(super) fn verdict(&self) -> io::Result<()> {
        match self.unexpected.get() {
            None => Ok(()),
            Some(status) => {
                let error = format!("an answer is {status}, where {} is due", self.status);
                Err(io::Error::other(error))
            }
        }
    }
}

/// How long answers took, in order.
#[derive(Clone, Debug)]
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    fn new(mut nanoseconds: Vec<u32>) -> Self {
        nanoseconds.sort_unstable();
        Self(nanoseconds)
    }

    /// The time that this share of all answers did not exceed, in microseconds; zero without answers.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).map_or(0.0, |&it| f64::from(it) / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_them() {
        let latencies = Latencies::new(vec![4_000, 1_000, 3_000, 2_000]);
        assert_eq!(latencies.percentile(0.5), 2.0);
        assert_eq!(latencies.percentile(0.99), 4.0);
        assert_eq!(Latencies::new(Vec::new()).percentile(0.5), 0.0);
    }

    #[test]
    fn only_what_comes_between_start_and_stop_counts() {
        let tally = Tally::new(200);
        tally.count(200, Duration::from_micros(1));
        assert!(tally.is_empty());
        tally.start();
        tally.count(200, Duration::from_micros(2));
        assert!(!tally.is_empty());
        let (requests, latencies) = tally.stop();
        tally.count(200, Duration::from_micros(3));
        assert_eq!((requests, latencies.percentile(1.0)), (1, 2.0));
        assert!(tally.verdict().is_ok() && tally.is_over());
    }

    #[test]
    fn another_status_fails_also_while_it_warms_up() {
        let tally = Tally::new(200);
        tally.count(503, Duration::ZERO);
        assert!(tally.verdict().unwrap_err().to_string().contains("503"));
    }
}
