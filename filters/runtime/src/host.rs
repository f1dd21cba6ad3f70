//! What the filter asks of its host, in its own terms: the only module that names a host call.

use peergate::{Reading, Reply, Unreadable};

use crate::pairs;
use crate::sys::{self, Status};

/// A header map of the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Map {
    /// The request's headers.
    Headers,
    /// The request's trailers.
    Trailers,
}

impl Map {
    /// The ABI's number of the map.
    fn number(self) -> u32 {
        match self {
            Self::Headers => 0,
            Self::Trailers => 1,
        }
    }

    /// The whole map, serialised; see [`pairs::parse`].
    pub(crate) fn read(self) -> Result<Vec<u8>, Unreadable> {
        sys::header_pairs(self.number()).map_err(|_| Unreadable)
    }

    /// Removes every copy of a field.
    pub(crate) fn remove(self, name: &[u8]) -> Result<(), Unreadable> {
        sys::remove_header(self.number(), name).map_err(|_| Unreadable)
    }

    /// Sets a field in place of every copy.
    pub(crate) fn set(self, name: &[u8], value: &[u8]) -> Result<(), Unreadable> {
        sys::replace_header(self.number(), name, value).map_err(|_| Unreadable)
    }
}

/// A property by its path, segments joined by NUL. A root context has `plugin_name` and its like, and
/// none of a stream's.
pub(crate) fn property(path: &str) -> Reading {
    match sys::property(path.as_bytes()) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(Status::NOT_FOUND) => Ok(None),
        Err(_) => Err(Unreadable),
    }
}

/// Sets filter state `wasm.<name>` of the stream.
pub(crate) fn set_filter_state(name: &str, value: &str) -> Result<(), Unreadable> {
    sys::set_property(name.as_bytes(), value.as_bytes()).map_err(|_| Unreadable)
}

/// The plugin's configuration.
pub(crate) fn configuration() -> Vec<u8> {
    // No configuration reads like an empty one, which the policy's reader refuses.
    sys::buffer(PLUGIN_CONFIGURATION).unwrap_or_default()
}

/// Wall clock, in seconds since the Unix epoch.
pub(crate) fn now() -> Result<i64, Unreadable> {
    let time = sys::time().map_err(|_| Unreadable)?;
    i64::try_from(time / NANOSECONDS).map_err(|_| Unreadable)
}

/// Answers the request instead of passing it on.
pub(crate) fn reply(reply: &Reply) -> Result<(), Unreadable> {
    let headers = pairs::write(&reply.headers).unwrap_or_default();
    sys::send_local_response(
        u32::from(reply.status),
        reply.details.as_bytes(),
        reply.body.as_bytes(),
        &headers,
        i32::from(reply.grpc),
    )
    .map_err(|_| Unreadable)
}

/// How much a log line matters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    /// What Envoy and Istio show unless told otherwise.
    Warning,
    /// Something to mend.
    Error,
}

/// Writes a line to the host's log.
pub(crate) fn log(level: Level, message: &str) {
    let level = match level {
        Level::Warning => 3,
        Level::Error => 4,
    };
    // A lost line is no reason to refuse a request.
    let _ = sys::log(level, message.as_bytes());
}

/// Finds or makes a counter of the process.
pub(crate) fn counter(name: &str) -> Result<u32, Unreadable> {
    sys::define_metric(COUNTER, name.as_bytes()).map_err(|_| Unreadable)
}

/// Counts one more.
pub(crate) fn count(counter: u32) {
    // A lost count is no reason to refuse a request.
    let _ = sys::increment_metric(counter, 1);
}

/// Finds or makes a gauge of the process.
pub(crate) fn gauge(name: &str) -> Result<u32, Unreadable> {
    sys::define_metric(GAUGE, name.as_bytes()).map_err(|_| Unreadable)
}

/// Sets a gauge. All workers set the same one: the last to do so is seen.
pub(crate) fn record(gauge: u32, value: u64) {
    // A lost value is no reason to fail.
    let _ = sys::record_metric(gauge, value);
}

/// Has the host call the plugin's root context (`on_tick`) every so often; 0 ends it.
pub(crate) fn set_tick_period(milliseconds: u32) {
    // Envoy never fails it, and must not be able to make a configuration fail on one worker and not on the
    // others. What ticks keep up to date is judged by its age, whatever the reason that they stay away.
    let _ = sys::set_tick_period(milliseconds);
}

/// What the plugins of all workers share under a key, and the number of the compare-and-swap that would
/// replace it. `None` if there is nothing or nothing but an empty value, which is what deleting leaves.
pub(crate) fn shared(key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
    match sys::shared_data(key) {
        Ok((value, _)) if value.is_empty() => Ok(None),
        Ok(found) => Ok(Some(found)),
        Err(Status::NOT_FOUND) => Ok(None),
        Err(_) => Err(Unreadable),
    }
}

/// Shares a value under a key, in place of the one that [`shared`] gave with the number `cas`. `false` if
/// somebody else was faster.
///
/// Envoy numbers values from 1 and looks at the number only where there is a value:
///
/// - 0 sets unconditionally;
/// - an absent key takes a value under any number, so one that is never reached, `u32::MAX`, says "only
///   if absent": the first to come sets it, and the others are told that they were not;
/// - an empty value is there all the same: "only if absent" fails on it for good, and only 0 replaces it.
pub(crate) fn set_shared(key: &[u8], value: &[u8], cas: u32) -> Result<bool, Unreadable> {
    match sys::set_shared_data(key, value, cas) {
        Ok(()) => Ok(true),
        Err(Status::CAS_MISMATCH) => Ok(false),
        Err(_) => Err(Unreadable),
    }
}

/// Calls a function that the host offers besides the ABI. A host that lacks it, and a function that finds
/// its argument senseless, are unreadable alike.
pub(crate) fn foreign(name: &str, argument: &[u8]) -> Result<Vec<u8>, Unreadable> {
    sys::call_foreign_function(name.as_bytes(), argument).map_err(|_| Unreadable)
}

const PLUGIN_CONFIGURATION: u32 = 7;
const COUNTER: u32 = 0;
const GAUGE: u32 = 1;
const NANOSECONDS: u64 = 1_000_000_000;
