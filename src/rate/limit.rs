//! A rate, in the terms of the generic cell rate algorithm (ITU-T I.371, annex A): a bucket is known by the
//! time at which it is full again. Every request moves that time on by what one token takes to come back, and
//! none may move it farther ahead than the whole burst takes.

use crate::dynamic::Rate;

/// What a rate allows. Times are nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limit {
    /// In which one token comes back. Rounded up, so that there are never more of them than the rate says;
    /// so a rate is no higher than one in a nanosecond.
    pub(super) interval: u64,
    /// In which all of them come back. A burst that would take longer than 146 years is cut to what comes
    /// back in these: no time runs over for it.
    pub(super) window: u64,
}

impl Limit {
    pub(super) fn of(rate: Rate) -> Self {
        let per = u64::try_from(rate.per.as_nanos()).unwrap_or(u64::MAX);
        let interval = per.div_ceil(u64::from(rate.requests.max(1))).max(1);
        let window = interval.saturating_mul(u64::from(rate.burst.max(1)));
        Self { interval, window: window.min(LONGEST).max(interval) }
    }

    /// Takes a token of a bucket that is full at a time; if that has passed, it is full. `Ok`: when it is full
    /// then. `Err`: how long until there is a token. `None` if no bucket of this limit is like that.
    pub(super) fn take(self, full_at: u64, now: u64) -> Option<Result<u64, u64>> {
        let most = now.saturating_add(self.window);
        if full_at > most {
            return None;
        }
        Some(match full_at.max(now).checked_add(self.interval) {
            Some(next) if next <= most => Ok(next),
            Some(next) => Err(next.saturating_sub(most)),
            // The clock ends before.
            None => Err(u64::MAX),
        })
    }
}

/// 146 years.
const LONGEST: u64 = u64::MAX / 4;
