//! Other Wasm filters: what such a filter costs as such, and what its host calls cost.
//!
//! `scripts/bench-modules` builds them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// A filter that does nothing, as the SDK makes it.
pub fn empty() -> Value {
    filter(&built("empty"), "")
}

/// A filter that makes the host calls of a policy of one pinned certificate, and decides nothing: it lets
/// everybody pass as the client of that pin.
pub fn floor() -> Value {
    floor_of(CALLS)
}

/// One that makes other calls: words with commas between, in their order, each as often as it comes. The
/// words are those of `tests/bench/modules/floor/src/calls.rs`.
pub fn floor_of(calls: &str) -> Value {
    filter(&built("floor"), calls)
}

/// The calls that Peergate makes for the policy of one pin whose identity and fingerprint are forwarded,
/// when the client has sent the latter's header under a name that folds into it.
pub const CALLS: &str = "pairs,fingerprint,remove,identity,digest,verdict,guard,count";

/// A Wasm filter with this configuration. Its VM is no other's, not even one's with the same module.
pub fn filter(module: &Path, configuration: &str) -> Value {
    json!({
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "rival",
                "vm_config": {
                    "vm_id": format!("{} {configuration}", module.display()),
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "filename": module } },
                },
                "failure_policy": "FAIL_RELOAD",
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": configuration,
                },
            },
        },
    })
}

/// Where `scripts/bench-modules` puts a module.
pub fn built(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let workspace = workspace.canonicalize().expect("the workspace");
    workspace.join("target/peergate/bench").join(name).with_extension("wasm")
}
