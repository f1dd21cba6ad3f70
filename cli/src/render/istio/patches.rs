//! Patches of an EnvoyFilter that gateways and sidecars have in common.

use crate::failure::Failure;
use crate::render::GUARD;
use crate::render::template::fill;

/// The guard, and how requests are read; `details` is what the connection manager is told besides, in lines of
/// its own.
///
/// # Errors
/// As [`fill`].
pub(super) fn requests(context: &str, details: &str) -> Result<String, Failure> {
    let values = [("context", context), ("guard", GUARD), ("details", details)];
    fill(include_str!("../templates/istio-patches.yaml"), &values)
}
