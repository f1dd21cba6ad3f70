//! Hosts that are served, against those that the policy names.

use peergate::Policy;

use crate::proxy::Findings;
use crate::proxy::domain::{overlap, without_port};
use crate::proxy::place::Place;

/// A host that is served, exact or `*.suffix` or `*`, and where it is said.
pub(crate) struct Served<'d> {
    pub(crate) place: Place,
    pub(crate) host: &'d str,
}

/// Whether requests for a host fall under some rules of a policy, or would if they were read.
pub(crate) fn is_judged(host: &str, policy: &Policy) -> bool {
    let is_for_it = |wanted: &str| overlap(without_port(host), without_port(wanted));
    policy.has_rules_for_other_hosts()
        || policy.matched_hosts().iter().any(|it| is_for_it(&it.text))
}

/// Tells of connections that are passed on unread.
pub(crate) fn unread(place: &Place, hosts: &[&str], policy: &Policy, findings: &mut Findings) {
    let what =
        "passes connections on without reading requests: peergate judges nothing that comes here";
    match hosts.iter().find(|host| is_judged(host, policy)) {
        Some(host) => {
            findings.error(place, format_args!("{what}, and the policy has rules for {host}"))
        }
        None => findings.warn(place, what),
    }
}

/// Looks for hosts that no API is for.
pub(crate) fn unjudged(served: &[Served<'_>], policy: &Policy, findings: &mut Findings) {
    for Served { place, host } in served {
        if !is_judged(host, policy) {
            findings.warn(
                place,
                format_args!("no API of the policy is for {host}: every request for it is refused (no_matching_api)"),
            );
        }
    }
}

/// Looks for APIs that no host reaches; `place` is where hosts are missing.
pub(crate) fn unserved(
    served: &[Served<'_>],
    policy: &Policy,
    place: &Place,
    findings: &mut Findings,
) {
    if served.is_empty() {
        return;
    }
    for wanted in policy.matched_hosts() {
        let has_it =
            |served: &Served<'_>| overlap(without_port(served.host), without_port(&wanted.text));
        if !served.iter().any(has_it) {
            findings.warn(
                place,
                format_args!("serves no host {}, which {} is for", wanted.text, wanted.place),
            );
        }
    }
}

/// Tells of a policy that goes by ports of hosts, which neither control plane's Envoy does.
pub(crate) fn ports(policy: &Policy, place: &Place, findings: &mut Findings) {
    if !policy.tells_ports_apart() {
        return;
    }
    let what = "Envoy leaves ports out of hosts here, and the policy does not (global.authority.ignore_port): a host \
                with a port is routed like the one without, and falls under none of its rules";
    if policy.has_rules_for_other_hosts() {
        findings.error(place, format_args!("{what}, but under others"));
    } else {
        findings.warn(place, format_args!("{what}: it is refused"));
    }
}
