//! Who asks, and by what they are let in.

use peergate_e2e::{Bootstrap, Gateway};
use peergate_lab::pki::{Authority, Charter, Identity, KeyKind, Leaf, crowd};
use serde_json::{Value, json};

/// Clients that are let in by the same.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) identities: Vec<Identity>,
}

/// All cases, the pinned ones first: the others are compared with them.
pub(crate) struct Cases {
    server: Authority,
    policy: Value,
    /// One client each, the same by pin and by authority.
    pub(crate) known: Vec<Case>,
    /// Clients that nobody has seen.
    pub(crate) fresh: Vec<Case>,
}

impl Cases {
    /// With this many fresh clients each.
    pub(crate) fn new(count: usize) -> Self {
        let p256 = Authority::new("authority P-256");
        let rsa = Authority::new(Charter::new("authority RSA").key(KeyKind::Rsa2048));
        let ed25519 = Authority::new(Charter::new("authority Ed25519").key(KeyKind::Ed25519));
        let between = p256.subordinate("authority between");
        let issue = |authority: &Authority| authority.issue_many(crowd(count)).collect();
        let fresh = vec![
            Case { name: "pinned", path: "/pinned", identities: issue(&p256) },
            Case { name: "authority, P-256", path: "/p256", identities: issue(&p256) },
            Case { name: "authority, RSA-2048", path: "/rsa", identities: issue(&rsa) },
            Case { name: "authority, Ed25519", path: "/ed25519", identities: issue(&ed25519) },
            Case { name: "pinned, sends 2", path: "/pinned", identities: issue(&between) },
            Case { name: "authority, sends 2, P-256", path: "/p256", identities: issue(&between) },
        ];
        let (alice, carol) =
            (p256.issue(Leaf::client("alice")), between.issue(Leaf::client("carol")));
        let known = |name, path, identity: &Identity| Case {
            name,
            path,
            identities: vec![identity.clone()],
        };
        let known = vec![
            known("open", "/open", &alice),
            known("pinned", "/pinned", &alice),
            known("authority, P-256", "/p256", &alice),
            known("pinned, sends 2", "/pinned", &carol),
            known("authority, sends 2, P-256", "/p256", &carol),
        ];
        let pinned = fresh.iter().chain(&known).filter(|case| case.path == "/pinned");
        let pins = pinned.flat_map(|case| &case.identities);
        let pins: Vec<Value> = pins.map(|it| json!({ "sha256": it.fingerprint() })).collect();
        let authority =
            |it: &Authority| json!({ "entries": [{ "ca": it.identity().certificate_pem() }] });
        let api = |name: &str| {
            json!({
                "name": name, "match": { "path": format!("/{name}") },
                "certificate": { "allow": [name] }, "policy": "mandatory",
            })
        };
        let policy = json!({
            "version": 1,
            "lists": {
                "pinned": { "entries": pins },
                "p256": authority(&p256), "rsa": authority(&rsa), "ed25519": authority(&ed25519),
            },
            "apis": [
                api("pinned"), api("p256"), api("rsa"), api("ed25519"),
                { "name": "open", "match": { "path": "/open" }, "policy": "open" },
            ],
            "forward": { "fingerprint": "x-client-cert-sha256" },
        });
        Self { server: Authority::new("server authority"), policy, known, fresh }
    }

    /// An Envoy of one worker with a policy for all of them.
    pub(crate) fn gateway(&self, change: impl FnOnce(&mut Bootstrap)) -> Gateway {
        Gateway::start_under("1.40.0", &self.server, &self.policy, change)
    }
}
