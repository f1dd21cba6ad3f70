//! What else judges requests of the same workloads.

use crate::proxy::Findings;

use super::mesh::{Mesh, SECURITY};
use super::plugin::Plugin;
use super::scope::{Cover, Scope};

/// Looks at what stands ahead of the plugin and behind it.
pub(super) fn check(
    plugin: &Plugin<'_>,
    plugins: &[Plugin<'_>],
    mesh: &Mesh<'_>,
    findings: &mut Findings,
) {
    for policy in mesh.all(SECURITY, "AuthorizationPolicy") {
        let asks = policy.spec().text_of("action") == "CUSTOM";
        if asks && Scope::of(policy, mesh.root).cover(&plugin.scope) != Cover::Nothing {
            findings.note(
                policy.place(),
                "stands ahead of peergate: its service is asked about requests that nobody has judged",
            );
        }
    }
    for other in plugins {
        let is_own = std::ptr::eq(other.resource.part.value, plugin.resource.part.value);
        if is_own || other.scope.cover(&plugin.scope) == Cover::Nothing {
            continue;
        }
        let own = (plugin.phase(), std::cmp::Reverse(plugin.priority()));
        let its = (other.phase(), std::cmp::Reverse(other.priority()));
        let place = other.place();
        if other.is_peergate() {
            findings.warn(
                place,
                "is for workloads of another plugin with peergate as well: each judges every request by a policy of its \
                 own, and one that lets pass is enough for the guard",
            );
            continue;
        }
        match its.cmp(&own) {
            std::cmp::Ordering::Less => findings.note(
                place,
                "stands ahead of peergate: it sees requests that nobody has judged, and could say for itself that one \
                 may pass (`wasm.peergate`)",
            ),
            std::cmp::Ordering::Equal => findings.warn(
                place,
                "has peergate's phase and priority: which of the two stands ahead is left to their age; give \
                 peergate a higher `priority`",
            ),
            std::cmp::Ordering::Greater => findings.note(
                place,
                "stands behind peergate: its code may change host, path or headers and have the route chosen anew, so \
                 that a request takes another one than it was judged for",
            ),
        }
    }
}
