//! Policies over all methods.

use peergate::{Credential, Policy};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::certificates::{ALL, Certificate};

/// A policy with one API.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) alternatives: Vec<Vec<Credential>>,
    pub(super) is_open: bool,
    pub(super) check: Vec<Credential>,
    /// The methods whose refusals are passed over.
    pub(super) ignores: Vec<Credential>,
    pub(super) identity_from: Option<Credential>,
    pub(super) is_shadow: bool,
    pub(super) passes_preflight: bool,
}

impl Plan {
    pub(super) fn names(&self, method: Credential) -> bool {
        self.alternatives.iter().flatten().chain(&self.check).any(|named| *named == method)
    }

    pub(super) fn document(&self) -> Value {
        let words = |methods: &[Credential]| -> Vec<&str> {
            methods.iter().map(|method| method.word()).collect()
        };
        let mut any_of: Vec<Value> =
            self.alternatives.iter().map(|methods| words(methods).into()).collect();
        if self.is_open {
            any_of.push("anonymous".into());
        }
        let mut policy = json!({ "any_of": any_of });
        if !self.check.is_empty() {
            policy["check"] = words(&self.check).into();
        }
        let if_refused = Credential::ALL
            .map(|method| if self.ignores.contains(&method) { "ignore" } else { "deny" });
        let blocks = [
            json!({"allow": ["partners"], "if_refused": if_refused[0]}),
            json!({
                "issuers": ["https://idp.example"], "scopes": ["read"], "if_refused": if_refused[1],
            }),
            json!({
                "lists": ["registered"], "from": [{"header": "x-api-key"}],
                "if_refused": if_refused[2],
            }),
        ];
        let mut api = json!({
            "name": "a",
            "policy": policy,
            "enforcement": if self.is_shadow { "shadow" } else { "enforce" },
            "cors_preflight": if self.passes_preflight { "pass" } else { "check" },
        });
        for (method, block) in Credential::ALL.into_iter().zip(blocks) {
            if self.names(method) {
                api[method.word()] = block;
            }
        }
        if let Some(method) = self.identity_from {
            api["identity_from"] = method.word().into();
        }
        let pin = |name, identity: &str| json!({"sha256": hash(name), "identity": identity});
        json!({
            "version": 1,
            "lists": {
                "partners": {"entries": [pin("partner", "partner-a"), pin("expired", "late")]},
                "blocked": {"entries": [{"pem": certificate("rsa").pem}]},
                "registered": {"feed": {"cluster": "feed", "path": "/"}},
            },
            "global": {"deny": ["blocked"]},
            "apis": [api],
        })
    }
}

pub(crate) fn certificate(name: &str) -> &'static Certificate {
    ALL.iter().find(|one| one.name == name).unwrap()
}

pub(crate) fn hash(name: &str) -> String {
    certificate(name).leaf.fingerprint().to_string()
}

/// Plans whose policy is good, and that policy.
pub(super) fn plans() -> impl Strategy<Value = (Plan, Policy)> {
    let some = |least| subsequence(Credential::ALL.to_vec(), least..=3);
    let parts = (
        prop::collection::vec(some(1), 0..4),
        any::<bool>(),
        some(0),
        some(0),
        prop::option::of(select(Credential::ALL.to_vec())),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.2),
    );
    parts.prop_filter_map("no good policy", |parts| {
        let (alternatives, is_open, check, ignores, identity_from, is_shadow, passes_preflight) =
            parts;
        let identity_from =
            identity_from.filter(|method| alternatives.iter().flatten().any(|it| it == method));
        let plan = Plan {
            alternatives,
            is_open,
            check,
            ignores,
            identity_from,
            is_shadow,
            passes_preflight,
        };
        let policy = Policy::read(plan.document().to_string().as_bytes()).ok()?;
        Some((plan, policy))
    })
}
