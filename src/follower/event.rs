//! What a follower has to tell: log lines and counters are made of it.

use std::fmt;

use crate::feed::Failure;

/// Something that happened to a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// This VM fills the list from now on.
    Leads {
        /// The term, which grows with every leader.
        term: u32,
    },
    /// Another VM fills it.
    Follows,
    /// A poll came out like this: one of [`Failure::word`], `ok`, `nothing_new` or `start_again`.
    Polled(&'static str),
    /// The first failure after an answer that was accepted.
    Failing(Failure),
    /// The first accepted answer after failures.
    Recovered,
    /// The list is whole for the first time, or anew.
    Loaded {
        /// The feed's version.
        version: u64,
        /// How many entries there are.
        entries: u64,
    },
    /// Entries of one answer that cannot be used, and what is wrong with the first of them.
    Skipped {
        /// How many.
        entries: u64,
        /// With their places in the answer.
        problems: Vec<String>,
    },
    /// The other feed of the two is asked from now on: 0 is the first.
    Switched(u8),
    /// Somebody else wrote into the list: it is loaded anew.
    Corrupt,
    /// The host does not answer.
    Unreadable,
}

impl Event {
    /// Whether somebody should look at it.
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::Failing(_)
                | Self::Skipped { .. }
                | Self::Switched(_)
                | Self::Corrupt
                | Self::Unreadable
        )
    }

    /// Whether it is a change of state, which is told in the log.
    pub fn is_told(&self) -> bool {
        !matches!(self, Self::Polled(_))
    }
}

impl fmt::Display for Event {
    /// The members of a JSON object, without its braces.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| serde_json::to_string(text).unwrap_or_default();
        match self {
            Self::Leads { term } => write!(out, r#""state":"leads","term":{term}"#),
            Self::Follows => out.write_str(r#""state":"follows""#),
            Self::Polled(result) => write!(out, r#""poll":"{result}""#),
            Self::Failing(failure) => write!(
                out,
                r#""state":"failing","poll":"{}","why":{}"#,
                failure.word(),
                text(&failure.to_string())
            ),
            Self::Recovered => out.write_str(r#""state":"recovered""#),
            Self::Loaded { version, entries } => {
                write!(out, r#""state":"loaded","version":{version},"entries":{entries}"#)
            }
            Self::Skipped { entries, problems } => {
                let problems: Vec<String> = problems.iter().map(|problem| text(problem)).collect();
                write!(
                    out,
                    r#""state":"skipped","entries":{entries},"problems":[{}]"#,
                    problems.join(",")
                )
            }
            Self::Switched(feed) => write!(out, r#""state":"switched","feed":{feed}"#),
            Self::Corrupt => out.write_str(r#""state":"corrupt""#),
            Self::Unreadable => out.write_str(r#""state":"unreadable""#),
        }
    }
}
