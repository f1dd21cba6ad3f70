//! The expiry watch: gauges of every list, and a line a day for what will soon be out of date.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use peergate::{Policy, Verdict};

use crate::host::{self, Level};
use crate::metrics::Metrics;
use crate::once_a_day;

/// What one policy's watch needs to know.
pub(crate) struct Watch {
    /// Stands for the configuration: another one tells its own.
    mark: u64,
    /// The plugin's name, once it was asked for. Not while configuring, which depends on the configuration
    /// alone.
    plugin: OnceCell<Vec<u8>>,
    metrics: Metrics,
    /// The certificates that this worker has heard of lately, by the day.
    heard: RefCell<HashMap<u64, i64>>,
}

impl Watch {
    /// Watches a policy that was read from this configuration.
    pub(crate) fn new(configuration: &[u8]) -> Self {
        Self {
            mark: digest(configuration),
            plugin: OnceCell::new(),
            metrics: Metrics::default(),
            heard: RefCell::default(),
        }
    }

    /// Sets the gauges; the first worker of the day writes the lines.
    pub(crate) fn look(&self, policy: &Policy) {
        let Ok(now) = host::now() else {
            return;
        };
        for state in policy.list_states(now) {
            for (name, value) in state.gauges() {
                self.metrics.record(name, value);
            }
        }
        let lines = policy.expiry_lines(now);
        if !lines.is_empty() && once_a_day::claim(&self.table("lists"), self.mark, now) {
            for line in lines {
                host::log(Level::Warning, &line);
            }
        }
    }

    /// Tells of an accepted client whose certificate will soon be out of date.
    pub(crate) fn hear(&self, policy: &Policy, verdict: &Verdict<'_>) {
        // Known before anything is written: most requests come from clients with time left.
        if verdict.accepted().and_then(|accepted| accepted.expires_soon()).is_none() {
            return;
        }
        let (Ok(now), Some((fingerprint, line))) = (host::now(), policy.expiring_client(verdict))
        else {
            return;
        };
        let (mark, day) = (digest(&fingerprint), now.div_euclid(86_400));
        let Ok(mut heard) = self.heard.try_borrow_mut() else {
            return;
        };
        if heard.len() >= MOST {
            heard.clear();
        }
        if heard.insert(mark, day) != Some(day)
            && once_a_day::claim(&self.table("clients"), mark, now)
        {
            host::log(Level::Warning, &line);
        }
    }

    /// A table of the plugin's own in shared data, which plugins of one VM have in common. There is one for
    /// what lists hold, and one for clients, of whom there may be too many.
    fn table(&self, of: &str) -> Vec<u8> {
        let read = || host::property("plugin_name").ok().flatten().unwrap_or_default();
        let plugin = self.plugin.get_or_init(read);
        [b"peergate/expiry/", of.as_bytes(), b"/", plugin].concat()
    }
}

fn digest(value: &(impl Hash + ?Sized)) -> u64 {
    // Not a random one: all workers have to come to the same.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Certificates that a worker keeps in mind: more than a day's table holds.
const MOST: usize = 2_000;
