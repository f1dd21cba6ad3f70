//! What goes to a feed, and what comes back.

use std::fmt::Write;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::failure::Failure;
use super::settings::{Feed, Format};

/// A request to be sent: a GET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The number of the feed in [`Feeds`](super::Feeds), which has its cluster and authority.
    pub feed: u8,
    /// The path, with its query.
    pub path: String,
    /// The value of `if-none-match`, if that header is to be sent.
    pub if_none_match: Option<Box<str>>,
    /// How long to wait for the whole answer.
    pub timeout: Duration,
}

/// The path of a request for what comes after a cursor; an empty one is the beginning.
pub(super) fn path_after(feed: &Feed, cursor: &str) -> String {
    let mut path = feed.path.to_string();
    if let Format::ClientSslAuth { .. } = feed.format {
        return path;
    }
    let mark = if path.contains('?') { '&' } else { '?' };
    // Writing to a text cannot fail.
    let _ = write!(path, "{mark}limit={}", feed.page);
    if !cursor.is_empty() {
        let _ = write!(path, "&after={}", utf8_percent_encode(cursor, RESERVED));
    }
    if !feed.wait.is_zero() {
        let _ = write!(path, "&wait={}", feed.wait.as_secs());
    }
    path
}

/// All but the unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is known of an answer before its body is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Response<'a> {
    /// The HTTP status; `None`: there was no answer.
    pub status: Option<u16>,
    /// The value of `etag`.
    pub etag: Option<&'a [u8]>,
    /// How long the body is.
    pub body_bytes: usize,
}

/// What an answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has a page, to be read.
    Body,
    /// The list is as it was: an accepted answer.
    NothingNew,
    /// The feed does not know the cursor any more. The list is as it was, until all of it is loaded.
    StartAgain,
    /// It is none.
    Failed(Failure),
}

impl Answer {
    /// A stable word for metrics; of one with a page, as long as nothing is wrong with that.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Body => "ok",
            Self::NothingNew => "nothing_new",
            Self::StartAgain => "start_again",
            Self::Failed(failure) => failure.word(),
        }
    }
}

/// An `ETag` that can be sent back, else nothing.
pub(super) fn usable_etag(value: &[u8]) -> &str {
    let is_usable = value.len() <= LONGEST_ETAG && value.iter().all(u8::is_ascii_graphic);
    let text = std::str::from_utf8(value).unwrap_or_default();
    if is_usable { text } else { "" }
}

const LONGEST_ETAG: usize = 256;
