//! What Envoy and the policy leave out of a host.

use peergate::Policy;

use super::finding::Findings;
use super::manager::Manager;

/// Compares what is left out of hosts; it matters where the policy matches them.
pub(crate) fn check(manager: &Manager<'_>, policy: &Policy, findings: &mut Findings) {
    if policy.matched_hosts().is_empty() {
        return;
    }
    for routes in &manager.routes {
        let ignored = routes.get("ignore_port_in_host_matching").filter(|part| part.is(true));
        match (ignored, policy.ignores_port()) {
            (None, true) => findings.error(
                &routes.place,
                "does not say `ignore_port_in_host_matching: true`, and the policy leaves ports out \
                 (global.authority.ignore_port): the rules of a host hold for its name with any port, which \
                 Envoy routes otherwise",
            ),
            (Some(ignored), false) => {
                let what = "leaves ports out, and the policy does not (global.authority.ignore_port): a host \
                            with a port is routed like the one without, and falls under none of its rules";
                if policy.has_rules_for_other_hosts() {
                    findings.error(&ignored.place, format_args!("{what}, but under others"));
                } else {
                    findings.warn(&ignored.place, format_args!("{what}: it is refused"));
                }
            }
            _ => {}
        }
    }
    if policy.ignores_trailing_dot() && !manager.config.is_true("strip_trailing_host_dot") {
        findings.warn(
            &manager.place,
            "does not say `strip_trailing_host_dot: true`, and the policy takes it for granted \
             (global.authority.ignore_trailing_dot): hosts that end in a dot are refused",
        );
    }
}
