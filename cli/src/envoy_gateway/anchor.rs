//! Filters that Envoy Gateway puts behind plugins (1.9): a patch can put the guard before one that is there. A path that
//! finds none puts none, so that only the router is a sure place.

use crate::manifest::resource::Resource;

use super::POLICIES;

/// Where a filter stands that is put before the one of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Before the router, which is always there.
    Router,
    /// Behind plugins, in listeners that have the filter: something here has Envoy Gateway make it for some.
    Sometimes,
    /// Nowhere: nothing here has Envoy Gateway make the filter.
    Missing,
    /// Not behind plugins.
    Elsewhere,
}

impl Anchor {
    pub(super) fn of(name: &str, resources: &[Resource<'_>]) -> Self {
        let makes = |kind: &str, path: &[&str]| {
            let mut policies = resources.iter().filter(|it| it.is(POLICIES, kind));
            policies
                .any(|it| path.iter().try_fold(it.spec(), |part, field| part.get(field)).is_some())
        };
        let has_grpc = || resources.iter().any(|it| it.kind == "GRPCRoute");
        let is_made = match name.strip_prefix("envoy.filters.http.") {
            Some("router") => return Self::Router,
            Some("rbac") => makes("SecurityPolicy", &["authorization"]),
            Some("local_ratelimit") => makes("BackendTrafficPolicy", &["rateLimit", "local"]),
            Some(it) if it.starts_with("ratelimit") => {
                makes("BackendTrafficPolicy", &["rateLimit", "global"])
            }
            Some("grpc_web") => has_grpc() || makes("ClientTrafficPolicy", &["grpc"]),
            Some("grpc_stats") => has_grpc() || makes("EnvoyProxy", &["telemetry", "metrics"]),
            Some(it) if it.starts_with("compressor") => {
                ["compression", "compressor"].iter().any(|it| makes("BackendTrafficPolicy", &[it]))
            }
            _ => return Self::Elsewhere,
        };
        if is_made { Self::Sometimes } else { Self::Missing }
    }
}
