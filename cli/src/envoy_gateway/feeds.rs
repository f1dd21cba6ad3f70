//! The clusters of feeds, which EnvoyPatchPolicies add.

use peergate::Policy;

use crate::manifest::feeds::all;
use crate::proxy::Findings;

use super::gateway::Gateway;
use super::patch::Patch;
use super::plugin::Plugin;

/// Looks for the cluster of every feed of the policy.
pub(super) fn check(
    plugin: &Plugin<'_>,
    gateways: &[Gateway<'_>],
    patches: &[Patch<'_>],
    policy: &Policy,
    findings: &mut Findings,
) {
    let clusters =
        patches.iter().filter(|patch| patch.kind == "Cluster" && patch.operation == "add");
    let clusters: Vec<&Patch<'_>> =
        clusters.filter(|patch| gateways.iter().any(|gateway| patch.is_for(gateway))).collect();
    for feed in all(policy) {
        let mut named = clusters.iter().filter_map(|patch| patch.value.as_ref());
        let cluster = named.rfind(|value| value.text_of("name") == feed.cluster);
        match cluster {
            None => findings.warn(
                &plugin.item.place,
                format_args!(
                    "the feed of the list {} is at the cluster {:?}, and no EnvoyPatchPolicy here adds one: unless a route \
                     has made it, the list is never loaded, and refuses",
                    feed.list, feed.cluster
                ),
            ),
            Some(cluster) if feed.has_keys && cluster.get("transport_socket").is_none() => findings.warn(
                &cluster.place,
                format_args!(
                    "asks for the API keys of the list {} in the clear: whoever is on the way reads their hashes, and can \
                     add his own",
                    feed.list
                ),
            ),
            Some(_) => {}
        }
    }
}
