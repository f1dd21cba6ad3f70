//! Calls of the filter to other services, and their answers.

use std::fmt;
use std::time::Duration;

use crate::abi::exports;
use crate::clock::{self, MalformedTime};
use crate::fault::Fault;
use crate::filter::Filter;
use crate::lifecycle::callback;
use crate::pairs::Field;
use crate::tick::Tick;
use crate::turn::Turn;

/// A call that the filter has made and nobody has answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpCall {
    /// What it is answered by: see [`Filter::answer_call`].
    pub token: u32,
    /// The cluster that it goes to.
    pub cluster: String,
    /// Its headers, `:method`, `:path` and `:authority` among them. Bytes that are not UTF-8 show as
    /// U+FFFD.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// How long Envoy waits for the answer; zero is for ever.
    pub timeout: Duration,
}

impl HttpCall {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct CallResponse {
    /// `None`: there is none.
    message: Option<Message>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    headers: Vec<Field>,
    body: Vec<u8>,
}

impl CallResponse {
    /// An answer with this HTTP status. Envoy itself answers 503 for a service that it cannot reach, and
    /// 504 for one that took too long.
    pub fn new(status: u16) -> Self {
        let headers = vec![(b":status".to_vec(), status.to_string().into_bytes())];
        Self { message: Some(Message { headers, body: Vec::new() }) }
    }

    /// No answer: the filter is told of no headers at all. So it is when the answer is larger than Envoy
    /// keeps, or breaks off.
    pub fn failed() -> Self {
        Self { message: None }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if let Some(message) = &mut self.message {
            let name = name.to_ascii_lowercase().into_bytes();
            message.headers.push((name, value.as_ref().to_vec()));
        }
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        if let Some(message) = &mut self.message {
            message.body = body.into();
        }
        self
    }

    pub(crate) fn headers(&self) -> Option<&Vec<Field>> {
        self.message.as_ref().map(|message| &message.headers)
    }

    pub(crate) fn content(&self) -> Option<&[u8]> {
        self.message.as_ref().map(|message| message.body.as_slice())
    }
}

/// Why a call cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerError {
    /// The filter made no such call, or it was answered already.
    NoSuchCall(u32),
    /// A text that is no time.
    Time(MalformedTime),
}

impl fmt::Display for AnswerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchCall(token) => write!(out, "no call waits under token {token}"),
            Self::Time(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for AnswerError {}

impl Filter {
    /// The calls that the filter has made and nobody has answered yet, in order. What they are about is
    /// up to the test: nothing is sent anywhere.
    pub fn pending_calls(&self) -> Vec<HttpCall> {
        self.record.borrow().pending.clone()
    }

    /// Answers a call, by its token. The filter's clock shows `at`, as
    /// [`Request::at`](crate::Request::at) has it.
    ///
    /// # Errors
    /// [`AnswerError`] if no call waits under the token, or `at` is no time.
    ///
    /// # Example
    /// ```
    /// use peergate_mock::{CallResponse, Filter};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let filter = Filter::unconfigured();
    /// for call in filter.pending_calls() {
    ///     let response = match call.header(":path") {
    ///         Some("/v1/changes") => CallResponse::new(200).header("etag", "\"7\"").body("{}"),
    ///         _ => CallResponse::failed(),
    ///     };
    ///     filter.answer_call(call.token, response, "2026-11-22T00:00:00Z")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn answer_call(
        &self,
        token: u32,
        response: CallResponse,
        at: &str,
    ) -> Result<Tick, AnswerError> {
        self.answer_call_with(token, response, at, [])
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
        let clock = Some(clock::nanoseconds(at).map_err(AnswerError::Time)?);
        let mut record = self.record.borrow_mut();
        let waiting = record.pending.len();
        record.pending.retain(|call| call.token != token);
        if record.pending.len() == waiting {
            return Err(AnswerError::NoSuchCall(token));
        }
        drop(record);
        let headers = response.headers().map_or(0, Vec::len);
        let body = response.content().map_or(0, <[u8]>::len);
        let turn = Turn {
            clock,
            faults: faults.into_iter().collect(),
            response: Some(response),
            ..Turn::default()
        };
        let done = self.take_turn(turn, || {
            callback(self.root, || {
                exports::proxy_on_http_call_response(self.root, token, headers, body, 0);
            });
        });
        let ((), turn) = done.unwrap_or_default();
        Ok(Tick::new(turn.calls, turn.logs))
    }

    /// Makes Envoy know no cluster of this name, from now on: calls to it fail with
    /// [`Status::BAD_ARGUMENT`](crate::Status::BAD_ARGUMENT). Otherwise it knows every cluster.
    pub fn forget_cluster(&self, name: &str) {
        self.record.borrow_mut().unknown_clusters.insert(name.to_owned());
    }

    /// Makes Envoy know a cluster again that it had to [forget](Self::forget_cluster).
    pub fn know_cluster(&self, name: &str) {
        self.record.borrow_mut().unknown_clusters.remove(name);
    }

    /// Stops this filter's monotonic clock, which shows nothing but durations, at this one until it is set
    /// anew. Unless it is set it is the machine's own. It has nothing to do with the clock that tells the
    /// time of day, and each worker's filter may be set by itself.
    pub fn set_monotonic(&self, since_its_beginning: Duration) {
        self.record.borrow_mut().monotonic = Some(since_its_beginning);
    }
}

#[cfg(test)]
#[expect(unsafe_code, reason = "plays the part of the filter, across the ABI")]
mod tests;
