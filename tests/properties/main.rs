//! What must hold for every input, not only for those that somebody thought of. Native only: the generator
//! of inputs does not run on wasm32, and the code under test is the same.
#![cfg(not(target_family = "wasm"))]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy sees tests in #[test] functions alone, and not in what they share"
)]

mod authorities;
mod carriers;
mod certificates;
mod credentials;
mod dynamic;
mod feeds;
mod forwarding;
mod host;
mod hosts;
mod judging;
mod lists;
mod mutation;
mod parsers;
mod paths;
mod plan;
mod readings;
mod recall;
mod whole;
mod wire;

use peergate::{Headers, Policy};
use proptest::test_runner::Config;

/// As many cases as `PROPTEST_CASES` says, else 256. Nothing is written beside the sources: an input that
/// fails is printed, and belongs into a test of its own.
pub(crate) fn config() -> Config {
    Config { failure_persistence: None, ..Config::default() }
}

/// Reads a policy that has to be good.
pub(crate) fn policy(document: &serde_json::Value) -> Policy {
    Policy::read(document.to_string().as_bytes()).unwrap()
}

/// The headers of a request.
pub(crate) fn request<'r>(authority: &'r [u8], path: &'r [u8]) -> Headers<'r> {
    Headers::new(vec![(b":method", b"GET"), (b":authority", authority), (b":path", path)])
}
