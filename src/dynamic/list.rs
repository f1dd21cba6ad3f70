//! A dynamic list: what a policy knows of it. What is on it lies in shared data.

use super::space::Space;
use super::standing::Standing;
use crate::feed::{Format, Keeping, WhenStale};

use super::entry::Grant;

/// A list that a feed fills.
#[derive(Clone, Debug)]
pub struct DynamicList {
    name: Box<str>,
    space: Space,
    keeping: Keeping,
}

impl DynamicList {
    /// A list of this name.
    pub(crate) fn new(name: &str, keeping: Keeping) -> Self {
        let feeds = [Some(&keeping.feeds.primary), keeping.feeds.fallback.as_ref()];
        let mut parts = vec![name.as_bytes(), keeping.secret.as_bytes()];
        for feed in feeds.into_iter().flatten() {
            parts.extend([&feed.cluster, &feed.authority, &feed.path].map(|part| part.as_bytes()));
            if let Format::ClientSslAuth { apis } = &feed.format {
                parts.push(b"client_ssl_auth");
                if let Grant::Only(apis) = apis {
                    parts.extend(apis.iter().map(|api| api.as_str().as_bytes()));
                }
            }
        }
        let space = Space::of(STORED, &parts);
        Self { name: name.into(), space, keeping }
    }

    /// The name that rules and metrics go by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it lies in shared data. Two lists that lie at the same place are one.
    pub fn space(&self) -> Space {
        self.space
    }

    /// How it is kept in step with its feeds.
    pub fn keeping(&self) -> &Keeping {
        &self.keeping
    }

    /// Whether it can be gone by, at a time in nanoseconds of the monotonic clock.
    pub fn is_current(&self, standing: &Standing, now: u64) -> bool {
        standing.is_loaded && (self.is_good_at_any_age() || !self.is_stale(standing, now))
    }

    /// Whether it can be gone by however old it is, once it is loaded.
    pub fn is_good_at_any_age(&self) -> bool {
        self.keeping.when_stale == WhenStale::Keep
    }

    /// Whether it has not heard of its feeds for longer than `max_age`, at a time in nanoseconds of the
    /// monotonic clock.
    pub fn is_stale(&self, standing: &Standing, now: u64) -> bool {
        let most = u64::try_from(self.keeping.max_age.as_nanos()).unwrap_or(u64::MAX);
        let is_ahead = standing.accepted_at.saturating_sub(now) > AHEAD;
        now.saturating_sub(standing.accepted_at) > most || is_ahead
    }
}

/// The format of what is stored.
const STORED: &str = "peergate-list-2";

/// How far a time may lie ahead, in nanoseconds: of a clock that was read a little earlier here. One that
/// is farther ahead is no time that anybody has read.
const AHEAD: u64 = 60_000_000_000;
