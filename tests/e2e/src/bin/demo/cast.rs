//! The demo's clients, its policy, and what is to become of each.

use std::fs;
use std::path::Path;

use peergate_e2e::CLUSTER;
use peergate_lab::feed::CHANGES;
use peergate_lab::pki::{Authority, Identity, Leaf};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::registration::NEWCOMER;

/// Who takes part.
pub(crate) struct Cast {
    pub(crate) authority: Authority,
    identities: Vec<(&'static str, Identity)>,
}

/// One request and what the policy says of it.
pub(crate) struct Scene {
    pub(crate) client: &'static str,
    /// Whose certificate is presented; `None`: none.
    pub(crate) identity: Option<&'static str>,
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    /// How the reason begins.
    pub(crate) reason: &'static str,
}

impl Cast {
    pub(crate) fn new() -> Self {
        let authority = Authority::new("demo authority");
        let yesterday = OffsetDateTime::now_utc() - Duration::days(1);
        let expired =
            Leaf::client("expired").not_before(yesterday - Duration::days(1)).not_after(yesterday);
        let identities = vec![
            ("partner-a", authority.issue(Leaf::client("partner-a"))),
            ("supplier", authority.issue(Leaf::client("supplier"))),
            ("unlisted", authority.issue(Leaf::client("unlisted"))),
            ("impostor", Identity::self_signed(Leaf::client("partner-a"))),
            ("expired", authority.issue(expired)),
            ("revoked", authority.issue(Leaf::client("revoked"))),
            (NEWCOMER, authority.issue(Leaf::client(NEWCOMER))),
        ];
        Self { authority, identities }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.identities.iter().map(|(name, _)| *name)
    }

    pub(crate) fn identity(&self, name: &str) -> &Identity {
        let found = self.identities.iter().find(|(other, _)| *other == name);
        &found.expect("one of the cast").1
    }

    /// Writes certificates and keys for whoever wants to try.
    pub(crate) fn write(&self, directory: &Path) {
        let authority = self.authority.identity().certificate_pem();
        fs::write(directory.join("ca.pem"), authority).expect("written");
        for (name, identity) in &self.identities {
            identity.write(directory, name).expect("written");
        }
    }

    pub(crate) fn policy(&self) -> Value {
        let pin =
            |name: &str| json!({ "sha256": self.identity(name).fingerprint(), "identity": name });
        let revoked = json!({ "issued": {
            "by": self.authority.identity().certificate_pem(),
            "serial": self.identity("revoked").serial_hex(),
        } });
        json!({
            "version": 1,
            "lists": {
                "partners": { "entries": [pin("partner-a"), pin("expired"), pin("revoked")] },
                "suppliers": { "entries": [pin("supplier")] },
                "blocked": { "entries": [revoked] },
                "registered": { "feed": {
                    "cluster": CLUSTER, "authority": "feed.example.com", "path": CHANGES, "wait": "30s",
                } },
            },
            "global": { "deny": ["blocked"] },
            "apis": [
                { "name": "employee", "match": { "path_prefix": "/employee" },
                  "certificate": { "allow": ["partners"] }, "policy": "mandatory" },
                { "name": "catalogue", "match": { "path_prefix": "/catalogue" },
                  "certificate": { "allow": ["partners", "suppliers"] }, "policy": "optional" },
                { "name": "orders", "match": { "path_prefix": "/orders" },
                  "certificate": { "allow": ["registered"] }, "policy": "mandatory" },
                { "name": "health", "match": { "path": "/health" }, "policy": "open" },
            ],
            "forward": { "identity": "x-client-identity" },
            "replies": { "profile": "problem", "detail": "reason" },
        })
    }

    pub(crate) fn scenes(&self) -> Vec<Scene> {
        let scene = |client, identity, path, status, reason| Scene {
            client,
            identity,
            path,
            status,
            reason,
        };
        vec![
            scene("a listed certificate", Some("partner-a"), "/employee", 200, "allowed"),
            scene("no certificate", None, "/employee", 403, "certificate_required"),
            scene(
                "one that nobody listed",
                Some("unlisted"),
                "/employee",
                403,
                "certificate_not_allowed",
            ),
            scene(
                "self-signed, a listed name",
                Some("impostor"),
                "/employee",
                403,
                "certificate_not_allowed",
            ),
            scene("listed, but expired", Some("expired"), "/employee", 403, "certificate_expired"),
            scene("listed, but denied", Some("revoked"), "/employee", 403, "certificate_denied"),
            scene(
                "another API's certificate",
                Some("supplier"),
                "/employee",
                403,
                "certificate_not_allowed",
            ),
            scene("that one at its own API", Some("supplier"), "/catalogue", 200, "allowed"),
            scene("optional API, no certificate", None, "/catalogue", 200, "anonymous"),
            scene(
                "optional API, denied certificate",
                Some("revoked"),
                "/catalogue",
                403,
                "certificate_denied",
            ),
            scene("open API", None, "/health", 200, "anonymous"),
            scene("a path of no API", Some("partner-a"), "/other", 403, "no_matching_api"),
        ]
    }
}
