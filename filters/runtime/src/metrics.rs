//! Metrics by their names.

use std::cell::RefCell;
use std::collections::BTreeMap;

use peergate::Unreadable;

use crate::host;

/// Counters and gauges that were needed so far. They are kept, since every definition costs the host an
/// entry.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    known: RefCell<BTreeMap<String, u32>>,
}

impl Metrics {
    /// Counts one more.
    pub(crate) fn count(&self, name: String) {
        self.with(name, host::counter, host::count);
    }

    /// Sets a gauge.
    pub(crate) fn record(&self, name: String, value: u64) {
        self.with(name, host::gauge, |gauge| host::record(gauge, value));
    }

    /// A lost value is no reason to fail.
    fn with(
        &self,
        name: String,
        define: impl FnOnce(&str) -> Result<u32, Unreadable>,
        act: impl FnOnce(u32) -> Result<(), Unreadable>,
    ) {
        let Ok(mut known) = self.known.try_borrow_mut() else {
            return;
        };
        let Some(metric) = known.get(&name).copied().or_else(|| define(&name).ok()) else {
            return;
        };
        match act(metric) {
            Ok(()) => {
                known.entry(name).or_insert(metric);
            }
            // What the host does not know by this number is defined anew.
            Err(Unreadable) => {
                known.remove(&name);
            }
        }
    }
}
