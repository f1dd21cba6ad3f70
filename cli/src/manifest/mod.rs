//! What manifests for Istio and for Envoy Gateway have in common: resources, the policy in a plugin, the module
//! that it names, the hosts that are served.

pub(crate) mod embedded;
pub(crate) mod feeds;
pub(crate) mod hosts;
pub(crate) mod module;
pub(crate) mod resource;
pub(crate) mod tokens;
pub(crate) mod twice;
