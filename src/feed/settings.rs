//! How a dynamic list is kept: what a configuration says of its feeds.

use std::fmt;
use std::time::Duration;

use crate::dynamic::Grant;

/// How a dynamic list is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Keeping {
    /// Where it comes from.
    pub feeds: Feeds,
    /// Part of the keys in shared data, so that others cannot name them; empty if none is given.
    pub secret: Box<str>,
    /// How long the list is good after the last accepted answer.
    pub max_age: Duration,
    /// What becomes of requests once it is older.
    pub when_stale: WhenStale,
    /// How long a request may wait for the first load.
    pub start_wait: Duration,
    /// How long one callback may work on the list: nothing else happens meanwhile on its thread.
    pub work_per_tick: Duration,
}

impl fmt::Debug for Keeping {
    /// Keeps the secret to itself.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feeds, max_age, when_stale, .. } = self;
        out.debug_struct("Keeping")
            .field("feeds", feeds)
            .field("max_age", max_age)
            .field("when_stale", when_stale)
            .finish_non_exhaustive()
    }
}

/// What becomes of requests that need a list which is older than it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenStale {
    /// They are refused.
    #[default]
    Refuse,
    /// The old list is used.
    Keep,
}

/// A feed, and the one that stands in for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feeds {
    /// Number 0: the one that is asked while it answers.
    pub primary: Feed,
    /// Number 1: the one that stands in.
    pub fallback: Option<Feed>,
    /// How long the first must have failed until the second stands in.
    pub fallback_after: Duration,
}

impl Feeds {
    /// The feed of a number, if there is one.
    pub fn get(&self, number: u8) -> Option<&Feed> {
        match number {
            0 => Some(&self.primary),
            1 => self.fallback.as_ref(),
            _ => None,
        }
    }
}

/// One source of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The Envoy cluster that is asked.
    pub cluster: Box<str>,
    /// The `:authority` of requests.
    pub authority: Box<str>,
    /// The path of requests; it may have a query of its own.
    pub path: Box<str>,
    /// How long the feed may hold an answer back until there is news, in whole seconds; zero: not at all.
    pub wait: Duration,
    /// The pause between requests where answers are not held back.
    pub interval: Duration,
    /// What answers look like.
    pub format: Format,
    /// The most changes that a page is asked to have.
    pub page: u32,
    /// The most bytes that an answer may have.
    pub max_bytes: u32,
}

/// What a feed's answers look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pages of changes.
    Native,
    /// The whole list as Envoy's `client_ssl_auth` filter reads it: fingerprints and nothing else.
    ClientSslAuth {
        /// What every certificate of it may use.
        apis: Grant,
    },
}

impl Feeds {
    /// The feeds, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Feed> {
        std::iter::once(&self.primary).chain(&self.fallback)
    }
}
