//! Points in time.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Reads RFC 3339 as seconds since the Unix epoch.
///
/// # Errors
/// [`NoMoment`] if the text is another.
pub fn moment(text: &str) -> Result<i64, NoMoment> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NoMoment)?;
    Ok(moment.unix_timestamp())
}

/// A text that is no date and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMoment;

impl fmt::Display for NoMoment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected a date and time as 2027-01-01T00:00:00Z")
    }
}

impl std::error::Error for NoMoment {}
