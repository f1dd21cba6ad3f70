//! Limits that Envoy's own filters keep by what peergate tells them.

use peergate::Policy;

use super::filter::Filter;
use super::finding::Findings;
use super::manager::Manager;
use super::proto::Part;

/// Looks at the filters that limit rates, and at what they count by.
pub(crate) fn check(
    manager: &Manager<'_>,
    peergate: usize,
    policy: &Policy,
    findings: &mut Findings,
) {
    let own = manager.filters.iter().enumerate().filter(|(_, filter)| limits(filter));
    for (position, filter) in own {
        let is_ahead = position < peergate;
        let messages = filter.messages();
        // Descriptors stand in the filter, or with the routes.
        let configs = messages.first().map(|(_, message)| message);
        for part in configs.into_iter().chain(&manager.routes) {
            look_at(part, is_ahead, policy, findings);
        }
        let asks = configs.iter().find(|config| config.get("rate_limit_service").is_some());
        if let Some(config) = asks
            && !config.is_true("failure_mode_deny")
        {
            findings.note(
                &config.place,
                "does not say `failure_mode_deny: true`: while the service does not answer, nothing is limited",
            );
        }
    }
}

fn limits(filter: &Filter<'_>) -> bool {
    [
        "ratelimit.v3.RateLimit",
        "local_ratelimit.v3.LocalRateLimit",
        "rate_limit_quota.v3.RateLimitQuotaFilterConfig",
    ]
    .iter()
    .any(|kind| filter.may_be(kind))
}

/// Looks at descriptors.
fn look_at(part: &Part<'_>, is_ahead: bool, policy: &Policy, findings: &mut Findings) {
    part.walk(&mut |part| {
        if part.place.is_field(&["request_headers", "requestHeaders"])
            && is_ahead
            && policy.forwards_in(&part.text_of("header_name").to_ascii_lowercase())
        {
            findings.error(
                &part.place,
                "counts by a header that clients can still choose: it stands ahead of peergate, which sets it",
            );
        }
        let text = part.text().unwrap_or_default();
        for word in STATES.into_iter().filter(|word| text.contains(&format!("{PREFIX}{word}"))) {
            let is_told = policy.forwarded_states().any(|told| told == word);
            if is_ahead {
                findings.error(
                    &part.place,
                    format_args!("{PREFIX}{word} is not there yet, and nothing is limited: the filter stands ahead of peergate"),
                );
            } else if !is_told {
                findings.error(
                    &part.place,
                    format_args!(
                        "{PREFIX}{word} is never there, and nothing is limited: forward.filter_state in the \
                         policy does not name {word}"
                    ),
                );
            }
        }
        true
    });
}

const PREFIX: &str = "wasm.peergate_";

const STATES: [&str; 3] = ["identity", "api", "method"];
