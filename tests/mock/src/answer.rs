//! What became of a request.

use std::collections::BTreeMap;

use crate::call::{Call, HostCall, Log};
use crate::open::StreamState;
use crate::pairs::Field;
use crate::status::Status;
use crate::stream::{Stage, Stream};

/// What became of a request.
#[derive(Clone, Debug)]
pub struct Answer {
    passed: bool,
    ended: StreamState,
    reply: Option<Reply>,
    headers: Vec<Field>,
    trailers: Vec<Field>,
    state: BTreeMap<String, String>,
    calls: Vec<HostCall>,
    logs: Vec<Log>,
}

impl Answer {
    pub(crate) fn new(stream: Stream) -> Self {
        let (passed, ended) = (stream.stage == Stage::Passed, stream.state());
        let Stream { headers, trailers, state, reply, calls, logs, .. } = stream;
        let (headers, trailers) = if passed { (headers, trailers) } else { Default::default() };
        let state = state.iter().map(|(name, value)| (text(name), text(value))).collect();
        Self { passed, ended, reply, headers, trailers, state, calls, logs }
    }

    /// Whether the filter let it pass. Behind the filter the guard asks for filter state `wasm.peergate`
    /// too. What the filter has let pass it may still answer or reset later.
    pub fn passed(&self) -> bool {
        self.passed
    }

    /// Whether the filter held it to the end: it neither passed nor was answered nor reset.
    pub fn paused(&self) -> bool {
        self.ended == StreamState::Paused
    }

    /// Whether the filter had it reset, which tells the client nothing.
    pub fn reset(&self) -> bool {
        self.ended == StreamState::Reset
    }

    /// What the client is told instead; `None` if the request passed, or waits until Envoy gives up.
    pub fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// The HTTP status of the reply.
    pub fn status(&self) -> Option<u16> {
        self.reply.as_ref().map(|reply| reply.status)
    }

    /// The response code details of the reply; empty without one.
    pub fn details(&self) -> &str {
        self.reply.as_ref().map_or("", |reply| &reply.details)
    }

    /// Why it passed or was refused: `allowed`, `certificate_expired`, …; empty if the filter could not
    /// say.
    pub fn reason(&self) -> &str {
        let details = self.details().strip_prefix("peergate_");
        details.or_else(|| self.verdict("reason")).unwrap_or_default()
    }

    /// What was decided: `allowed`, `denied` or `shadowed`; empty if the filter could not say.
    pub fn outcome(&self) -> &str {
        self.verdict("outcome").unwrap_or_default()
    }

    /// The API that decided; empty if none matched.
    pub fn api(&self) -> &str {
        self.verdict("api").unwrap_or_default()
    }

    /// Who the client is, if a credential was accepted.
    pub fn identity(&self) -> Option<&str> {
        // It comes last since it may hold blanks.
        self.filter_state(VERDICT)?.split_once(" identity=").map(|(_, identity)| identity)
    }

    /// Every value that the upstream gets of a header; none if the request did not pass. Bytes that are
    /// not UTF-8 show as U+FFFD.
    pub fn upstream_headers(&self, name: &str) -> Vec<String> {
        values(&self.headers, name)
    }

    /// Every value that the upstream gets of a trailer.
    pub fn upstream_trailers(&self, name: &str) -> Vec<String> {
        values(&self.trailers, name)
    }

    /// All headers that the upstream gets, in order, as bytes.
    pub fn all_upstream_headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// All trailers that the upstream gets, in order, as bytes.
    pub fn all_upstream_trailers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.trailers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Filter state that the filter set, by its whole name (`wasm.peergate`).
    pub fn filter_state(&self, name: &str) -> Option<&str> {
        self.state.get(name).map(String::as_str)
    }

    /// What the filter asked of the host, in order.
    pub fn host_calls(&self) -> &[HostCall] {
        &self.calls
    }

    /// How often the filter called a function of the host.
    pub fn count(&self, call: Call) -> usize {
        self.calls.iter().filter(|made| made.call == call).count()
    }

    /// Whether the filter read a property, by its path joined by dots.
    pub fn reads(&self, path: &str) -> bool {
        self.calls.iter().any(|made| made.call == Call::Property && made.argument == path)
    }

    /// What the filter logged about the request.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    fn verdict(&self, field: &str) -> Option<&str> {
        let fields = self.filter_state(VERDICT)?.split(' ');
        fields.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == field)?.1.into()
    }
}

/// What the filter had the client told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The HTTP status. To a gRPC request Envoy answers 200 and the gRPC status.
    pub status: u16,
    /// The response code details, for access logs.
    pub details: String,
    /// The body; to a gRPC request, the status message.
    pub body: String,
    /// Headers besides those that Envoy adds.
    pub headers: Vec<(String, String)>,
    /// The gRPC status, if one was given: what Envoy answers a gRPC request with.
    pub grpc_status: Option<u32>,
}

impl Reply {
    pub(crate) fn new(
        status: u32,
        details: &[u8],
        body: &[u8],
        headers: Vec<Field>,
        grpc_status: i32,
    ) -> Result<Self, Status> {
        Ok(Self {
            status: u16::try_from(status).map_err(|_| Status::BAD_ARGUMENT)?,
            details: text(details).replace(char::is_whitespace, "_"),
            body: text(body),
            headers: headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
            grpc_status: u32::try_from(grpc_status).ok(),
        })
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

fn values(fields: &[Field], name: &str) -> Vec<String> {
    let named = |(other, _): &&Field| other.eq_ignore_ascii_case(name.as_bytes());
    fields.iter().filter(named).map(|(_, value)| text(value)).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Filter state that says what was decided.
const VERDICT: &str = "wasm.peergate_verdict";
