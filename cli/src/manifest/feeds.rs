//! The clusters of feeds.

use peergate::Policy;

/// A feed that a policy names.
pub(crate) struct Feed<'p> {
    pub(crate) list: &'p str,
    pub(crate) cluster: &'p str,
    /// Whether API keys come from it.
    pub(crate) has_keys: bool,
}

/// All feeds of a policy.
pub(crate) fn all(policy: &Policy) -> Vec<Feed<'_>> {
    let keys = policy.key_lists();
    policy
        .dynamic_lists()
        .flat_map(|list| {
            let has_keys = keys.contains(&list.name());
            let clusters = list.keeping().feeds.iter().map(|feed| &*feed.cluster);
            clusters.map(move |cluster| Feed { list: list.name(), cluster, has_keys })
        })
        .collect()
}
