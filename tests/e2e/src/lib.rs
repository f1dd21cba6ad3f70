//! A gateway as a user sets it up: what `peergate render envoy` prints, the module that is shipped, a real
//! Envoy, and an upstream that tells what reached it.
//!
//! A test that needs another Envoy configuration changes the rendered one, so that what is tested is what
//! is shipped but for the change that the test names.

mod exchange;
mod gateway;
mod people;

pub use exchange::sent;
pub use gateway::{Bootstrap, Gateway, POLICY_FILE, replace_policy};
pub use people::People;
