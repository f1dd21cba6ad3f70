//! The filter under a policy.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::time::Duration;

use crate::abi::exports;
use crate::call::{Call, HostCall, Log};
use crate::clock::{self, MalformedTime};
use crate::fault::Fault;
use crate::foreign::ForeignFunction;
use crate::http_call::HttpCall;
use crate::lifecycle::{self, callback};
use crate::load_error::LoadError;
use crate::status::Status;
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
    pub(crate) root: u32,
    pub(crate) record: RefCell<Record>,
    /// Envoy has told it that it is to go.
    is_gone: Cell<bool>,
    /// It belongs to the thread that loaded it.
    thread: PhantomData<*const ()>,
}

/// What a filter leaves behind.
#[derive(Debug, Default)]
pub(crate) struct Record {
    logs: Vec<Log>,
    metrics: BTreeMap<String, u64>,
    calls: Vec<HostCall>,
    tick_period: Option<Duration>,
    foreign_functions: BTreeMap<String, ForeignFunction>,
    /// The calls that nobody has answered.
    pub(crate) pending: Vec<HttpCall>,
    pub(crate) unknown_clusters: BTreeSet<String>,
    pub(crate) monotonic: Option<Duration>,
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
        Self::created(name, peergate_runtime::register)
    }

    /// A plugin of this name without any configuration. `register` says of which kind: the VM makes
    /// what was registered last.
    pub(crate) fn created(name: &str, register: fn()) -> Self {
        register();
        let root = world::new_context();
        world::add_plugin(root);
        let record = RefCell::default();
        let name = name.to_owned();
        let filter = Self { name, root, record, is_gone: Cell::default(), thread: PhantomData };
        filter.take_turn(Turn::default(), || {
            callback(root, || exports::proxy_on_context_create(root, 0));
        });
        filter
    }

    pub(crate) fn configured(
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
            callback(self.root, || exports::proxy_on_configure(self.root, configuration.len()))
        });
        match done {
            Some((true, turn)) => {
                self.record.borrow_mut().calls = turn.calls;
                Ok(self)
            }
            _ => Err(LoadError { logs: self.logs() }),
        }
    }

    /// Calls the filter as Envoy does once every [`tick_period`](Self::tick_period), whether or not the
    /// filter has asked for that. Its clock shows `at`, as [`Request::at`](crate::Request::at) has it.
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
        let done = self.take_turn(turn, || {
            callback(self.root, || exports::proxy_on_tick(self.root));
        });
        let ((), turn) = done.unwrap_or_default();
        Ok(Tick::new(turn.calls, turn.logs))
    }

    /// Takes the plugin out of the VM, as when another policy has taken its place, while host calls go wrong.
    /// Without faults it is the same to drop it.
    pub fn unload_with(self, faults: impl IntoIterator<Item = Fault>) -> Tick {
        let turn = Turn { faults: faults.into_iter().collect(), ..Turn::default() };
        self.leave(turn)
    }

    fn leave(&self, turn: Turn) -> Tick {
        if self.is_gone.replace(true) {
            return Tick::new(Vec::new(), Vec::new());
        }
        let done = self.take_turn(turn, || {
            callback(self.root, || exports::proxy_on_done(self.root));
            callback(self.root, || exports::proxy_on_delete(self.root));
        });
        let ((), turn) = done.unwrap_or_default();
        Tick::new(turn.calls, turn.logs)
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

    /// Calls the filter, does what it asked for meanwhile, and keeps what it leaves behind.
    pub(crate) fn take_turn<T>(
        &self,
        mut turn: Turn,
        act: impl FnOnce() -> T,
    ) -> Option<(T, Turn)> {
        let mut record = self.record.borrow_mut();
        turn.name.clone_from(&self.name);
        turn.metrics = std::mem::take(&mut record.metrics);
        turn.tick_period = record.tick_period;
        turn.foreign_functions.clone_from(&record.foreign_functions);
        turn.unknown_clusters.clone_from(&record.unknown_clusters);
        turn.monotonic = record.monotonic;
        drop(record);
        let act = || {
            let result = act();
            lifecycle::settle();
            result
        };
        let (result, mut turn) = world::take_turn(turn, act)?;
        let mut record = self.record.borrow_mut();
        record.metrics = std::mem::take(&mut turn.metrics);
        record.tick_period = turn.tick_period;
        record.logs.extend(turn.logs.iter().cloned());
        record.pending.append(&mut turn.http_calls);
        Some((result, turn))
    }
}

impl Drop for Filter {
    /// Takes the plugin out of the VM.
    fn drop(&mut self) {
        self.leave(Turn::default());
        world::remove_plugin(self.root);
    }
}

/// What the filter is called unless told otherwise.
const NAME: &str = "peergate";
