//! Paths: what Envoy makes of clients' spellings, and how its routes match them.

use peergate::Policy;

use super::finding::Findings;
use super::manager::Manager;
use super::proto::Part;

/// Looks at how a manager normalises paths, and at routes that read them otherwise than the policy does.
pub(crate) fn check(manager: &Manager<'_>, policy: &Policy, findings: &mut Findings) {
    let config = &manager.config;
    for field in ["normalize_path", "merge_slashes"] {
        if !config.is_true(field) {
            findings.warn(
                &manager.place,
                format_args!(
                    "does not say `{field}: true`: harmless spellings of a path are refused as bad_target"
                ),
            );
        }
    }
    let slashes = config.text_of("path_with_escaped_slashes_action");
    if !SETTLED.contains(&slashes) {
        findings.warn(
            &manager.place,
            "does not say `path_with_escaped_slashes_action: REJECT_REQUEST`, or to unescape them: paths with \
             %2F or %5C are refused as bad_target, after the route was chosen by them",
        );
    }
    for routes in &manager.routes {
        routes.walk(&mut |part| {
            if part.place.is_field(&["match"]) {
                look_at(part, policy, findings);
            }
            !part.place.is_field(&["typed_per_filter_config", "typedPerFilterConfig"])
        });
    }
}

/// Looks at the match of a route.
fn look_at(rule: &Part<'_>, policy: &Policy, findings: &mut Findings) {
    let is_folded = rule.get("case_sensitive").is_some_and(|part| part.is(false));
    if is_folded && policy.matches_paths() {
        findings.warn(
            &rule.place,
            "matches paths without regard to case: the policy does not, and another spelling falls under other \
             rules there",
        );
    }
    let prefix = rule.get("prefix");
    let text = prefix.as_ref().and_then(Part::text).unwrap_or_default();
    let segments = text.strip_suffix('/').unwrap_or(text);
    let is_string = !text.is_empty() && segments == text;
    if let Some(prefix) = prefix.filter(|_| is_string)
        && policy.matched_prefixes().any(|known| known == segments)
    {
        findings.note(
            &prefix.place,
            format_args!(
                "takes {text}x as well, which the policy's `path_prefix: {text}` leaves to other rules: use \
                 `path_separated_prefix`"
            ),
        );
    }
}

/// What settles escaped slashes, one way or another.
const SETTLED: [&str; 3] = ["REJECT_REQUEST", "UNESCAPE_AND_REDIRECT", "UNESCAPE_AND_FORWARD"];
