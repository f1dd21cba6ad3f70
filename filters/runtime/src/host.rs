//! What the filter asks of its host, in its own terms: the only module that names a host call.

mod calls;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::rc::Rc;
use std::time::Duration;

use peergate::{Reading, Reply, Unreadable};

pub(crate) use self::calls::{Caller, answered};
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
    sys::buffer(PLUGIN_CONFIGURATION, usize::MAX).unwrap_or_default()
}

/// Wall clock, in seconds since the Unix epoch.
pub(crate) fn now() -> Result<i64, Unreadable> {
    let time = told(sys::time())?;
    i64::try_from(time / NANOSECONDS).map_err(|_| Unreadable)
}

/// Nanoseconds of a clock that only goes forward, and by the same for all workers. When it began nobody
/// says: it compares times within one process.
pub(crate) fn monotonic() -> Result<u64, Unreadable> {
    told(sys::clock(MONOTONIC))
}

/// A clock's time. At 0 it stood when there was nobody to read it: the host has said nothing, and nothing
/// is young or still valid by that.
fn told(time: Result<u64, Status>) -> Result<u64, Unreadable> {
    time.ok().filter(|time| *time != 0).ok_or(Unreadable)
}

/// A number that nobody can guess from those before.
pub(crate) fn random() -> u64 {
    // The keys of a hasher are random, and so is what it makes of nothing.
    RandomState::new().build_hasher().finish()
}

/// Answers the request instead of passing it on.
pub(crate) fn reply(reply: &Reply) -> Result<(), Unreadable> {
    let headers: Vec<(&str, &str)> =
        reply.headers.iter().map(|(name, value)| (*name, &**value)).collect();
    let headers = pairs::write(&headers).unwrap_or_default();
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
    /// What goes on, for whom it interests: not shown unless asked for.
    Info,
    /// What Envoy and Istio show unless told otherwise.
    Warning,
    /// Something to mend.
    Error,
}

/// Writes a line to the host's log.
pub(crate) fn log(level: Level, message: &str) {
    let level = match level {
        Level::Info => 2,
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
pub(crate) fn count(counter: u32) -> Result<(), Unreadable> {
    sys::increment_metric(counter, 1).map_err(|_| Unreadable)
}

/// Finds or makes a gauge of the process.
pub(crate) fn gauge(name: &str) -> Result<u32, Unreadable> {
    sys::define_metric(GAUGE, name.as_bytes()).map_err(|_| Unreadable)
}

/// Sets a gauge. All workers set the same one: the last to do so is seen.
pub(crate) fn record(gauge: u32, value: u64) -> Result<(), Unreadable> {
    sys::record_metric(gauge, value).map_err(|_| Unreadable)
}

/// Has the host call the plugin's root context (`on_tick`) every so often; 0 ends it.
///
/// Envoy never fails it, and must not be able to make a configuration fail on one worker and not on the
/// others. What ticks keep up to date is judged by its age, whatever the reason that they stay away.
pub(crate) fn set_tick_period(milliseconds: u32) -> Result<(), Unreadable> {
    sys::set_tick_period(milliseconds).map_err(|_| Unreadable)
}

/// What the plugins of all workers share under a key, and the number of the compare-and-swap that would
/// replace it. An empty value, which is what deleting leaves, is one like any other: only its number
/// replaces it.
pub(crate) fn shared(key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
    match sys::shared_data(key) {
        // Nobody's number: it would replace whatever lies there by then.
        Ok((_, 0)) => Err(Unreadable),
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

/// Calls a cluster of the host's and gives the call's token. `headers` are the request's, with `:method`,
/// `:path` and `:authority`; it has no body. The caller is told of the answer by the token, once and not
/// before the running callback has returned; not if it is gone by then, and not if the host takes the
/// plugin down first. A host that does not know the cluster, and one that has no endpoint for it, make no
/// call.
pub(crate) fn call(
    cluster: &str,
    headers: &[(&str, &str)],
    timeout: Duration,
    caller: &Rc<dyn Caller>,
) -> Result<u32, Unreadable> {
    let headers = pairs::write(headers).ok_or(Unreadable)?;
    // None at all would be for ever, and what is not a signed number is refused.
    let timeout = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).clamp(1, LONGEST);
    let token = sys::http_call(cluster.as_bytes(), &headers, timeout).map_err(|_| Unreadable)?;
    calls::wait(token, caller);
    Ok(token)
}

/// The headers of the answer that is being told of, serialised; see [`pairs::parse`]. Unreadable where
/// there is none: an answer has `:status` at least, and no bytes are all that a host says otherwise.
pub(crate) fn response_headers() -> Result<Vec<u8>, Unreadable> {
    let bytes = sys::header_pairs(RESPONSE_HEADERS).map_err(|_| Unreadable)?;
    if bytes.is_empty() { Err(Unreadable) } else { Ok(bytes) }
}

/// The first bytes of the body of the answer that is being told of, at most as many as said: more are not
/// copied.
pub(crate) fn response_body(limit: usize) -> Result<Vec<u8>, Unreadable> {
    sys::buffer(RESPONSE_BODY, limit).map_err(|_| Unreadable)
}

/// Makes what follows be about another context, until the running callback returns: a stream's headers,
/// properties, reply. Unreadable if there is none of this number, as when the stream has ended; then what
/// follows is about whom it was before, and must not be done.
pub(crate) fn enter_context(id: u32) -> Result<(), Unreadable> {
    sys::set_effective_context(id).map_err(|_| Unreadable)
}

/// Makes what follows be about the running callback's own context again.
pub(crate) fn leave_context() -> Result<(), Unreadable> {
    sys::set_effective_context(0).map_err(|_| Unreadable)
}

/// Lets a request go on that was paused. Its headers are then no longer at hand: they read as empty, and
/// cannot be changed.
pub(crate) fn resume_request() -> Result<(), Unreadable> {
    sys::continue_stream(REQUEST).map_err(|_| Unreadable)
}

/// Ends a stream without an answer, however far it has come.
///
/// At most one of this and [`reply`] may be done to a stream before the running callback returns: it is
/// only then that the host ends it, once for each, and Envoy dies of the second.
pub(crate) fn reset_request() -> Result<(), Unreadable> {
    sys::close_stream(REQUEST).map_err(|_| Unreadable)
}

const RESPONSE_BODY: u32 = 4;
const PLUGIN_CONFIGURATION: u32 = 7;
const RESPONSE_HEADERS: u32 = 6;
const REQUEST: u32 = 0;
const MONOTONIC: u32 = 1;

/// Milliseconds that a call may take.
const LONGEST: u32 = i32::MAX.unsigned_abs();
const COUNTER: u32 = 0;
const GAUGE: u32 = 1;
const NANOSECONDS: u64 = 1_000_000_000;
