//! Plugins of sidecars, and of gateways whose Gateway is not here.

use peergate::{Matched, Policy};

use crate::proxy::Findings;

use super::callers;
use super::mesh::{GATEWAY_API, Mesh};
use super::patch::{GATEWAY, INBOUND, Patch, Point};
use super::plugin::Plugin;
use super::scope::{Cover, Scope};
use super::tcp_guard;

/// Where the patches of such a plugin have to be for: of a gateway, unless the plugin or a patch is for what comes into
/// sidecars.
pub(super) fn point<'d>(plugin: &Plugin<'d>, patches: &[Patch<'d>]) -> Point<'d> {
    let is_gateway = plugin.scope.targets().iter().any(|(kind, _)| *kind == "Gateway");
    let own = Point { context: INBOUND, ..Point::default() };
    let is_inbound = |patch: &Patch<'d>| {
        let rule = patch.part.get("match");
        patch.is_for(&own) && rule.is_some_and(|it| it.text_of("context") == INBOUND)
    };
    let is_sidecar = plugin.is_for_servers() || patches.iter().any(is_inbound);
    let context = if is_sidecar && !is_gateway { INBOUND } else { GATEWAY };
    Point { context, ..Point::default() }
}

/// Looks at what a sidecar asks its callers for; of a gateway without its Gateway nothing can be seen.
pub(super) fn check(
    plugin: &Plugin<'_>,
    mesh: &Mesh<'_>,
    patches: &[Patch<'_>],
    point: &Point<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    if point.context == GATEWAY {
        let named = mesh.all(GATEWAY_API, "Gateway").find(|gateway| {
            let scope = Scope::of_target(gateway.namespace, "Gateway", gateway.name);
            plugin.scope.cover(&scope) == Cover::All
        });
        match named {
            Some(gateway) => findings.note(
                gateway.place(),
                "is one of the Gateway API: what it asks clients for is not looked at here",
            ),
            None => findings.warn(
                plugin.place(),
                format_args!(
                    "no Gateway here is served by {}: what clients are asked for cannot be seen; give its file, too",
                    plugin.scope
                ),
            ),
        }
        return;
    }
    tcp_guard::check(plugin, patches, point, findings);
    names(plugin, policy, findings);
    if policy.looks_at_certificates() {
        callers::check(plugin, mesh, findings);
    }
}

/// Looks at names that Istio gives nothing in a sidecar.
fn names(plugin: &Plugin<'_>, policy: &Policy, findings: &mut Findings) {
    let mut tell = |asking: &str, text: &str, known: &str| {
        findings.warn(
            plugin.place(),
            format_args!("{asking} is for {text}, and in a sidecar {known}: it matches nothing"),
        );
    };
    for Matched { place, text } in policy.matched_virtual_hosts() {
        let port = text.strip_prefix("inbound|http|");
        if port.is_none_or(|port| port.parse::<u16>().is_err()) {
            tell(&place, &text, "virtual hosts are called as in inbound|http|8080");
        }
    }
    for Matched { place, text } in policy.matched_routes() {
        if text != "default" {
            tell(&place, &text, "every route is called `default`");
        }
    }
    if policy.looks_at_server_name() {
        findings.warn(
            plugin.place(),
            "global.sni holds hosts against server names, and in a mesh those are Istio's own: every request is refused \
             (misdirected)",
        );
    }
}
