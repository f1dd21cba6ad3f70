//! The answer to readiness probes: whether a proxy's dynamic lists are fresh.

use std::time::Duration;

use crate::policy::Policy;
use crate::reply::Reply;
use crate::request::Headers;

impl Policy {
    /// Whether a request asks for readiness: it is answered here, whatever the rest of the policy says.
    pub fn is_probe(&self, headers: &Headers<'_>) -> bool {
        self.ready_path.as_ref().is_some_and(|ready| {
            let path = headers.first(b":path").unwrap_or_default();
            path.split(|byte| *byte == b'?').next() == Some(ready.as_bytes())
        })
    }

    /// The answer to a probe.
    pub fn probe_reply(&self, is_ready: bool) -> Reply {
        let (status, details, body) = match is_ready {
            true => (200, "peergate_ready", "ready\n"),
            false => (503, "peergate_not_ready", "not ready\n"),
        };
        Reply {
            status,
            grpc: if is_ready { 0 } else { 14 },
            headers: vec![
                ("content-type", "text/plain".into()),
                ("cache-control", "no-store".into()),
            ],
            body: body.to_owned(),
            details: details.to_owned(),
        }
    }

    /// How long a request may wait for dynamic lists that have yet to be filled.
    pub fn start_wait(&self) -> Duration {
        self.dynamic_lists().map(|list| list.keeping().start_wait).max().unwrap_or_default()
    }
}
