//! Clients with a story.

use peergate_lab::pki::{Authority, Identity, Leaf};

/// The identities that most tests need. All but `stranger` come from one authority, so that nothing but a
/// list tells them apart.
pub struct People {
    /// Who issued them, and the server's certificate.
    pub authority: Authority,
    /// Pinned by fingerprint as `partner-a`.
    pub alice: Identity,
    /// Issued by the same authority, on no list.
    pub bob: Identity,
    /// On the deny list by issuer and serial.
    pub mallory: Identity,
    /// Pinned by key as `partner-k`.
    pub karl: Identity,
    /// Self-signed, under Alice's name.
    pub stranger: Identity,
}

impl People {
    /// Makes them anew.
    pub fn new() -> Self {
        let authority = Authority::new("corporate authority");
        Self {
            alice: authority.issue(Leaf::client("alice")),
            bob: authority.issue(Leaf::client("bob")),
            mallory: authority.issue(Leaf::client("mallory")),
            karl: authority.issue(Leaf::client("karl")),
            stranger: Identity::self_signed(Leaf::client("alice")),
            authority,
        }
    }

    /// A policy that knows them, as JSON: `/employee` is mandatory, `/partner` optional, `/public` open.
    pub fn policy(&self) -> serde_json::Value {
        serde_json::json!({
            "version": 1,
            "lists": {
                "partners": { "entries": [
                    { "sha256": self.alice.fingerprint(), "identity": "partner-a", "labels": { "tier": "gold" } },
                    { "sha256": self.mallory.fingerprint(), "identity": "partner-m" },
                ] },
                "keys": { "entries": [{ "spki_sha256": self.karl.spki_sha256(), "identity": "partner-k" }] },
                "blocked": { "entries": [{ "issued": {
                    "by": self.authority.identity().certificate_pem(),
                    "serial": self.mallory.serial_hex(),
                } }] },
            },
            "global": { "deny": ["blocked"] },
            "apis": [
                { "name": "employee", "match": { "path_prefix": "/employee" },
                  "certificate": { "allow": ["partners"] }, "policy": "mandatory" },
                { "name": "keyed", "match": { "path_prefix": "/keyed" },
                  "certificate": { "allow": ["keys"] }, "policy": "mandatory" },
                { "name": "partner", "match": { "path_prefix": "/partner" },
                  "certificate": { "allow": ["partners"] }, "policy": "optional" },
                { "name": "public", "match": { "path_prefix": "/public" }, "policy": "open" },
            ],
            "forward": {
                "identity": "x-client-identity", "method": "x-client-auth",
                "fingerprint": "x-client-cert-sha256",
                "client_cert": { "header": "client-cert", "format": "rfc9440" },
                "labels": { "tier": "x-client-tier" },
            },
        })
    }
}

impl Default for People {
    fn default() -> Self {
        Self::new()
    }
}
