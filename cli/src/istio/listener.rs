//! Patches that put listeners, filter chains or filters of connections where Istio has others: requests may come by them
//! past peergate, which is not reckoned out.

use crate::proxy::Findings;
use crate::proxy::proto::Part;

use super::patch::{GATEWAY, MANAGER, Patch, Point};

/// Tells of what patches do to the listeners of a server.
pub(super) fn check(patches: &[Patch<'_>], point: &Point<'_>, findings: &mut Findings) {
    for patch in patches.iter().filter(|patch| patch.is_for(point)) {
        if let Some(what) = odd(patch, point) {
            findings.warn(
                &patch.part.place,
                format_args!(
                    "{what}: whether requests come past peergate is not reckoned out here"
                ),
            );
        }
    }
}

/// What a patch does that matters.
fn odd(patch: &Patch<'_>, point: &Point<'_>) -> Option<&'static str> {
    let value = patch.value.as_ref();
    let sets = |field: &str| value.is_some_and(|it| it.get(field).is_some());
    match (patch.apply_to, patch.operation) {
        ("LISTENER", "ADD") => Some("puts a listener there"),
        ("LISTENER", "MERGE") if sets("filter_chains") || sets("default_filter_chain") => {
            Some("puts filter chains there")
        }
        ("FILTER_CHAIN", "ADD") => Some("puts a filter chain there"),
        ("FILTER_CHAIN", "MERGE") if sets("filters") => Some("puts filters of connections there"),
        ("BOOTSTRAP", _) if value.is_some_and(has_listeners) => Some("puts listeners there"),
        ("NETWORK_FILTER", operation) => of_connections(patch, operation, point),
        _ => None,
    }
}

/// What a patch of filters of connections does to those that read requests, or stand in their place.
fn of_connections(patch: &Patch<'_>, operation: &str, point: &Point<'_>) -> Option<&'static str> {
    let named = patch.network_filter().filter(|named| !named.is_empty());
    let is_of_requests = named.is_none_or(|named| named == MANAGER);
    match operation {
        "MERGE" => None,
        "REPLACE" if is_of_requests => {
            Some("takes the place of the filter that reads requests, and of all its own")
        }
        "REMOVE" if is_of_requests => Some("takes the filter away that reads requests"),
        "REMOVE" => None,
        // On a gateway the other filter chains are those of servers that pass connections on.
        _ if !is_of_requests && point.context == GATEWAY => None,
        _ if patch.value.as_ref().is_some_and(passes_on) => {
            Some("puts a filter of connections there which may pass them on by itself")
        }
        _ => None,
    }
}

/// Whether a filter of connections may be one that ends them, as the TCP proxy and those that read requests do.
fn passes_on(value: &Part<'_>) -> bool {
    let config = value.get("typed_config").and_then(|it| it.message());
    let Some((kind, _)) = config else { return true };
    !LEAVING.iter().any(|package| kind.contains(&format!(".filters.network.{package}.")))
}

fn has_listeners(bootstrap: &Part<'_>) -> bool {
    let own = bootstrap.get("static_resources");
    own.is_some_and(|own| !own.items_of("listeners").is_empty())
}

/// Filters that look at connections, or refuse some, and leave the rest to those behind.
const LEAVING: [&str; 8] = [
    "rbac",
    "ext_authz",
    "ratelimit",
    "local_ratelimit",
    "connection_limit",
    "set_filter_state",
    "sni_cluster",
    "geoip",
];
