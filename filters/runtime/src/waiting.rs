//! Requests that are held until the dynamic lists which they need have been filled for the first time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use crate::host;

/// The requests of one policy that are held.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// How long after the policy's first request the last one is let go.
    most: Duration,
    /// When that is over: nanoseconds of the monotonic clock.
    ends_at: Cell<Option<u64>>,
    /// In the order in which they came.
    streams: RefCell<BTreeSet<u32>>,
}

impl Waiting {
    pub(crate) fn new(most: Duration) -> Self {
        Self { most, ends_at: Cell::default(), streams: RefCell::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.streams.try_borrow().is_ok_and(|streams| streams.is_empty())
    }

    /// Holds a request, if there is still something to wait for; `false` if not.
    pub(crate) fn hold(&self, stream: u32, are_loaded: impl FnOnce() -> bool) -> bool {
        !self.most.is_zero() && !self.is_over(are_loaded) && self.keep(stream)
    }

    /// Whether there is nothing to wait for any more.
    pub(crate) fn is_over(&self, are_loaded: impl FnOnce() -> bool) -> bool {
        if are_loaded() {
            return true;
        }
        let Ok(now) = host::monotonic() else {
            return true;
        };
        let most = u64::try_from(self.most.as_nanos()).unwrap_or(u64::MAX);
        let ends_at = self.ends_at.get().unwrap_or_else(|| now.saturating_add(most));
        self.ends_at.set(Some(ends_at));
        now >= ends_at
    }

    /// Some of the requests, the first ones first, which are held by the caller from now on.
    pub(crate) fn take(&self) -> Vec<u32> {
        let Ok(mut streams) = self.streams.try_borrow_mut() else {
            return Vec::new();
        };
        std::iter::from_fn(|| streams.pop_first()).take(AT_ONCE).collect()
    }

    /// Holds a request; `false` if there is no room.
    pub(crate) fn keep(&self, stream: u32) -> bool {
        self.streams
            .try_borrow_mut()
            .is_ok_and(|mut streams| streams.len() < MOST && streams.insert(stream))
    }

    pub(crate) fn remove(&self, stream: u32) {
        if let Ok(mut streams) = self.streams.try_borrow_mut() {
            streams.remove(&stream);
        }
    }
}

/// Requests that are held at once: others are refused as if nobody could wait.
const MOST: usize = 10_000;

/// Requests that are judged in one callback.
const AT_ONCE: usize = 200;
