//! The sync service under its lists.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::call::{Call, HostCall, Log};
use crate::clock::MalformedTime;
use crate::fault::Fault;
use crate::filter::Filter;
use crate::http_call::{AnswerError, CallResponse, HttpCall};
use crate::load_error::LoadError;
use crate::tick::Tick;

/// The sync service under its lists: the plugin that fills dynamic lists where filters need not.
///
/// In Envoy it is one for the whole process, and has a VM of its own on the main thread. Here it belongs
/// to the thread that loads it: to one of its own, as in Envoy, or to that of filters. Either way it meets
/// them in shared data alone: on another thread, once both have joined the same
/// [`SharedData`](crate::SharedData).
///
/// # Example
/// ```
/// use peergate_mock::{CallResponse, Filter, Request, Service};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// const NOW: &str = "2026-11-22T00:00:00Z";
/// const LIST: &str = r#"{"feed": {"cluster": "feed", "path": "/v1/changes"}}"#;
///
/// let service = Service::load(&format!(r#"{{"version": 1, "lists": {{"registered": {LIST}}}}}"#))?;
/// let filter = Filter::load(&format!(
///     r#"{{
///       "version": 1,
///       "lists": {{"registered": {LIST}}},
///       "apis": [{{
///         "name": "employee",
///         "match": {{"hosts": ["api.example.com"]}},
///         "policy": "mandatory",
///         "certificate": {{"allow": ["registered"], "validity": "unchecked"}}
///       }}]
///     }}"#
/// ))?;
/// let client = "77ad12e6c33aa5797677cb3ec27310bc3a9486298372b89889d0c4a58334234b";
/// let request = Request::get("https://api.example.com/").fingerprint(client).at(NOW);
/// assert_eq!(filter.send(&request)?.reason(), "list_stale");
///
/// // It asks the feed on its first tick.
/// service.tick(NOW)?;
/// let [call] = &service.pending_calls()[..] else { panic!("one call") };
/// assert_eq!(call.header(":path"), Some("/v1/changes?limit=1000"));
/// let page = format!(
///     r#"{{"version": 1, "cursor": "1", "changes": [
///       {{"put": {{"certificate": "{client}", "apis": ["*"], "identity": "acme/partner-a"}}}}
///     ]}}"#
/// );
/// service.answer_call(call.token, CallResponse::new(200).body(page), NOW)?;
/// // What does not fit into a callback of a few milliseconds is done in the next ones.
/// while service.tick_period() < Some(std::time::Duration::from_millis(50)) {
///     service.tick(NOW)?;
/// }
/// let answer = filter.send(&request)?;
/// assert_eq!(answer.identity(), Some("acme/partner-a"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Service {
    plugin: Filter,
}

impl Service {
    /// Loads the service with its lists in JSON.
    ///
    /// # Errors
    /// [`LoadError`] with all that the service logged, if it refuses the lists.
    pub fn load(lists: &str) -> Result<Self, LoadError> {
        Self::load_with(lists.as_bytes(), [])
    }

    /// Loads the service with a configuration as Envoy hands it over, JSON or the wire bytes of a
    /// `google.protobuf.Struct`, while host calls go wrong.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with(
        configuration: &[u8],
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Self, LoadError> {
        let plugin = Filter::created(NAME, peergate_runtime::register_service);
        plugin.configured(configuration, faults).map(|plugin| Self { plugin })
    }

    /// Calls the service as [`Filter::tick`] does a filter.
    ///
    /// # Errors
    /// [`MalformedTime`] if `at` is no time.
    pub fn tick(&self, at: &str) -> Result<Tick, MalformedTime> {
        self.plugin.tick(at)
    }

    /// Calls the service as [`tick`](Self::tick) does while host calls go wrong.
    ///
    /// # Errors
    /// As [`tick`](Self::tick).
    pub fn tick_with(
        &self,
        at: &str,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Tick, MalformedTime> {
        self.plugin.tick_with(at, faults)
    }

    /// How often the service wants to be called; `None` if not at all.
    pub fn tick_period(&self) -> Option<Duration> {
        self.plugin.tick_period()
    }

    /// The calls that the service has made and nobody has answered yet: see [`Filter::pending_calls`].
    pub fn pending_calls(&self) -> Vec<HttpCall> {
        self.plugin.pending_calls()
    }

    /// Answers a call of the service: see [`Filter::answer_call`].
    ///
    /// # Errors
    /// [`AnswerError`] if no call waits under the token, or `at` is no time.
    pub fn answer_call(
        &self,
        token: u32,
        response: CallResponse,
        at: &str,
    ) -> Result<Tick, AnswerError> {
        self.plugin.answer_call(token, response, at)
    }

    /// Answers a call as [`answer_call`](Self::answer_call) does while host calls go wrong.
    ///
    /// # Errors
    /// As [`answer_call`](Self::answer_call).
    pub fn answer_call_with(
        &self,
        token: u32,
        response: CallResponse,
        at: &str,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<Tick, AnswerError> {
        self.plugin.answer_call_with(token, response, at, faults)
    }

    /// Makes Envoy know no cluster of this name: see [`Filter::forget_cluster`].
    pub fn forget_cluster(&self, name: &str) {
        self.plugin.forget_cluster(name);
    }

    /// Makes Envoy know a cluster again: see [`Filter::know_cluster`].
    pub fn know_cluster(&self, name: &str) {
        self.plugin.know_cluster(name);
    }

    /// Stops the service's monotonic clock: see [`Filter::set_monotonic`].
    pub fn set_monotonic(&self, since_its_beginning: Duration) {
        self.plugin.set_monotonic(since_its_beginning);
    }

    /// A counter or gauge of the service: see [`Filter::metric`].
    pub fn metric(&self, name: &str) -> u64 {
        self.plugin.metric(name)
    }

    /// All metrics of the service.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.plugin.metrics()
    }

    /// All that the service logged so far.
    pub fn logs(&self) -> Vec<Log> {
        self.plugin.logs()
    }

    /// What the service asked of the host when it was loaded, in order.
    pub fn host_calls(&self) -> Vec<HostCall> {
        self.plugin.host_calls()
    }

    /// How often the service called a function of the host when it was loaded.
    pub fn count(&self, call: Call) -> usize {
        self.plugin.count(call)
    }
}

/// `PluginConfig.name`.
const NAME: &str = "peergate_sync";
