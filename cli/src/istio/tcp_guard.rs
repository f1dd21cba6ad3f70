//! The guard of a sidecar's connections: where Istio takes one for TCP, nobody reads the requests in it.

use crate::proxy::proto::Part;
use crate::proxy::{Findings, guard};

use super::patch::{Patch, Point, Reach};
use super::plugin::Plugin;

/// Looks for the guard of connections, and for what takes it away or changes it.
pub(super) fn check(
    plugin: &Plugin<'_>,
    patches: &[Patch<'_>],
    point: &Point<'_>,
    findings: &mut Findings,
) {
    let guards = patches.iter().filter(|patch| is_guard(patch));
    let reaching: Vec<(&Patch<'_>, Reach)> =
        guards.map(|patch| (patch, patch.reaches(point))).collect();
    if reaching.iter().all(|(_, reach)| matches!(reach, Reach::No(_))) {
        findings.error(
            plugin.place(),
            "no guard of connections (a network RBAC filter before the TCP proxy, that lets only named ports pass): a caller \
             who leaves out Istio's ALPN reaches ports of no Service, or of no named protocol, past peergate",
        );
        return;
    }
    let is_whole = reaching.iter().any(|(_, reach)| *reach == Reach::Yes);
    for (patch, reach) in &reaching {
        if let Reach::Partly(why) = reach
            && !is_whole
        {
            findings.warn(
                &patch.part.place,
                format_args!(
                    "the guard of connections may not stand everywhere that peergate does: {why}"
                ),
            );
        }
        if !matches!(reach, Reach::No(_)) {
            undone(patch, patches, point, findings);
        }
    }
}

/// Tells of patches that take a guard away or change it.
fn undone(guard: &Patch<'_>, patches: &[Patch<'_>], point: &Point<'_>, findings: &mut Findings) {
    let name = guard.value.as_ref().map(|value| value.text_of("name")).unwrap_or_default();
    let others = patches.iter().filter(|it| it.apply_to == "NETWORK_FILTER" && it.is_for(point));
    for patch in others {
        let named = patch.network_filter().unwrap_or_default();
        let is_it = named == name && !name.is_empty();
        // What names no filter is for all of them; a message of another type cannot be merged into the guard.
        let may_be = is_it || named.is_empty();
        let what = match patch.operation {
            "REMOVE" | "REPLACE" if may_be => "takes the guard of connections away",
            "MERGE" if is_it || (named.is_empty() && has_rules(patch)) => {
                "changes the guard of connections"
            }
            _ => continue,
        };
        findings.error(
            &patch.part.place,
            format_args!("{what}: a caller who leaves out Istio's ALPN may go past peergate"),
        );
    }
}

/// Whether a patch puts a filter before the TCP proxy that refuses connections.
fn is_guard(patch: &Patch<'_>) -> bool {
    patch.apply_to == "NETWORK_FILTER"
        && ["INSERT_BEFORE", "INSERT_FIRST"].contains(&patch.operation)
        && patch.network_filter() == Some(TCP)
        && patch.value.as_ref().is_some_and(refuses)
}

fn has_rules(patch: &Patch<'_>) -> bool {
    let config = patch.value.as_ref().and_then(|value| value.get("typed_config")?.message());
    config.is_some_and(|(kind, _)| kind.ends_with(RBAC))
}

/// Whether a filter of connections lets pass by ports alone, or nothing.
fn refuses(value: &Part<'_>) -> bool {
    let Some((kind, message)) = value.get("typed_config").and_then(|it| it.message()) else {
        return false;
    };
    let Some(rules) = guard::enforced(&message) else { return false };
    let allows = rules.get("action").is_none_or(|action| action.text() == Some("ALLOW"));
    let is_port = |permission: Part<'_>| permission.get("destination_port").is_some();
    let policies = rules.get("policies");
    let mut policies = policies.iter().flat_map(Part::entries);
    let by_ports = policies.all(|(_, policy)| {
        let permissions = policy.items_of("permissions");
        !permissions.is_empty() && permissions.into_iter().all(is_port)
    });
    kind.ends_with(RBAC) && allows && by_ports
}

const TCP: &str = "envoy.filters.network.tcp_proxy";

const RBAC: &str = "filters.network.rbac.v3.RBAC";
