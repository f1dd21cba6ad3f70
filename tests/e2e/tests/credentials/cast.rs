//! Those who issue credentials and those who hold them, and a policy that knows every kind.

use peergate_e2e::{CLUSTER, People, Provider, keyed, registered};
use peergate_lab::digest;
use peergate_lab::feed::CHANGES;
use peergate_lab::pki::Identity;
use peergate_lab::token::{Algorithm, TokenIssuer};
use serde_json::{Value, json};

/// Those who issue credentials, and those who hold them.
pub(crate) struct Cast {
    pub(crate) people: People,
    /// The company's identity provider: ES256.
    pub(crate) idp: TokenIssuer,
    /// A partner's: RS256. Envoy itself looks at the audience of its tokens.
    pub(crate) partner: TokenIssuer,
}

impl Cast {
    pub(crate) fn new() -> Self {
        Self {
            people: People::new(),
            idp: TokenIssuer::new(IDP),
            partner: TokenIssuer::with(PARTNER, Algorithm::Rs256),
        }
    }

    /// A token of the company's.
    pub(crate) fn token(&self) -> String {
        self.idp.token(claims())
    }

    /// One that only this client may use.
    pub(crate) fn bound(&self, holder: &Identity) -> String {
        self.idp.bound_token(holder, claims())
    }

    /// Both issuers, as Envoy is told of them.
    pub(crate) fn providers(&self) -> [Provider; 2] {
        let partner = Provider::new("partner", &self.partner).field("audiences", json!(["api"]));
        [self.provider(), partner]
    }

    /// The company's, as Envoy is told of it.
    pub(crate) fn provider(&self) -> Provider {
        Provider::new("idp", &self.idp)
            .field("from_headers", json!([{ "name": "authorization", "value_prefix": "Bearer " }]))
            .field("from_params", json!(["access_token"]))
            .field("from_cookies", json!(["token"]))
    }

