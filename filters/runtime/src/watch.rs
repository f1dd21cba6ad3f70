//! The expiry watch: gauges of every list, and a line a day for what will soon be out of date.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use peergate::{Policy, Verdict};

use crate::host::{self, Level};
use crate::metrics::Metrics;
use crate::once_a_day;
use crate::plugin::Plugin;

/// What one policy's watch needs to know.
pub(crate) struct Watch {
    /// Stands for the configuration: another one tells its own.
    mark: u64,
    metrics: Metrics,
    /// The certificates that this worker has heard of lately, by the day.
    heard: RefCell<HashMap<u64, i64>>,
}

impl Watch {
    /// Watches a policy that was read from this configuration.
    pub(crate) fn new(configuration: &[u8]) -> Self {
        Self { mark: digest(configuration), metrics: Metrics::default(), heard: RefCell::default() }
    }

    /// Sets the gauges; the first worker of the day writes the lines.
    pub(crate) fn look(&self, policy: &Policy, plugin: &Plugin) {
        let Ok(now) = host::now() else {
            return;
        };
        for state in policy.list_states(now) {
            for (name, value) in state.gauges() {
                self.metrics.record(name, value);
            }
        }
        let lines = policy.expiry_lines(now);
        if !lines.is_empty() && claim("lists", plugin, self.mark, now) {
            for line in lines {
                host::log(Level::Warning, &line);
            }
        }
    }

    /// Tells of an accepted client whose certificate will soon be out of date.
    pub(crate) fn hear(&self, policy: &Policy, plugin: &Plugin, verdict: &Verdict<'_>) {
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
        if heard.insert(mark, day) != Some(day) && claim("clients", plugin, mark, now) {
            host::log(Level::Warning, &line);
        }
    }
}

/// Claims the telling in a table of the plugin's own in shared data, which plugins of one VM have in common.
/// There is one for what lists hold, and one for clients, of whom there may be too many.
fn claim(of: &str, plugin: &Plugin, mark: u64, now: i64) -> bool {
    plugin.name().is_ok_and(|name| {
        let table = [b"peergate/expiry/", of.as_bytes(), b"/", name].concat();
        once_a_day::claim(&table, mark, now)
    })
}

fn digest(value: &(impl Hash + ?Sized)) -> u64 {
    // Not a random one: all workers have to come to the same.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Certificates that a worker keeps in mind: more than a day's table holds.
const MOST: usize = 2_000;
