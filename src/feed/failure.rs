//! Why a poll failed.

use std::fmt;

/// Why a poll failed. It has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There was no answer.
    Unreachable,
    /// An answer with this HTTP status, which is none that has a page or says that there is no news.
    Status(u16),
    /// An answer that is no page: what is wrong with it, and where.
    Malformed(Box<str>),
    /// A page that is older than what is known already.
    Rollback {
        /// The version that is known.
        known: u64,
        /// The version of the page.
        found: u64,
    },
    /// A page that has more to come and leads back to itself.
    Loop,
    /// An answer of more bytes than it may have.
    TooLarge,
}

impl Failure {
    /// An answer that is no page. What is told of it is one line, and no longer than anybody reads.
    pub(crate) fn malformed(what: impl fmt::Display) -> Self {
        Self::Malformed(told(what).into())
    }

    /// A stable word for metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Status(_) => "status",
            Self::Malformed(_) => "malformed",
            Self::Rollback { .. } => "rollback",
            Self::Loop => "loop",
            Self::TooLarge => "too_large",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => out.write_str("the feed does not answer"),
            Self::Status(status) => write!(out, "the feed answers with status {status}"),
            Self::Malformed(what) => write!(out, "the feed's answer is malformed: {what}"),
            Self::Rollback { known, found } => {
                write!(out, "the feed has gone back from version {known} to {found}")
            }
            Self::Loop => out.write_str("the feed has more after a page, and leads back to it"),
            Self::TooLarge => out.write_str("the feed's answer is larger than max_bytes"),
        }
    }
}

impl std::error::Error for Failure {}

/// The words for the ends that a poll can have, [`Failure::word`]s and `Answer::word`s.
pub const WORDS: [&str; 9] = [
    "ok",
    "nothing_new",
    "start_again",
    "unreachable",
    "status",
    "malformed",
    "rollback",
    "loop",
    "too_large",
];

/// A text of an answer as one line that can stand in a log: control characters escaped, and cut.
pub(super) fn told(what: impl fmt::Display) -> String {
    let text = what.to_string();
    let mut line = String::new();
    for letter in text.chars() {
        if line.len() >= LONGEST {
            line.push('…');
            break;
        }
        if letter.is_control() {
            line.extend(letter.escape_default());
        } else {
            line.push(letter);
        }
    }
    line
}

/// Bytes of an answer's text that are told, or a few more.
const LONGEST: usize = 300;
