//! The clusters of feeds with API keys.

use std::net::IpAddr;

use peergate::Policy;

use super::finding::Findings;
use super::proto::Part;
use super::resources::Index;

/// Warns of feeds with API keys that are asked in the clear.
pub(crate) fn check(index: &Index<'_>, policy: &Policy, findings: &mut Findings) {
    let lists = policy.key_lists();
    for list in policy.dynamic_lists().filter(|list| lists.contains(&list.name())) {
        let feeds = &list.keeping().feeds;
        for feed in [Some(&feeds.primary), feeds.fallback.as_ref()].into_iter().flatten() {
            let Some(cluster) = index.cluster(&feed.cluster) else { continue };
            if cluster.get("transport_socket").is_none() && !is_local(&cluster) {
                findings.warn(
                    &cluster.place,
                    format_args!(
                        "asks for the API keys of the list {} in the clear: whoever is on the way reads their \
                         hashes, and can add his own",
                        list.name()
                    ),
                );
            }
        }
    }
}

/// Whether all its servers are on this machine.
fn is_local(cluster: &Part<'_>) -> bool {
    let (mut servers, mut local) = (0_usize, 0_usize);
    cluster.walk(&mut |part| {
        if let Some(address) = part.get("socket_address") {
            let host = address.text_of("address");
            let is_loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
            servers = servers.saturating_add(1);
            local = local.saturating_add(usize::from(is_loopback || host == "localhost"));
        }
        true
    });
    servers > 0 && servers == local
}
