//! Control planes as a user's cluster has them, without a cluster: a real istiod with its agent, a real Envoy
//! Gateway, and what `peergate render` prints for them.
//!
//! The binaries are the caller's, named by the environment; see [`binary`].

#![forbid(unsafe_code)]

mod answer;
pub mod envoy_gateway;
pub mod istio;
mod module_server;
mod people;
mod program;
mod registry;

pub use answer::{sent, told};
pub use module_server::ModuleServer;
pub use people::People;
pub use program::{Program, binary};
pub use registry::{Pushed, Registry};
