//! Policies of routes and listeners that take the place of the plugin's, and orders of filters that move it.

use crate::manifest::resource::Resource;
use crate::proxy::Findings;

use super::gateway::Gateway;
use super::plugin::{Plugin, is_peergate};
use super::target::Target;
use super::{GATEWAY_API, POLICIES};

/// Looks for EnvoyExtensionPolicies for less than the plugin is for: only the nearest holds.
pub(super) fn check(
    plugin: &Plugin<'_>,
    gateways: &[Gateway<'_>],
    resources: &[Resource<'_>],
    is_guarded: bool,
    findings: &mut Findings,
) {
    let is_whole = plugin.targets.iter().any(|it| it.kind == "Gateway");
    for other in resources.iter().filter(|it| it.is(POLICIES, "EnvoyExtensionPolicy")) {
        let spec = other.spec();
        let has_it = spec.items_of("wasm").iter().any(is_peergate);
        let is_own = std::ptr::eq(other.part.value, plugin.resource.part.value);
        if is_own || has_it || spec.get("mergeType").is_some() {
            continue;
        }
        for target in Target::all(other, resources) {
            let is_nearer = match (target.kind, is_whole) {
                ("Gateway", true) => is_section(&target, gateways),
                ("Gateway", false) => false,
                (_, true) => is_of_route(&target, gateways, resources),
                (_, false) => {
                    let own = |it: &Target<'_>| it.is(target.kind, target.namespace, target.name);
                    plugin.targets.iter().any(own)
                }
            };
            if !is_nearer {
                continue;
            }
            let what = "takes the place of the policy with peergate, which is left out there";
            match is_guarded {
                true => findings.warn(
                    &target.place,
                    format_args!("{what}: the guard refuses what comes here with 403"),
                ),
                false => findings.error(
                    &target.place,
                    format_args!("{what}, and there is no guard: all of it passes"),
                ),
            }
        }
    }
    orders(resources, findings);
}

fn is_section(target: &Target<'_>, gateways: &[Gateway<'_>]) -> bool {
    let is_of = |gateway: &Gateway<'_>| target.is("Gateway", gateway.namespace, gateway.name);
    !target.section.is_empty() && gateways.iter().any(is_of)
}

/// Whether it is a route of a Gateway; of one that is not here nobody knows, and it may be.
fn is_of_route(target: &Target<'_>, gateways: &[Gateway<'_>], resources: &[Resource<'_>]) -> bool {
    let routes = resources.iter().filter(|it| it.group == GATEWAY_API);
    let mut routes = routes.filter(|it| target.is(it.kind, it.namespace, it.name)).peekable();
    routes.peek().is_none() || routes.any(|route| gateways.iter().any(|gateway| gateway.has(route)))
}

/// Tells of orders of filters in which what verifies tokens, or the plugin, stands elsewhere.
fn orders(resources: &[Resource<'_>], findings: &mut Findings) {
    for proxy in resources.iter().filter(|it| it.is(POLICIES, "EnvoyProxy")) {
        for order in proxy.spec().items_of("filterOrder") {
            if ["envoy.filters.http.wasm", "envoy.filters.http.jwt_authn"]
                .contains(&order.text_of("name"))
            {
                findings.warn(
                    &order.place,
                    "moves a filter: peergate has to stand behind jwt_authn, and behind whatever changes host, path or \
                     headers",
                );
            }
        }
    }
}
