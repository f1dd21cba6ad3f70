//! What is to be done with a page that was asked for.

use std::time::Duration;

use crate::dynamic::Position;

use super::failure::Failure;
use super::page::Page;

/// What is to be done with an accepted page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) way: Way,
    /// Where the list is once the page is applied; `None` within a reset, of which nobody sees anything
    /// until its last page.
    pub(crate) position: Option<Position>,
}

/// How a page's changes are to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// To the list as it is.
    Change,
    /// To an empty list beside the one that is seen. Whatever another reset had begun is void.
    BeginReset,
    /// To the list that the reset has begun.
    ContinueReset,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) feed: u8,
    pub(super) at: u64,
    /// What it asked after; empty: from the beginning.
    pub(super) cursor: Box<str>,
    pub(super) has_etag: bool,
    pub(super) is_stale: bool,
    /// It tries the first feed while the second stands in; if it fails, the next try is so much later.
    pub(super) probe: Option<Duration>,
    pub(super) wait: Duration,
    pub(super) interval: Duration,
    pub(super) max_bytes: u32,
    /// The answer's.
    pub(super) etag: Box<str>,
}

/// Pages that together take the place of the list.
#[derive(Clone, Debug)]
pub(super) struct Reset {
    pub(super) feed: u8,
    /// What to ask after next.
    pub(super) cursor: Box<str>,
    /// Of the last page.
    pub(super) version: Option<u64>,
    /// Whether its pages say that they are a reset, and not only the question.
    pub(super) is_said: bool,
}

/// Whether a page can be taken, and how.
pub(super) fn judge(
    asked: &Asked,
    reset: Option<&Reset>,
    position: &Position,
    page: &Page,
) -> Result<Way, Failure> {
    if page.more && page.cursor == asked.cursor {
        return Err(Failure::Loop);
    }
    let way = match reset {
        // Every page of a reset may say that it is one, or the first alone.
        Some(reset) if reset.is_said || !page.reset => Way::ContinueReset,
        // What is asked for from the beginning is the whole list, whatever it says of itself.
        None if !page.reset && !asked.cursor.is_empty() => Way::Change,
        _ => Way::BeginReset,
    };
    // Nobody sees anything of a reset before its last page: a feed that tells its whole past begins with old
    // versions.
    let seen = if way == Way::Change || !page.more { position.version } else { 0 };
    let known = reset.and_then(|reset| reset.version).map_or(seen, |version| version.max(seen));
    if let Some(found) = page.version.filter(|found| *found < known) {
        return Err(Failure::Rollback { known, found });
    }
    Ok(way)
}
