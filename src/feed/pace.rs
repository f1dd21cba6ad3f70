//! How long to wait before a feed is asked again. Times are nanoseconds.

use std::time::Duration;

/// The pause after so many failures in a row: one of up to a second, two, four, up to a minute.
pub(super) fn back_off(failures: u32, random: u64) -> Duration {
    let doublings = failures.saturating_sub(1).min(6);
    let most = Duration::from_secs(1_u64.checked_shl(doublings).unwrap_or(64)).min(LONGEST_PAUSE);
    up_to(most, random).max(SHORTEST_PAUSE)
}

/// A tenth less, a tenth more, or between.
pub(super) fn around(interval: Duration, random: u64) -> Duration {
    let tenth = interval.checked_div(10).unwrap_or_default();
    interval.saturating_sub(tenth).saturating_add(up_to(tenth.saturating_mul(2), random))
}

/// As long as `most`, or shorter.
pub(super) fn up_to(most: Duration, random: u64) -> Duration {
    let choices = nanoseconds(most).saturating_add(1);
    Duration::from_nanos(random.checked_rem(choices).unwrap_or_default())
}

/// A time after a pause.
pub(super) fn later(now: u64, pause: Duration) -> u64 {
    now.saturating_add(nanoseconds(pause))
}

pub(super) fn nanoseconds(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

/// The pause where asking at once might be asking all the time.
pub(super) const BREATH: Duration = Duration::from_secs(1);
/// How far apart proxies begin again that have all been told to.
pub(super) const SPREAD: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
