//! Hosts, virtual hosts and routes that the policy names.

use peergate::{Matched, Policy};

use super::domain::{overlap, without_port};
use super::finding::Findings;
use super::manager::Manager;
use super::proto::Part;

/// Looks for all that the policy names in the routes of all managers with the filter.
pub(crate) fn check(managers: &[&Manager<'_>], policy: &Policy, findings: &mut Findings) {
    let Some(first) = managers.first() else { return };
    let routes: Vec<&Part<'_>> = managers.iter().flat_map(|manager| &manager.routes).collect();
    let is_seen = |manager: &&Manager<'_>| manager.unseen_routes.is_none();
    let discovers = |routes: &&Part<'_>| routes.get("vhds").is_some();
    if !managers.iter().all(is_seen) || routes.iter().any(discovers) {
        return;
    }
    let place = routes.first().map_or(&first.place, |routes| &routes.place);
    let mut tell = |matched: &Matched, what: &str| {
        let Matched { place: asking, text } = matched;
        findings.warn(place, format_args!("has no {what} {text}, which {asking} is for"));
    };
    let hosts: Vec<Part<'_>> =
        routes.iter().flat_map(|routes| routes.items_of("virtual_hosts")).collect();
    let domains: Vec<Part<'_>> = hosts.iter().flat_map(|host| host.items_of("domains")).collect();
    for host in policy.matched_hosts() {
        let is_of = |domain: &str| match policy.ignores_port() {
            true => overlap(without_port(domain), &host.text),
            false => overlap(domain, &host.text),
        };
        if !domains.iter().filter_map(Part::text).any(is_of) {
            tell(&host, "virtual host with a domain for");
        }
    }
    for name in policy.matched_virtual_hosts() {
        if !hosts.iter().any(|host| host.text_of("name") == name.text) {
            tell(&name, "virtual host");
        }
    }
    let names = route_names(&routes);
    for name in policy.matched_routes() {
        if !names.contains(&&*name.text) {
            tell(&name, "route");
        }
    }
}

/// The names of routes, in lists and in matchers.
fn route_names<'d>(routes: &[&Part<'d>]) -> Vec<&'d str> {
    let mut names = Vec::new();
    for routes in routes {
        routes.walk(&mut |part| {
            let is_action =
                part.message().is_some_and(|(kind, _)| kind.ends_with("config.route.v3.Route"));
            if part.place.is_item_of(&["routes"]) || is_action {
                names.push(part.text_of("name"));
            }
            true
        });
    }
    names
}
