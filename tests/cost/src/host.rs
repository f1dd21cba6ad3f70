//! The host's side: what an Envoy that knows nothing but what a variant says would answer.

use std::collections::BTreeMap;
use std::rc::Rc;

use peergate::dynamic::Offline;

use crate::pairs::Field;
use crate::profile::Profile;

/// What the module sees of the world, and what it did to it. Its clocks stand still.
#[derive(Debug, Default)]
pub struct Host {
    /// The plugin's configuration.
    pub configuration: Vec<u8>,
    /// The request's headers.
    pub headers: Vec<Field>,
    /// Properties by their paths, segments joined by NUL.
    pub properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Filter state that was set.
    pub state: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Lines of the log.
    pub logs: Vec<String>,
    /// What was called since it was last looked at.
    pub traffic: Traffic,
    /// Where instructions go, if the module has probes.
    pub profile: Profile,
    /// The names of counters and gauges, by their numbers less one.
    pub(crate) metrics: Vec<Vec<u8>>,
    /// What the module has written.
    shared: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    /// Shared data that was there before.
    lists: Rc<Offline>,
}

/// What went between module and host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The functions that were called, in order, with what they were called for.
    pub calls: Vec<String>,
    /// How often the host asked the module for memory to hand something over in.
    pub allocations: u64,
    /// Bytes that the host wrote there.
    pub given: u64,
    /// Bytes that the host was shown.
    pub taken: u64,
}

impl Host {
    /// A host with this configuration, where these lists have been filled.
    pub fn new(configuration: Vec<u8>, lists: Rc<Offline>) -> Self {
        Self { configuration, lists, ..Self::default() }
    }

    /// What lies under a key, and its number.
    pub(crate) fn shared(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.shared.get(key).cloned().or_else(|| Some((self.lists.get(key)?, 1)))
    }

    /// Lays a value under a key. `false` if somebody else was faster.
    pub(crate) fn set_shared(&mut self, key: Vec<u8>, value: Vec<u8>, number: u32) -> bool {
        let old = self.shared(&key).map_or(0, |(_, number)| number);
        let is_next = number == 0 || old == 0 || number == old;
        if is_next {
            self.shared.insert(key, (value, old + 1));
        }
        is_next
    }
}

/// Nanoseconds since the epoch: 2026-07-01T12:00:00Z, when the decision cases' certificates are valid.
pub(crate) const WALL: u64 = 1_782_907_200_000_000_000;

/// Nanoseconds of the monotonic clock, by which lists were filled just now.
pub(crate) const MONOTONIC: u64 = Offline::NOW;
