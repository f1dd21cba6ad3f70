//! Runs one of the fuzz targets, the one that the environment names, under libFuzzer: `scripts/fuzz`.
#![no_main]

use std::sync::LazyLock;

/// What says which target.
const VARIABLE: &str = "PEERGATE_FUZZ_TARGET";

static RUN: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    let found = peergate_fuzz::TARGETS.iter().find(|target| target.name == wanted);
    let Some(target) = found else {
        let known: Vec<&str> = peergate_fuzz::TARGETS.iter().map(|target| target.name).collect();
        eprintln!("{VARIABLE}: unknown target {wanted:?}; known are: {}", known.join(" "));
        std::process::exit(2);
    };
    target.run
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| (*RUN)(input));
