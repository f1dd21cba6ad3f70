//! Fuzz targets: what must hold for every input. A target panics where something does not.
//!
//! They are functions of bytes and know no fuzzer. `scripts/fuzz` has libFuzzer look for inputs; `tests/seeds.rs`
//! runs the inputs that are kept in `seeds`, each of which was a finding or leads to code that others do not.
//!
//! All go by the public interface, as the filter and the command do. Where an input is a request, it is a text
//! that people can read and write: `src/script.rs` says how.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target says by a panic what does not hold"
)]

mod certificates;
mod effects;
mod host;
mod policies;
mod script;
pub mod soak;
mod targets;
mod wire;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called by, and the directory of its inputs.
    pub name: &'static str,
    /// Tries one input.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 13] = [
    Target { name: "config_json", run: targets::config::json },
    Target { name: "config_struct", run: targets::config::wire },
    Target { name: "pem", run: targets::pem::run },
    Target { name: "certificate", run: targets::certificate::run },
    Target { name: "xfcc", run: targets::xfcc::run },
    Target { name: "target", run: targets::target::run },
    Target { name: "pairs", run: targets::pairs::run },
    Target { name: "headers", run: targets::headers::run },
    Target { name: "metadata", run: targets::metadata::run },
    Target { name: "locations", run: targets::locations::run },
    Target { name: "page", run: targets::page::run },
    Target { name: "storage", run: targets::storage::run },
    Target { name: "judge", run: targets::judge::run },
];
