//! One line per refusal, so many per API, reason and time that a flood cannot fill the log.

use crate::decision::{Outcome, Verdict};
use crate::effects::UNMATCHED;
use crate::reason::Reason;
use crate::request::Headers;

/// How many lines were written of late, and how many were left out.
#[derive(Debug, Default)]
pub struct Audit {
    /// As many as there are APIs times verdicts: no client can add one.
    windows: Vec<(Said, Window)>,
}

/// What a line is about: the place of the API in the policy, and the verdict.
type Said = (Option<usize>, Reason, Outcome);

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
        let said = (verdict.api_position(), verdict.reason(), verdict.outcome());
        let position = self.windows.iter().position(|(other, _)| *other == said);
        let position = position.unwrap_or_else(|| {
            self.windows.push((said, Window::default()));
            self.windows.len().saturating_sub(1)
        });
        let (_, window) = self.windows.get_mut(position)?;
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
        String::from_utf8_lossy(value).chars().take(LONGEST).collect::<String>()
    };
    let fingerprint = verdict.presented().map(|fingerprint| fingerprint.to_string());
    let limited = verdict.limited().map(|(identity, _)| identity.to_owned());
    let fields = [
        ("outcome", verdict.outcome().word().to_owned()),
        ("reason", verdict.reason().word().to_owned()),
        ("api", api.to_owned()),
        ("identity", limited.unwrap_or_default()),
        ("fingerprint", fingerprint.unwrap_or_default()),
        ("method", text(b":method")),
        ("host", text(b":authority")),
        ("path", text(b":path")),
        ("request_id", text(b"x-request-id")),
    ];
    let mut line = r#"{"event":"peergate""#.to_owned();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let value = serde_json::to_string(value).unwrap_or_default();
        line.push_str(&format!(r#","{name}":{value}"#));
    }
    if left_out > 0 {
        line.push_str(&format!(r#","left_out":{left_out}"#));
    }
    line.push('}');
    line
}

/// Seconds of one window.
const WINDOW: i64 = 10;

/// Lines per window, API and reason: enough to see a pattern in.
const LINES: u32 = 5;

/// Characters that are kept of what a client wrote.
const LONGEST: usize = 256;
