//! `x-forwarded-client-cert`, and headers that readers take for others.

use peergate::Policy;

use super::finding::Findings;
use super::manager::Manager;

/// Looks at what clients can write of certificates, and at what upstreams get to read.
pub(crate) fn check(manager: &Manager<'_>, policy: &Policy, findings: &mut Findings) {
    let config = &manager.config;
    let mode = config.get("forward_client_cert_details");
    let place = mode.as_ref().map_or(&manager.place, |mode| &mode.place);
    let word = mode.as_ref().and_then(|mode| mode.text()).unwrap_or("SANITIZE");
    let certificates = policy.looks_at_certificates();
    if certificates && WRITTEN_BY_CLIENTS.contains(&word) {
        findings.warn(
            place,
            format_args!(
                "{word} lets clients write x-forwarded-client-cert: upstreams may believe it, and where the \
                 certificate itself comes in this header (Envoy 1.36 and 1.37), requests with one of their own \
                 are refused; use SANITIZE_SET"
            ),
        );
    }
    let details = config.get("set_current_client_cert_details");
    let tells_chain = details.is_some_and(|details| details.is_true("chain"));
    let sets = ["SANITIZE_SET", "APPEND_FORWARD"].contains(&word);
    if certificates && policy.relies_on_presented_chains() && !(sets && tells_chain) {
        findings.warn(
            place,
            "does not tell peergate the certificates that the client presented (`SANITIZE_SET` with \
             `set_current_client_cert_details: { chain: true }`): clients of an authority without \
             `intermediates` in the policy pass only if it issued their certificate itself",
        );
    }
    let removes = |removed: &str| {
        manager.routes.iter().any(|routes| {
            let names = routes.items_of("request_headers_to_remove");
            names
                .iter()
                .filter_map(|name| name.text())
                .any(|name| name.eq_ignore_ascii_case(removed))
        })
    };
    if word != "SANITIZE" && !manager.routes.is_empty() && !removes(HEADER) {
        findings.note(
            place,
            "upstreams get x-forwarded-client-cert, with certificates that nobody has verified: routes can \
             remove it (`request_headers_to_remove`)",
        );
    }
    let options = config.get("common_http_protocol_options");
    let underscores = options.as_ref().and_then(|it| it.get("headers_with_underscores_action"));
    let action = underscores.as_ref().and_then(|it| it.text()).unwrap_or_default();
    if !["REJECT_REQUEST", "DROP_HEADER"].contains(&action) {
        findings.warn(
            &manager.place,
            "does not say `headers_with_underscores_action: REJECT_REQUEST` (common_http_protocol_options): \
             upstreams may take x_api_key for x-api-key, which is what was judged",
        );
    }
}

const HEADER: &str = "x-forwarded-client-cert";

/// Modes that keep what clients send.
const WRITTEN_BY_CLIENTS: [&str; 3] = ["ALWAYS_FORWARD_ONLY", "FORWARD_ONLY", "APPEND_FORWARD"];
