//! The filter under a policy.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;

use crate::abi::exports;
use crate::answer::Answer;
use crate::call::{Call, HostCall, Log};
use crate::clock::{self, MalformedTime};
use crate::fault::Fault;
use crate::foreign::ForeignFunction;
use crate::load_error::LoadError;
use crate::malformed::MalformedRequest;
use crate::request::Request;
use crate::status::Status;
use crate::stream::{Phase, Stream};
use crate::tick::Tick;
use crate::turn::Turn;
use crate::world;

/// The filter under a policy: one plugin of a worker's VM.
///
/// A thread is a worker and has a VM of its own. Filters that one thread loads are plugins of the same
/// VM, as in Envoy; each has its own policy and memory.
#[derive(Debug)]
pub struct Filter {
    /// `PluginConfig.name`, the property `plugin_name`.
    name: String,
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
    tick_period: Option<Duration>,
    foreign_functions: BTreeMap<String, ForeignFunction>,
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
        Self::named(NAME).configured(configuration, faults)
    }

    /// Loads the filter with a policy in JSON as a plugin of this name (`PluginConfig.name`, the property
    /// `plugin_name`); otherwise it is `peergate`.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_as(name: &str, policy: &str) -> Result<Self, LoadError> {
        Self::named(name).configured(policy.as_bytes(), [])
    }

    /// The filter without any policy, which Envoy never runs: what it then makes of a request.
    pub fn unconfigured() -> Self {
        Self::named(NAME)
    }

    fn named(name: &str) -> Self {
        peergate_runtime::register();
        world::add_plugin();
        let root = world::new_context();
        let record = RefCell::default();
        let filter = Self { name: name.to_owned(), root, record, thread: PhantomData };
        filter.take_turn(Turn::default(), || exports::proxy_on_context_create(root, 0));
        filter
    }

    fn configured(
        self,
        configuration: &[u8],
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Self, LoadError> {
        let turn = Turn {
            configuration: Some(configuration.to_vec()),
            faults: faults.into_iter().collect(),
            ..Turn::default()
        };
        let done = self.take_turn(turn, || {
            exports::proxy_on_vm_start(self.root, 0)
                && exports::proxy_on_configure(self.root, configuration.len())
        });
        match done {
            Some((true, turn)) => {
                self.record.borrow_mut().calls = turn.calls;
                Ok(self)
            }
            _ => Err(LoadError { logs: self.logs() }),
        }
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

    /// Calls the filter as Envoy does once every [`tick_period`](Self::tick_period), whether or not the
    /// filter has asked for that. Its clock shows `at`, as [`Request::at`] has it.
    ///
    /// # Errors
    /// [`MalformedTime`] if `at` is no time.
    pub fn tick(&self, at: &str) -> Result<Tick, MalformedTime> {
        self.tick_with(at, [])
    }

    /// Calls the filter as [`tick`](Self::tick) does while host calls go wrong.
    ///
    /// # Errors
    /// As [`tick`](Self::tick).
    pub fn tick_with(
        &self,
        at: &str,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Tick, MalformedTime> {
        let turn = Turn {
            clock: Some(clock::nanoseconds(at)?),
            faults: faults.into_iter().collect(),
            ..Turn::default()
        };
        let done = self.take_turn(turn, || exports::proxy_on_tick(self.root));
        let ((), turn) = done.unwrap_or_default();
        Ok(Tick::new(turn.calls, turn.logs))
    }

    /// How often the filter wants to be called; `None` if not at all.
    pub fn tick_period(&self) -> Option<Duration> {
        self.record.borrow().tick_period
    }

    /// Offers the filter a foreign function, as Envoy offers `verify_signature`, from now on and in place
    /// of the one of that name before. Those that are not offered are [`Status::NOT_FOUND`].
    ///
    /// # Example
    /// ```
    /// use peergate_mock::{Filter, Status};
    ///
    /// let filter = Filter::unconfigured();
    /// // Protobuf: field 1, `result`, is true.
    /// filter.offer_foreign_function("verify_signature", |_| Ok(b"\x08\x01".to_vec()));
    /// // An Envoy that cannot work with the key.
    /// filter.offer_foreign_function("verify_signature", |_| Err(Status::BAD_ARGUMENT));
    /// ```
    pub fn offer_foreign_function(
        &self,
        name: &str,
        function: impl Fn(&[u8]) -> Result<Vec<u8>, Status> + 'static,
    ) {
        let function = ForeignFunction::new(function);
        self.record.borrow_mut().foreign_functions.insert(name.to_owned(), function);
    }

    /// A counter or gauge of this filter, by its name less Envoy's prefix `wasmcustom.`; 0 if there is
    /// none. In Envoy those of one name are the same in all plugins and workers: counters add up, and of a
    /// gauge the last value is seen. Here each filter's own are told.
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
        let mut record = self.record.borrow_mut();
        turn.name.clone_from(&self.name);
        turn.metrics = std::mem::take(&mut record.metrics);
        turn.tick_period = record.tick_period;
        turn.foreign_functions.clone_from(&record.foreign_functions);
        drop(record);
        let (result, mut turn) = world::take_turn(turn, act)?;
        let mut record = self.record.borrow_mut();
        record.metrics = std::mem::take(&mut turn.metrics);
        record.tick_period = turn.tick_period;
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
        world::remove_plugin();
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

/// The ABI's `Continue` among the actions.
const CONTINUE: u32 = 0;

/// What the filter is called unless told otherwise.
const NAME: &str = "peergate";
