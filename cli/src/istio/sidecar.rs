//! Plugins of sidecars, and of gateways whose Gateway is not here.

use peergate::Policy;

use crate::proxy::Findings;

use super::mesh::{GATEWAY_API, Mesh, SECURITY};
use super::patch::{Patch, Point};
use super::plugin::Plugin;
use super::scope::{Cover, Scope};

/// Where the patches of such a plugin have to be for: of a gateway, unless only patches for sidecars are here.
pub(super) fn point<'d>(plugin: &Plugin<'d>, patches: &[Patch<'d>]) -> Point<'d> {
    let is_gateway = plugin.scope.targets().iter().any(|(kind, _)| *kind == "Gateway");
    let context = |patch: &Patch<'d>| patch.part.get("match").map(|it| it.text_of("context"));
    let own = Point { context: "SIDECAR_INBOUND", ..Point::default() };
    let is_inbound =
        |patch: &&Patch<'d>| patch.is_for(&own) && context(patch) == Some("SIDECAR_INBOUND");
    let context = match !is_gateway && patches.iter().any(|patch| is_inbound(&patch)) {
        true => "SIDECAR_INBOUND",
        false => "GATEWAY",
    };
    Point { context, ..Point::default() }
}

/// Looks at what a sidecar asks its callers for; of a gateway without its Gateway nothing can be seen.
pub(super) fn check(
    plugin: &Plugin<'_>,
    mesh: &Mesh<'_>,
    point: &Point<'_>,
    policy: &Policy,
    findings: &mut Findings,
) {
    if point.context == "GATEWAY" {
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
    if !policy.looks_at_certificates() {
        return;
    }
    let mut modes = Vec::new();
    for resource in mesh.all(SECURITY, "PeerAuthentication") {
        if Scope::of(resource, mesh.root).cover(&plugin.scope) != Cover::Nothing {
            let mode = resource.spec().get("mtls").and_then(|it| it.get("mode"));
            modes.push((resource, mode));
        }
    }
    if modes.is_empty() {
        findings.note(
            plugin.place(),
            "no PeerAuthentication is for its workloads here: by itself Istio takes callers without TLS as well, who have \
             no certificate",
        );
    }
    for (resource, mode) in modes {
        let place = mode.as_ref().map_or(resource.place(), |mode| &mode.place);
        match mode.as_ref().and_then(|mode| mode.text()) {
            Some("STRICT") => {}
            Some("DISABLE") => findings.error(
                place,
                "callers are asked for no certificate, and the policy looks at them: whoever needs one is refused (no_tls)",
            ),
            _ => findings.note(place, "takes callers without TLS as well, who have no certificate: say STRICT"),
        }
    }
}
