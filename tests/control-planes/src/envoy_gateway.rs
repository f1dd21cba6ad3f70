//! Envoy Gateway and the Envoy that it runs.
//!
//! What a user applies with `kubectl` is a file in a directory that Envoy Gateway watches; nothing else is
//! different from a cluster but two things, see [`Setup`].

mod ask;
mod control_plane;
mod gateway;
mod render;
mod resources;
mod seen;
mod setup;

pub use gateway::Gateway;
pub use resources::{http_route, redirect};
pub use seen::Entry;
pub use setup::Setup;

/// The host that most requests ask.
pub const HOST: &str = "api.example.com";

/// Another host of the same Gateway.
pub const OTHER_HOST: &str = "admin.example.com";

/// Where the Gateway and its routes are.
pub const NAMESPACE: &str = "default";

/// What the Gateway is called.
pub const GATEWAY: &str = "eg";

/// What its listener is called.
pub const LISTENER: &str = "https";
