//! Whether the filters that Istio puts there by itself are there: others may be placed by them.

use super::mesh::{Mesh, SECURITY};
use super::plugin::Plugin;
use super::scope::{Cover, Scope};

/// Whether a filter is there to place another one by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// Nothing here has it be there: what makes it.
    Unmade(&'static str),
    /// Some of the workloads or some versions of Istio may lack it.
    Likely,
    /// All have it.
    Sure,
}

impl Presence {
    /// Of a filter of Istio's own, for a plugin's workloads. Of all of them only the router is always there; those for
    /// authorization, tokens and metrics are made by resources.
    pub(super) fn of(name: &str, plugin: &Plugin<'_>, mesh: &Mesh<'_>) -> Self {
        // Those for which others are asked (CUSTOM) make one that stands ahead.
        let made = |group: &str, kind: &str| {
            mesh.all(group, kind).any(|resource| {
                let scope = Scope::of(resource, mesh.root);
                let is_near = scope.cover(&plugin.scope) != Cover::Nothing;
                is_near && resource.spec().text_of("action") != "CUSTOM"
            })
        };
        let (is_made, maker) = match name {
            ROUTER => return Self::Sure,
            "envoy.filters.http.rbac" => {
                (made(SECURITY, "AuthorizationPolicy"), "AuthorizationPolicy")
            }
            "envoy.filters.http.jwt_authn" => {
                (made(SECURITY, "RequestAuthentication"), "RequestAuthentication")
            }
            "istio.stats" => {
                let by_default = mesh.configured(&["defaultProviders", "metrics"]).is_some();
                (by_default || made("telemetry.istio.io", "Telemetry"), "Telemetry")
            }
            _ => return Self::Likely,
        };
        if is_made { Self::Likely } else { Self::Unmade(maker) }
    }

    /// Of what is placed by another one, of this presence, for all workloads or for some.
    pub(super) fn placing(self, is_for_all: bool) -> Self {
        if self == Self::Sure && !is_for_all { Self::Likely } else { self }
    }
}

/// The last filter.
pub(super) const ROUTER: &str = "envoy.filters.http.router";
