//! Who comes to the gateway.

use std::path::PathBuf;

use peergate_lab::pki::{Authority, Identity, Leaf};
use serde_json::{Value, json};

/// One that passes, and one that does not.
pub(crate) struct People {
    pub(crate) authority: Authority,
    pub(crate) alice: Identity,
    pub(crate) bob: Identity,
    pub(crate) policy: Value,
}

impl People {
    pub(crate) fn new() -> Self {
        let authority = Authority::new("Partners");
        let alice = authority.issue(Leaf::client("alice"));
        let bob = authority.issue(Leaf::client("bob"));
        let entry = json!({ "sha256": alice.fingerprint(), "identity": "alice" });
        let policy = json!({
            "version": 1,
            "lists": { "partners": { "entries": [entry] } },
            "global": { "authority": { "ignore_port": true } },
            "apis": [{
                "name": "all", "match": { "path_prefix": "/" }, "certificate": { "allow": ["partners"] },
                "policy": "mandatory",
            }],
            "forward": { "identity": "x-client-identity" },
            "replies": { "profile": "problem", "detail": "reason" },
        });
        Self { authority, alice, bob, policy }
    }
}

/// Where this process and all that it starts look for what `docker login` has kept: a directory of this run.
pub(crate) fn docker_config() -> PathBuf {
    std::env::var_os("DOCKER_CONFIG").expect("DOCKER_CONFIG: run scripts/test-release").into()
}

/// What a gateway answers in the filter's place.
pub(crate) const REFUSED: (u16, &str) = (403, "RBAC: access denied");

/// A SHA-256 that is nothing's.
pub(crate) const WRONG: &str = "0000000000000000000000000000000000000000000000000000000000000000";
