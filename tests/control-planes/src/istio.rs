//! istiod and the gateway that it configures.
//!
//! istiod watches a directory of resources in place of a cluster's API: what `peergate render istio` prints,
//! and what a user has besides (routes, services). Of the former one line is another: see
//! [`Setup`].

mod ask;
mod gateway;
mod processes;
mod render;
mod seen;
mod setup;
mod sidecar;
mod traffic;

pub use self::gateway::Gateway;
pub use self::seen::{Entry, PLUGIN};
pub use self::setup::Setup;
pub use self::sidecar::{Mesh, Ports, Sidecar};
pub use self::traffic::{route, service, virtual_service};

/// The namespace of the gateway, which is that of Istio's own resources too.
pub const NAMESPACE: &str = "istio-system";

/// The host that clients ask for.
pub const HOST: &str = "api.example.com";

/// A second host of the same Gateway.
pub const OTHER_HOST: &str = "admin.example.com";

/// The service that stands for what is behind the gateway.
pub const UPSTREAM: &str = "upstream.example.internal";
