//! A gateway as a user sets it up: what `peergate render envoy` prints, the module that is shipped, a real
//! Envoy, and an upstream that tells what reached it.
//!
//! A test that needs another Envoy configuration changes the rendered one, so that what is tested is what
//! is shipped but for the change that the test names.

mod changes;
mod exchange;
mod fed;
mod gateway;
mod live;
mod modules;
mod older;
mod people;
mod siege;
mod tokens;
mod vary;

pub use changes::{Changes, Figures};
pub use exchange::sent;
pub use fed::{CLUSTER, Fed, Setup, keyed, registered};
pub use gateway::{Bootstrap, Feeding, Gateway};
pub use live::{POLICY_FILE, replace_policy, with_policy};
pub use modules::another_build;
pub use people::People;
pub use siege::{Course, Peace, Siege};
pub use tokens::Provider;
