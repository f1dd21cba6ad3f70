//! One line per refusal, so many per API, reason and time that a flood cannot fill the log.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::decision::{Outcome, Verdict};
use crate::effects::UNMATCHED;
use crate::reason::Reason;
use crate::request::Headers;

/// How many lines were written of late, and how many were left out.
#[derive(Debug, Default)]
pub struct Audit {
    windows: HashMap<(String, Reason, Outcome), Window>,
}

#[derive(Debug, Default)]
struct Window {
    /// Seconds since the Unix epoch.
    start: i64,
    written: u32,
    left_out: u64,
}

impl Audit {
    /// The line for a refusal, enforced or not; `None` for a request that is allowed, and where enough has
    /// been said. `now` is in seconds since the Unix epoch.
    pub fn line(
        &mut self,
        verdict: &Verdict<'_>,
        headers: &Headers<'_>,
        now: i64,
    ) -> Option<String> {
        if verdict.outcome() == Outcome::Allowed {
            return None;
        }
        let api = verdict.api().map_or(UNMATCHED, |api| api.as_str());
        // As many windows as there are APIs times reasons: no client can add one.
        let key = (api.to_owned(), verdict.reason(), verdict.outcome());
        let window = self.windows.entry(key).or_default();
        // A clock that was set back opens a new window rather than silencing the log.
        if !(0..WINDOW).contains(&now.saturating_sub(window.start)) {
            (window.start, window.written) = (now, 0);
        }
        if window.written >= LINES {
            window.left_out = window.left_out.saturating_add(1);
            return None;
        }
        window.written = window.written.saturating_add(1);
        Some(write(verdict, api, headers, std::mem::take(&mut window.left_out)))
    }
}

/// A JSON object on one line. What the client wrote is cut short, and nothing in it that could be a
/// secret is repeated: no query, no header but the request ID.
fn write(verdict: &Verdict<'_>, api: &str, headers: &Headers<'_>, left_out: u64) -> String {
    let text = |name: &[u8]| {
        let value = headers.first(name).unwrap_or_default();
        let value = value.split(|byte| *byte == b'?').next().unwrap_or_default();
        let short: String = String::from_utf8_lossy(value).chars().take(LONGEST).collect();
        Value::from(short)
    };
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| {
        line.insert(name.to_owned(), value);
    };
    put("event", "peergate".into());
    put("outcome", verdict.outcome().word().into());
    put("reason", verdict.reason().word().into());
    put("api", api.into());
    if let Some(fingerprint) = verdict.presented() {
        put("fingerprint", fingerprint.to_string().into());
    }
    put("method", text(b":method"));
    put("host", text(b":authority"));
    put("path", text(b":path"));
    put("request_id", text(b"x-request-id"));
    if left_out > 0 {
        put("left_out", left_out.into());
    }
    Value::Object(line).to_string()
}

/// Seconds of one window.
const WINDOW: i64 = 10;

/// Lines per window, API and reason: enough to see a pattern in.
const LINES: u32 = 5;

/// Characters that are kept of what a client wrote.
const LONGEST: usize = 256;
