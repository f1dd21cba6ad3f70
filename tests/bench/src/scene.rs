//! Who asks, and what they are asked for.

use peergate_lab::pki::{Authority, Identity, Leaf};
use peergate_lab::token::TokenIssuer;
use serde_json::{Value, json};

use crate::cores::Cores;

/// What all variants have in common.
pub struct Scene {
    /// Who issued all certificates.
    pub authority: Authority,
    /// The client whom every list knows.
    pub alice: Identity,
    /// One of the same authority whom no list knows.
    pub bob: Identity,
    /// Who issues tokens.
    pub issuer: TokenIssuer,
    /// Who runs where.
    pub cores: Cores,
    /// How many workers an Envoy has.
    pub workers: u32,
    /// Whether long lists are cut short.
    pub is_quick: bool,
}

impl Scene {
    /// One worker for each Envoy; with long lists cut short, if so told.
    pub fn new(cores: Cores, is_quick: bool) -> Self {
        let authority = Authority::new("corporate authority");
        let alice = authority.issue(Leaf::client("alice").uri(OWN_URI));
        let bob = authority.issue(Leaf::client("bob").uri("spiffe://corp.example/ns/acme/sa/bob"));
        Self {
            authority,
            alice,
            bob,
            issuer: TokenIssuer::new(ISSUER),
            cores,
            workers: 1,
            is_quick,
        }
    }

    /// The same, with so many workers.
    pub fn workers(self, workers: u32) -> Self {
        Self { workers, ..self }
    }

    /// As many as a list is to have, or fewer.
    pub fn count(&self, count: usize) -> usize {
        if self.is_quick { count.min(1_000) } else { count }
    }

    /// So many fingerprints, the client's own in the middle.
    pub fn pins(&self, count: usize) -> Vec<String> {
        let own = count / 2;
        let pin = |number| {
            if number == own { self.alice.fingerprint() } else { fingerprint(number) }
        };
        (0..count).map(pin).collect()
    }

    /// A policy that admits whom one list has.
    pub fn policy(&self, list: Value) -> Value {
        json!({
            "version": 1,
            "lists": { "partners": list },
            "apis": [{
                "name": "orders", "match": { "path_prefix": "/" },
                "certificate": { "allow": ["partners"] }, "policy": "mandatory",
            }],
            "forward": {
                "identity": "x-client-identity", "fingerprint": "x-client-cert-sha256",
            },
        })
    }

    /// A policy that admits all certificates of the authority.
    pub fn authority_policy(&self) -> Value {
        let ca = self.authority.identity().certificate_pem();
        self.policy(json!({ "entries": [{ "ca": ca, "identity": "acme" }] }))
    }

    /// A policy that asks for a pinned certificate and for a token that is bound to it.
    pub fn bound_policy(&self) -> Value {
        let mut policy = self.pinned(1);
        let api = &mut policy["apis"][0];
        api["jwt"] = json!({
            "issuers": [self.issuer.issuer()], "audiences": ["api"], "scopes": ["orders.read"],
            "bound": "required",
        });
        api["policy"] = json!(["certificate", "jwt"]);
        policy
    }

    /// The entries of a feed, the client's own first, each with its key.
    pub fn entries(&self, count: usize) -> impl Iterator<Item = (String, String)> {
        let own = (self.alice.fingerprint(), "acme/alice".to_owned());
        let others = (1..count).map(|it| (fingerprint(it), format!("acme/partner-{it}")));
        std::iter::once(own).chain(others).map(|(pin, identity)| {
            let entry = json!({ "certificate": pin, "identity": identity, "apis": ["orders"] });
            (pin, entry.to_string())
        })
    }

    /// A policy of so many pinned certificates.
    pub fn pinned(&self, count: usize) -> Value {
        let pins = self.pins(count).into_iter().enumerate();
        let entry =
            |(number, pin)| json!({ "sha256": pin, "identity": format!("acme/partner-{number}") });
        self.policy(json!({ "entries": pins.map(entry).collect::<Vec<_>>() }))
    }
}

/// Sixty-four digits that are spread as digests are.
pub fn fingerprint(number: usize) -> String {
    let mut state = number as u64;
    let digits = (0..4).map(|_| {
        // SplitMix64, by Sebastiano Vigna, in the public domain.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{:016x}", mixed ^ (mixed >> 31))
    });
    digits.collect()
}

/// The URI in the client's certificate.
pub const OWN_URI: &str = "spiffe://corp.example/ns/acme/sa/alice";

const ISSUER: &str = "https://issuer.example";
