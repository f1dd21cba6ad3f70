//! What the filter's clock shows.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since the Unix epoch.
pub(crate) fn nanoseconds(text: &str) -> Result<u64, MalformedTime> {
    let read = OffsetDateTime::parse(text, &Rfc3339).ok();
    read.and_then(|time| u64::try_from(time.unix_timestamp_nanos()).ok())
        .ok_or_else(|| MalformedTime { text: text.to_owned() })
}

/// A text that is no time since 1970, as `2026-11-22T00:00:00Z`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedTime {
    text: String,
}

impl fmt::Display for MalformedTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "expected 2026-11-22T00:00:00Z, found {:?}", self.text)
    }
}

impl std::error::Error for MalformedTime {}
