//! The filter under a policy.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use crate::abi::exports;
use crate::answer::Answer;
use crate::call::{Call, HostCall, Log};
use crate::fault::Fault;
use crate::request::{MalformedRequest, Request};
use crate::stream::{Phase, Stream};
use crate::turn::Turn;
use crate::world;

/// The filter under a policy: one plugin of a worker's VM.
///
/// A thread is a worker and has a VM of its own. Filters that one thread loads are plugins of the same
/// VM, as in Envoy; each has its own policy and memory.
#[derive(Debug)]
pub struct Filter {
    root: u32,
    record: RefCell<Record>,
    /// It belongs to the thread that loaded it.
    thread: PhantomData<*const ()>,
}

/// What a filter leaves behind.
#[derive(Debug, Default)]
struct Record {
    logs: Vec<Log>,
    metrics: BTreeMap<String, u64>,
    calls: Vec<HostCall>,
}

impl Filter {
    /// Loads the filter with a policy in JSON.
    ///
    /// # Errors
    /// [`LoadError`] with all that the filter logged, if it refuses the policy.
    pub fn load(policy: &str) -> Result<Self, LoadError> {
        Self::load_bytes(policy.as_bytes())
    }

    /// Loads the filter with a plugin configuration as Envoy hands it over: JSON, or the wire bytes of a
    /// `google.protobuf.Struct`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_bytes(configuration: &[u8]) -> Result<Self, LoadError> {
        Self::load_with(configuration, [])
    }

    /// Loads the filter while host calls go wrong.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with(
        configuration: &[u8],
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Self, LoadError> {
        let filter = Self::unconfigured();
        let turn = Turn {
            configuration: Some(configuration.to_vec()),
            faults: faults.into_iter().collect(),
            ..Turn::default()
        };
        let done = filter.take_turn(turn, || {
            exports::proxy_on_vm_start(filter.root, 0)
                && exports::proxy_on_configure(filter.root, configuration.len())
        });
        match done {
            Some((true, turn)) => {
                filter.record.borrow_mut().calls = turn.calls;
                Ok(filter)
            }
            _ => Err(LoadError { logs: filter.logs() }),
        }
    }

    /// The filter without any policy, which Envoy never runs: what it then makes of a request.
    pub fn unconfigured() -> Self {
        peergate_runtime::register();
        let root = world::new_context();
        let filter = Self { root, record: RefCell::default(), thread: PhantomData };
        filter.take_turn(Turn::default(), || exports::proxy_on_context_create(root, 0));
        filter
    }

    /// Sends a request through the filter, to its end.
    ///
    /// # Errors
    /// [`MalformedRequest`] if the request holds what is no certificate or time.
    pub fn send(&self, request: &Request) -> Result<Answer, MalformedRequest> {
        let request = request.clone();
        if let Some(malformed) = request.malformed {
            return Err(malformed);
        }
        let (headers, trailers) = (request.headers.len(), request.trailers.len());
        let stream = Stream {
            headers: request.headers,
            trailers: request.trailers,
            properties: request.properties,
            ..Stream::default()
        };
        let turn = Turn {
            stream: Some(stream),
            clock: request.clock,
            faults: request.faults,
            ..Turn::default()
        };
        let id = world::new_context();
        let done = self.take_turn(turn, || {
            exports::proxy_on_context_create(id, self.root);
            let mut continued =
                exports::proxy_on_request_headers(id, headers, trailers == 0) == CONTINUE;
            if continued && trailers > 0 && enter(Phase::Trailers) {
                continued = exports::proxy_on_request_trailers(id, trailers) == CONTINUE;
            }
            enter(Phase::Over);
            exports::proxy_on_log(id);
            exports::proxy_on_done(id);
            exports::proxy_on_delete(id);
            continued
        });
        let (continued, turn) = done.unwrap_or_default();
        Ok(Answer::new(continued, turn.stream.unwrap_or_default(), turn.calls, turn.logs))
    }

    /// A counter or gauge of this filter, by its name less Envoy's prefix `wasmcustom.`; 0 if there is
    /// none. Envoy adds up the counters of one name, of all plugins and workers; here each filter's own
    /// are told.
    pub fn metric(&self, name: &str) -> u64 {
        self.record.borrow().metrics.get(name).copied().unwrap_or_default()
    }

    /// All metrics of this filter.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.record.borrow().metrics.clone()
    }

    /// All that this filter logged so far.
    pub fn logs(&self) -> Vec<Log> {
        self.record.borrow().logs.clone()
    }

    /// What the filter asked of the host when it was loaded, in order.
    pub fn host_calls(&self) -> Vec<HostCall> {
        self.record.borrow().calls.clone()
    }

    /// How often the filter called a function of the host when it was loaded.
    pub fn count(&self, call: Call) -> usize {
        self.record.borrow().calls.iter().filter(|made| made.call == call).count()
    }

    /// Calls the filter and keeps what it leaves behind.
    fn take_turn<T>(&self, mut turn: Turn, act: impl FnOnce() -> T) -> Option<(T, Turn)> {
        turn.metrics = std::mem::take(&mut self.record.borrow_mut().metrics);
        let (result, mut turn) = world::take_turn(turn, act)?;
        let mut record = self.record.borrow_mut();
        record.metrics = std::mem::take(&mut turn.metrics);
        record.logs.extend(turn.logs.iter().cloned());
        Some((result, turn))
    }
}

impl Drop for Filter {
    /// Takes the plugin out of the VM.
    fn drop(&mut self) {
        self.take_turn(Turn::default(), || {
            exports::proxy_on_done(self.root);
            exports::proxy_on_delete(self.root);
        });
    }
}

/// Moves the running stream on; `false` if it was answered already.
fn enter(phase: Phase) -> bool {
    let moved = world::turn(|turn| {
        let stream = turn.stream.as_mut()?;
        stream.phase = phase;
        stream.reply.is_none().then_some(())
    });
    moved.flatten().is_some()
}

/// A filter that refuses its policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    logs: Vec<Log>,
}

impl LoadError {
    /// What the filter logged: why it refuses.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the filter refuses the policy")?;
        self.logs.iter().try_for_each(|log| write!(out, "\n{}", log.message))
    }
}

impl std::error::Error for LoadError {}

/// The ABI's `Continue` among the actions.
const CONTINUE: u32 = 0;
