//! What a load came to.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::time::Duration;

/// What a load came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many requests were answered.
    pub requests: u64,
    /// How many answers had each status.
    pub statuses: BTreeMap<u16, u64>,
    /// How many requests or connections failed.
    pub failures: u64,
    /// Why one of them failed.
    pub failure: Option<String>,
    /// How long all of it took.
    pub elapsed: Duration,
    /// How long each answer took, in order once the load is over.
    latencies: Vec<Duration>,
}

impl Report {
    /// Returns how many requests were answered in a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns how many answers had this status.
    pub fn status(&self, status: u16) -> u64 {
        self.statuses.get(&status).copied().unwrap_or_default()
    }

    /// Returns the latency that this share of all answers did not exceed, such as 0.99; zero if
    /// there was no answer.
    pub fn percentile(&self, share: f64) -> Duration {
        let rank = (share * self.latencies.len() as f64).ceil() as usize;
        self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Returns the median latency.
    pub fn p50(&self) -> Duration {
        self.percentile(0.5)
    }

    /// Returns the latency of the slowest of a hundred.
    pub fn p99(&self) -> Duration {
        self.percentile(0.99)
    }

    /// Returns the latency of the slowest of a thousand.
    pub fn p999(&self) -> Duration {
        self.percentile(0.999)
    }

    /// Adds another load that came after this one.
    pub fn add(&mut self, later: Self) {
        let elapsed = self.elapsed + later.elapsed;
        self.merge(later);
        self.finish(elapsed);
    }

    /// Counts an answer by its status, or a failure.
    pub(super) fn count(&mut self, answer: Result<u16, &io::Error>, latency: Duration) {
        match answer {
            Ok(status) => {
                self.requests += 1;
                *self.statuses.entry(status).or_default() += 1;
                self.latencies.push(latency);
            }
            Err(error) => {
                self.failures += 1;
                self.failure.get_or_insert_with(|| error.to_string());
            }
        }
    }

    /// Adds what another part of the load came to.
    pub(super) fn merge(&mut self, part: Self) {
        self.requests += part.requests;
        for (status, count) in part.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.failures += part.failures;
        self.failure = self.failure.take().or(part.failure);
        self.latencies.extend(part.latencies);
    }

    /// Ends the counting.
    pub(super) fn finish(&mut self, elapsed: Duration) {
        self.elapsed = elapsed;
        self.latencies.sort_unstable();
    }
}

/// Writes one line: `8123 requests in 2.00s (4061/s), p50 …, p99 …, p99.9 …, {200: 8123}`, and the
/// failures if there are any.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (requests, elapsed, rate) = (self.requests, self.elapsed, self.rate());
        write!(f, "{requests} requests in {elapsed:.2?} ({rate:.0}/s), ")?;
        let (p50, p99, p999) = (self.p50(), self.p99(), self.p999());
        write!(f, "p50 {p50:.0?}, p99 {p99:.0?}, p99.9 {p999:.0?}, {:?}", self.statuses)?;
        match &self.failure {
            None => Ok(()),
            Some(failure) => write!(f, ", {} failures such as `{failure}`", self.failures),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_all_parts_together() {
        let mut report = Report::default();
        for part in [1, 0] {
            let mut counted = Report::default();
            for number in (1..=1000).filter(|number| number % 2 == part) {
                counted.count(Ok(200), Duration::from_millis(number));
            }
            report.merge(counted);
        }
        report.finish(Duration::from_secs(2));
        let millis = [report.p50(), report.p99(), report.p999(), report.percentile(1.0)];
        assert_eq!(millis.map(|it| it.as_millis()), [500, 990, 999, 1000]);
        assert_eq!((report.requests, report.status(200), report.status(403)), (1000, 1000, 0));
        assert_eq!(report.rate(), 500.0);
    }

    #[test]
    fn a_failure_is_counted_and_told_and_has_no_latency() {
        let mut report = Report::default();
        report.count(Err(&io::Error::other("broken")), Duration::from_secs(1));
        report.finish(Duration::from_secs(1));
        assert_eq!((report.requests, report.failures, report.p99()), (0, 1, Duration::ZERO));
        assert!(report.to_string().contains("1 failures such as `broken`"), "{report}");
    }
}
