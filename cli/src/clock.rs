//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::Failure;

/// Seconds since the Unix epoch.
pub(crate) fn now() -> Result<i64, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let seconds = now.and_then(|now| i64::try_from(now.as_secs()).ok());
    seconds.ok_or_else(|| Failure::Input("the clock is before 1970".to_owned()))
}
