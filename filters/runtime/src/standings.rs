//! How the dynamic lists of a policy stand, as this worker last saw it.

use std::cell::{Cell, RefCell};

use peergate::dynamic::{DynamicList, Space, Standing};
use peergate::{Policy, Unreadable};

use crate::host;
use crate::metrics::Metrics;

/// What this worker knows of each list. A head record is read once a tick, not once a request: it tells
/// whether a list may be gone by. What is on the list is read by every request.
#[derive(Debug, Default)]
pub(crate) struct Standings {
    known: RefCell<Vec<(Space, Standing)>>,
    /// Whether a list has changed since the last look, whoever noticed it.
    is_changed: Cell<bool>,
    metrics: Metrics,
}

impl Standings {
    /// Looks at every list of a policy. `true` if one has changed since the last look.
    pub(crate) fn look(&self, policy: &Policy) -> bool {
        for list in policy.dynamic_lists() {
            // One that cannot be read has not changed, as far as is known, and is looked at again.
            let _ = self.read(list);
        }
        self.is_changed.take()
    }

    /// Sets the gauges of every list.
    pub(crate) fn show(&self, policy: &Policy) {
        let Ok(now) = host::monotonic() else {
            return;
        };
        for list in policy.dynamic_lists() {
            if let Some(standing) = self.known(list) {
                for (name, value) in standing.gauges(list, now) {
                    self.metrics.record(name, value);
                }
            }
        }
    }

    /// Whether a list may be gone by, at a time of the monotonic clock, in nanoseconds, which is asked for
    /// if it matters. One that may not, as far as is known, is looked at again.
    pub(crate) fn is_current(
        &self,
        list: &DynamicList,
        now: impl Fn() -> Result<u64, Unreadable>,
    ) -> Result<bool, Unreadable> {
        let is_current = |standing: &Standing| {
            if !standing.is_loaded {
                return Ok(false);
            }
            Ok(list.is_good_at_any_age() || list.is_current(standing, now()?))
        };
        match self.known(list) {
            Some(known) if is_current(&known)? => Ok(true),
            _ => is_current(&self.read(list)?),
        }
    }

    /// Whether every list has heard of its feed lately.
    pub(crate) fn are_fresh(&self, policy: &Policy) -> bool {
        let Ok(now) = host::monotonic() else {
            return false;
        };
        policy.dynamic_lists().all(|list| {
            let standing = self.read(list).unwrap_or_default();
            standing.is_loaded && !list.is_stale(&standing, now)
        })
    }

    /// Whether every list was ever filled.
    pub(crate) fn are_loaded(&self, policy: &Policy) -> bool {
        let is_loaded = |list: &DynamicList| self.known(list).is_some_and(|known| known.is_loaded);
        policy.dynamic_lists().all(|list| is_loaded(list))
    }

    fn read(&self, list: &DynamicList) -> Result<Standing, Unreadable> {
        let head = host::shared(&list.space().head())?.map(|(bytes, _)| bytes);
        let standing = Standing::read(head.as_deref()).map_err(|_| Unreadable)?;
        if self.known(list).is_none_or(|known| known.is_changed(&standing)) {
            self.is_changed.set(true);
        }
        if let Ok(mut known) = self.known.try_borrow_mut() {
            known.retain(|(space, _)| *space != list.space());
            known.push((list.space(), standing));
        }
        Ok(standing)
    }

    fn known(&self, list: &DynamicList) -> Option<Standing> {
        let known = self.known.try_borrow().ok()?;
        known.iter().find(|(space, _)| *space == list.space()).map(|(_, standing)| *standing)
    }
}
