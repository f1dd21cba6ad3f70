//! Who comes to the gateway.

use peergate_lab::pki::{Authority, Identity, Leaf};
use serde_json::{Value, json};

/// An authority for servers and partners, and clients.
pub struct People {
    /// Of servers, and of those whom nobody else is said to have issued.
    pub authority: Authority,
    /// On the list.
    pub alice: Identity,
    /// On no list.
    pub bob: Identity,
    /// On the list, and expired.
    pub eve: Identity,
    /// On the list by its key, and signed by itself.
    pub karl: Identity,
    /// On no list, and signed by itself.
    pub stranger: Identity,
}

impl People {
    /// Issues their certificates.
    #[expect(clippy::new_without_default, reason = "new people each time are no default")]
    pub fn new() -> Self {
        let authority = Authority::new("Partners");
        Self {
            alice: authority.issue(Leaf::client("alice")),
            bob: authority.issue(Leaf::client("bob")),
            eve: authority.issue(Leaf::client("eve").expired()),
            karl: Identity::self_signed(Leaf::client("karl")),
            stranger: Identity::self_signed(Leaf::client("alice")),
            authority,
        }
    }

    /// `/employee` for whom the list knows, `/public` for all.
    pub fn policy(&self) -> Value {
        self.policy_of(json!([
            { "name": "employee", "match": { "path_prefix": "/employee" }, "certificate": { "allow": ["partners"] },
              "policy": "mandatory" },
            { "name": "public", "match": { "path_prefix": "/public" }, "policy": "open" },
        ]))
    }

    /// A policy of these APIs over the list `partners`.
    pub fn policy_of(&self, apis: Value) -> Value {
        json!({
            "version": 1,
            "lists": { "partners": { "entries": [
                { "sha256": self.alice.fingerprint(), "identity": "alice", "labels": { "tier": "gold" } },
                { "sha256": self.eve.fingerprint(), "identity": "eve" },
                { "spki_sha256": self.karl.spki_sha256(), "identity": "karl" },
            ] } },
            "global": { "authority": { "ignore_port": true } },
            "apis": apis,
            "forward": {
                "identity": "x-client-identity", "method": "x-client-auth",
                "fingerprint": "x-client-cert-sha256",
                "client_cert": { "header": "client-cert", "format": "rfc9440" },
                "labels": { "tier": "x-client-tier" },
            },
            "replies": { "profile": "problem", "detail": "reason" },
        })
    }
}