    /// What the feed says.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let People { alice, bob, mallory, .. } = &self.people;
        let with = |key: &str, member: &str, value: Value| {
            let mut entry = keyed(key, "acme/app");
            entry[member] = value;
            entry
        };
        vec![
            with(KEY, "labels", json!({ "plan": "gold" })),
            with(ALICES_KEY, "certificates", json!([alice.fingerprint()])),
            with(BOBS_KEY, "certificates", json!([bob.fingerprint(), alice.fingerprint()])),
            with(MALLORYS_KEY, "certificates", json!([mallory.fingerprint()])),
            with("inactive-key", "active", json!(false)),
            with("expired-key", "expires", json!("2020-01-01T00:00:00Z")),
            with("early-key", "not_before", json!("2120-01-01T00:00:00Z")),
            with("other-key", "apis", json!(["other"])),
            json!({ "api_key": digest::secret_api_key(SECRET, PIN), "identity": "acme/pin", "apis": ["*"] }),
            registered(alice, "acme/alice"),
        ]
    }

    /// One API for each way of combining them.
    pub(crate) fn policy(&self) -> Value {
        let mut policy = self.people.policy();
        let karl = json!({ "sha256": self.people.karl.fingerprint(), "identity": "partner-k" });
        let partners = policy["lists"]["partners"]["entries"].as_array_mut().unwrap();
        partners.push(karl);
        policy["global"]["deny"] = json!(["blocked", "registered"]);
        policy["lists"]["registered"] = json!({
            "feed": { "cluster": CLUSTER, "path": CHANGES, "wait": "30s", "interval": "1s" },
        });
        let certificate = json!({ "allow": ["partners"] });
        let jwt = json!({ "issuers": [IDP], "audiences": ["api"] });
        let key = json!({
            "lists": ["registered"],
            "from": [
                { "header": "x-api-key" },
                { "header": "authorization", "scheme": "ApiKey" },
                { "query": "api_key" },
                { "cookie": "key" },
            ],
        });
        let with = |block: &Value, member: &str, value: Value| {
            let mut block = block.clone();
            block[member] = value;
            block
        };
        let ignoring = |block: &Value| with(block, "if_refused", "ignore".into());
        let everywhere = json!([
            { "header": "authorization", "scheme": "Bearer" },
            { "query": "access_token" },
            { "cookie": "token" },
        ]);
        let mut apis = vec![
            json!({ "name": "either", "certificate": certificate, "jwt": jwt,
                "policy": { "any_of": ["certificate", "jwt"] } }),
            json!({ "name": "both", "certificate": certificate, "jwt": jwt,
                "policy": ["certificate", "jwt"] }),
            json!({ "name": "both-as-user", "certificate": certificate, "jwt": jwt,
                "policy": ["certificate", "jwt"], "identity_from": "jwt" }),
            json!({ "name": "token", "jwt": jwt, "policy": ["jwt"] }),
            json!({ "name": "bound", "jwt": with(&jwt, "bound", "required".into()),
                "policy": ["jwt"] }),
            json!({ "name": "unchecked", "jwt": with(&jwt, "bound", "unchecked".into()),
                "policy": ["jwt"] }),
            json!({ "name": "partner-token", "jwt": with(&jwt, "issuers", json!([PARTNER])),
                "policy": ["jwt"] }),
            json!({ "name": "claims", "policy": ["jwt"], "jwt": {
                "issuers": [IDP], "scopes": ["employee.read"], "identity": "email",
                "claims": {
                    "department": { "one_of": ["hr", "payroll"] },
                    "/realm_access/roles": { "contains": "admin" },
                    "level": { "equals": 3 },
                    "staff": { "equals": true },
                },
            } }),
            json!({ "name": "key", "api_key": key, "policy": ["api_key"], "strip": true }),
            json!({ "name": "secret", "api_key": with(&key, "hmac_secret", SECRET.into()),
                "policy": ["api_key"] }),
            json!({ "name": "key-and-certificate", "api_key": key, "certificate": certificate,
                "policy": ["certificate", "api_key"] }),
            json!({ "name": "shared", "jwt": jwt, "api_key": key,
                "policy": { "any_of": ["jwt", "api_key"] } }),
            json!({ "name": "three", "certificate": certificate, "jwt": jwt, "api_key": key,
                "policy": { "any_of": [["certificate", "jwt"], "api_key"] } }),
            json!({ "name": "lenient", "strip": true,
                "certificate": ignoring(&certificate), "api_key": ignoring(&key),
                "jwt": with(&ignoring(&jwt), "from", everywhere.clone()),
                "policy": { "any_of": ["certificate", "jwt", "api_key", "anonymous"] } }),
            json!({ "name": "stripped", "strip": true, "jwt": with(&jwt, "from", everywhere),
                "policy": ["jwt"] }),
            json!({ "name": "checked", "certificate": certificate, "jwt": jwt,
                "policy": { "any_of": ["certificate", "anonymous"], "check": ["jwt"] } }),
            json!({ "name": "live", "jwt": jwt, "api_key": key, "open_streams": "end",
                "policy": { "any_of": ["jwt", "api_key"] } }),
            json!({ "name": "preflight", "certificate": certificate, "jwt": jwt, "api_key": key,
                "policy": { "any_of": ["certificate", "jwt", "api_key"] },
                "cors_preflight": "pass", "strip": true }),
            json!({ "name": "istio", "api_key": key, "jwt": {
                "issuers": [IDP], "payload": "payload", "scopes": ["employee.read"],
            }, "policy": { "any_of": ["jwt", "api_key"] } }),
            json!({ "name": "registered", "certificate": { "allow": ["registered"] },
                "policy": "mandatory" }),
            json!({ "name": "open", "policy": "open" }),
        ];
        for api in &mut apis {
            api["match"] = json!({ "path_prefix": format!("/{}", api["name"].as_str().unwrap()) });
        }
        policy["lists"].as_object_mut().unwrap().remove("keys");
        policy["apis"] = apis.into();
        policy["forward"] = json!({
            "identity": "x-client-identity", "method": "x-client-auth",
            "fingerprint": "x-client-cert-sha256",
            "labels": { "tier": "x-client-tier", "plan": "x-client-plan" },
            "filter_state": ["identity", "api", "method"],
        });
        policy["replies"] = json!({ "profile": "problem", "detail": "reason" });
        policy
    }
}

/// The claims of an ordinary token.
pub(crate) fn claims() -> Value {
    json!({ "sub": "ada", "aud": "api" })
}

/// What Envoy would write of a token of the company's.
pub(crate) fn claims_of(subject: &str) -> Value {
    json!({ "iss": IDP, "sub": subject, "aud": "api" })
}

/// Who its holder is.
pub(crate) const ADA: &str = "https://idp.example#ada";

pub(crate) const IDP: &str = "https://idp.example";
pub(crate) const PARTNER: &str = "https://partner.example";

/// A key that whoever has it may use.
pub(crate) const KEY: &str = "Kq3v8sYc1RzT0pWmB7xN2A";

/// One that anybody could guess, and what it takes to guess it from what the list holds.
pub(crate) const PIN: &str = "1234";
const SECRET: &str = "7Qd2nR9sWx4tYb6v";

/// Bound to Alice's certificate, to Bob's or Alice's, and to Mallory's, who is denied.
pub(crate) const ALICES_KEY: &str = "alices-key-6hT2mZ9f";
pub(crate) const BOBS_KEY: &str = "bobs-key-0aR5yU7d";
pub(crate) const MALLORYS_KEY: &str = "mallorys-key-4nB8cX1s";
