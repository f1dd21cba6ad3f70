//! Who asks, and the policies that tell them apart.

use peergate_e2e::{CLUSTER, keyed, registered};
use peergate_lab::feed::CHANGES;
use peergate_lab::pki::{Authority, Identity, Leaf};
use peergate_lab::token::TokenIssuer;
use serde_json::{Value, json};

/// Those who issue credentials, and those who hold them.
pub(crate) struct Cast {
    /// The listed authority.
    pub(crate) authority: Authority,
    /// One that has its name and key identifier.
    pub(crate) impostor: Authority,
    /// Pinned.
    pub(crate) alice: Identity,
    /// Pinned at `/gate` by every second policy.
    pub(crate) bob: Identity,
    /// Admitted by the authority.
    pub(crate) carol: Identity,
    /// Admitted by the authority, and denied by the feed from time to time.
    pub(crate) dina: Identity,
    /// The authority's, expired.
    pub(crate) ed: Identity,
    /// The impostor's.
    pub(crate) ivan: Identity,
    /// Registered for good.
    pub(crate) rita: Identity,
    /// Registered from time to time.
    pub(crate) finn: Identity,
    /// Registered, and allowed a few requests a second.
    pub(crate) ron: Identity,
    /// Pinned at `/gate` by the other policies.
    other: Identity,
    /// Who issues tokens.
    pub(crate) issuer: TokenIssuer,
}

impl Cast {
    pub(crate) fn new() -> Self {
        let authority = Authority::new("corporate authority");
        let impostor = authority.impostor();
        let outside = Authority::new("another authority");
        let one = |name: &str| outside.issue(Leaf::client(name));
        Self {
            alice: one("alice"),
            bob: one("bob"),
            carol: authority.issue(Leaf::client("carol")),
            dina: authority.issue(Leaf::client("dina")),
            ed: authority.issue(Leaf::client("ed").expired()),
            ivan: impostor.issue(Leaf::client("ivan")),
            rita: one("rita"),
            finn: one("finn"),
            ron: one("ron"),
            other: one("other"),
            issuer: TokenIssuer::new("https://issuer.example"),
            authority,
            impostor,
        }
    }

    /// The policy of a generation. All are equally long; the even ones let Bob through the gate.
    pub(crate) fn policy(&self, generation: u64) -> Value {
        let at_gate = if generation.is_multiple_of(2) { &self.bob } else { &self.other };
        let pin = |who: &Identity, name: &str| json!({ "sha256": who.fingerprint(), "identity": name, "labels": { "tier": "gold" } });
        let others = (0..PINS).map(
            |number| json!({ "sha256": fingerprint(number), "identity": format!("acme/{number}") }),
        );
        let ca = self.authority.identity().certificate_pem();
        let api = |name: &str, more: Value| {
            let mut api = json!({ "name": name, "match": { "path_prefix": format!("/{name}") } });
            for (member, value) in more.as_object().into_iter().flatten() {
                api[member] = value.clone();
            }
            api
        };
        let admits =
            |list: &str| json!({ "certificate": { "allow": [list] }, "policy": "mandatory" });
        let with = |mut api: Value, member: &str, value: Value| {
            api[member] = value;
            api
        };
        let key = json!({ "lists": ["registered"], "from": [{ "header": "x-api-key" }] });
        json!({
            "version": 1,
            "lists": {
                "partners": {
                    "entries": std::iter::once(pin(&self.alice, "acme/alice")).chain(others).collect::<Vec<_>>(),
                },
                "gate": { "entries": [pin(at_gate, "acme/guest")] },
                "corporate": { "entries": [{ "ca": ca, "identity": { "from": "common_name" } }] },
                "registered": { "feed": { "cluster": CLUSTER, "path": CHANGES, "wait": "30s" } },
            },
            "global": { "deny": ["registered"] },
            "apis": [
                api("pinned", admits("partners")),
                api("gate", admits("gate")),
                api("authority", admits("corporate")),
                api("registered", admits("registered")),
                api("live", with(admits("registered"), "open_streams", json!("end"))),
                api("keyed", json!({ "api_key": key, "policy": ["api_key"], "strip": true })),
                api("limited", json!({
                    "api_key": key, "policy": ["api_key"],
                    "rate": { "requests": 50, "per": "1s", "burst": 50 },
                })),
                api("bound", json!({
                    "certificate": { "allow": ["partners"] },
                    "jwt": {
                        "issuers": [self.issuer.issuer()], "audiences": ["api"],
                        "scopes": ["orders.read"], "bound": "required",
                    },
                    "policy": ["certificate", "jwt"],
                })),
                api("public", json!({ "policy": "open" })),
            ],
            "forward": {
                "identity": "x-client-identity", "method": "x-client-auth",
                "fingerprint": "x-client-cert-sha256", "labels": { "tier": "x-client-tier" },
            },
        })
    }

    /// One that no filter takes: it names a list that is not there.
    pub(crate) fn broken_policy(&self, generation: u64) -> Value {
        let mut policy = self.policy(generation);
        policy["apis"][0]["certificate"]["allow"][0] = "nowhere".into();
        policy
    }

    /// What the feed holds at first, and after each reset.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let mut limited = registered(&self.ron, "acme/ron");
        limited["rate"] = json!({ "requests": 50, "per": "1s" });
        let own = [registered(&self.rita, "acme/rita"), limited, keyed(KEY, "acme/app")];
        own.into_iter().chain((0..REGISTERED).map(stranger)).collect()
    }
}

/// An entry for nobody in particular.
pub(crate) fn stranger(number: u64) -> Value {
    let (certificate, identity) = (fingerprint(number), format!("acme/partner-{number}"));
    json!({ "certificate": certificate, "identity": identity, "apis": ["registered"] })
}

/// Sixty-four digits that are spread as digests are.
fn fingerprint(number: u64) -> String {
    peergate_lab::digest::api_key(&number.to_string())
}

/// The API key that is known.
pub(crate) const KEY: &str = "a key that the feed knows";

/// How many are pinned, but for Alice.
const PINS: u64 = 500;

/// How many are registered who never come.
pub(crate) const REGISTERED: u64 = 2_000;
