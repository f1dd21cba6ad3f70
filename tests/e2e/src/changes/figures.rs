//! What many changes of a policy came to.

use std::fmt;
use std::time::Duration;

use super::Change;
use super::asking::{Answer, Answers, Seen};

/// What many changes of a policy came to.
#[derive(Debug)]
pub struct Figures {
    /// How many requests were answered as a policy says.
    pub answered: usize,
    /// Requests that were sent after Envoy had acknowledged a change, and answered by a policy before it.
    pub by_the_old: Vec<String>,
    /// Requests without an answer, or with one that no policy gives.
    pub dropped: Vec<String>,
    /// From putting a policy in place to its acknowledgement, in order.
    acknowledged: Vec<Duration>,
    /// From putting a policy in place to the first answer by it, in order.
    effective: Vec<Duration>,
    /// How many changes no answer was seen of.
    unseen: usize,
    /// Envoy's resident memory in bytes and how many VMs it had, before and after.
    memory: [(u64, u64); 2],
}

impl Figures {
    pub(super) fn new(changes: &[Change], answers: Answers, memory: [(u64, u64); 2]) -> Self {
        let is_late = |answer: &&Answer| !is_possible(changes, answer);
        let late = answers.good.iter().filter(is_late);
        let later = || changes.iter().enumerate().skip(1);
        let first = |(number, change): (usize, &Change)| {
            let is_its =
                |answer: &&Answer| matches!(answer.seen, Seen::Generation(it) if it == number);
            let read = answers.good.iter().filter(is_its).map(|answer| answer.read).min()?;
            Some(read.saturating_duration_since(change.put))
        };
        let mut effective: Vec<_> = later().filter_map(first).collect();
        effective.sort_unstable();
        let mut acknowledged: Vec<_> =
            later().map(|(_, change)| change.acknowledged - change.put).collect();
        acknowledged.sort_unstable();
        Self {
            answered: answers.good.len(),
            by_the_old: late.map(|answer| format!("{answer:?}")).collect(),
            unseen: acknowledged.len() - effective.len(),
            dropped: answers.dropped,
            acknowledged,
            effective,
            memory,
        }
    }

    /// Whether no request was dropped, or answered by a policy that was over when it was sent.
    pub fn is_good(&self) -> bool {
        self.by_the_old.is_empty() && self.dropped.is_empty()
    }
}

/// Whether one of the policies could give the answer that were in force, or were coming into force, while
/// the request was served.
fn is_possible(changes: &[Change], answer: &Answer) -> bool {
    let oldest = changes.iter().rposition(|change| change.acknowledged <= answer.sent);
    let newest = changes.iter().rposition(|change| change.put <= answer.read);
    let (Some(oldest), Some(newest)) = (oldest, newest) else { return false };
    (oldest..=newest).any(|number| match answer.seen {
        Seen::Generation(generation) => generation == number,
        Seen::Parity(is_even) => is_even == number.is_multiple_of(2),
    })
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spread = |times: &[Duration]| {
            let at = |share: usize| {
                let rank = (times.len() * share).div_ceil(100).saturating_sub(1);
                times.get(rank).copied().unwrap_or_default()
            };
            format!("p50 {:.1?}, p99 {:.1?}, longest {:.1?}", at(50), at(99), at(100))
        };
        writeln!(f, "{} changes, {} requests answered", self.acknowledged.len(), self.answered)?;
        writeln!(
            f,
            "  answered by a policy that was over when they were sent: {}",
            self.by_the_old.len()
        )?;
        writeln!(f, "  dropped: {}", self.dropped.len())?;
        writeln!(f, "  until Envoy acknowledges: {}", spread(&self.acknowledged))?;
        write!(f, "  until the first answer by the new policy: {}", spread(&self.effective))?;
        match self.unseen {
            0 => writeln!(f)?,
            unseen => writeln!(f, "; none was seen of {unseen}")?,
        }
        let [(before, vms_before), (after, vms_after)] = self.memory;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let (before, after) = (megabytes(before), megabytes(after));
        writeln!(
            f,
            "  memory: {before:.0} MB before, {after:.0} MB after; VMs: {vms_before}, {vms_after}"
        )?;
        let examples = self.by_the_old.iter().chain(&self.dropped).take(5);
        examples.into_iter().try_for_each(|example| writeln!(f, "  ! {example}"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_answer_is_by_a_policy_of_its_time() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let change = |put, acknowledged| Change { put: at(put), acknowledged: at(acknowledged) };
        let changes = [change(0, 0), change(10, 12), change(20, 22)];
        let is_good = |sent, read, seen| {
            is_possible(&changes, &Answer { sent: at(sent), read: at(read), seen })
        };
        for (sent, read, generation, expected) in [
            (1, 2, 0, true),
            (1, 2, 1, false),
            (11, 13, 0, true),
            (11, 13, 1, true),
            (12, 13, 0, false),
            (11, 21, 2, true),
            (23, 24, 1, false),
        ] {
            let seen = Seen::Generation(generation);
            assert_eq!(is_good(sent, read, seen), expected, "{sent} {read} {generation}");
        }
        assert!(is_good(12, 13, Seen::Parity(false)));
        assert!(!is_good(12, 13, Seen::Parity(true)));
        assert!(is_good(12, 21, Seen::Parity(true)));
    }
}
