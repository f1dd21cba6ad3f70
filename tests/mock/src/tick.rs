//! What the filter did between requests.

use crate::call::{Call, HostCall, Log};

/// What the filter did on a tick, or when a call was answered: in its callback, and in those that followed
/// from it, as for a request that it let go on.
#[derive(Clone, Debug)]
pub struct Tick {
    calls: Vec<HostCall>,
    logs: Vec<Log>,
}

impl Tick {
    pub(crate) fn new(calls: Vec<HostCall>, logs: Vec<Log>) -> Self {
        Self { calls, logs }
    }

    /// What the filter asked of the host, in order.
    pub fn host_calls(&self) -> &[HostCall] {
        &self.calls
    }

    /// How often the filter called a function of the host.
    pub fn count(&self, call: Call) -> usize {
        self.calls.iter().filter(|made| made.call == call).count()
    }

    /// What the filter logged.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }
}
