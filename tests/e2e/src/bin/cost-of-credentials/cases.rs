//! Who asks, and what he shows.

use std::net::SocketAddr;

use peergate_e2e::{CLUSTER, Fed, Provider, keyed, registered};
use peergate_lab::client::Request;
use peergate_lab::feed::{CHANGES, Feed};
use peergate_lab::pki::{Authority, Identity, Leaf};
use peergate_lab::token::{Algorithm, TokenIssuer};
use serde_json::{Value, json};

/// One kind of request.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) door: Door,
    pub(crate) request: Request,
    pub(crate) status: u16,
}

/// A listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// As rendered.
    Plain,
    /// Behind `jwt_authn`.
    Verifying,
    /// Behind one that keeps the tokens it has verified.
    Caching,
}

/// The client, the issuers, and a gateway that knows them.
pub(crate) struct Scene {
    pub(crate) alice: Identity,
    es256: TokenIssuer,
    rs256: TokenIssuer,
    pub(crate) fed: Fed,
    verifying: SocketAddr,
    caching: SocketAddr,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let authority = Authority::new("authority");
        let alice = authority.issue(Leaf::client("alice"));
        let es256 = TokenIssuer::new(ES256);
        let rs256 = TokenIssuer::with(RS256, Algorithm::Rs256);
        let feed = Feed::start().expect("a feed");
        let with = |key: &str, member: &str, value: Value| {
            let mut entry = keyed(key, "acme/app");
            entry[member] = value;
            entry
        };
        let hour = |requests: u32| json!({ "requests": requests, "per": "1h" });
        feed.put_all([
            registered(&alice, "acme/alice"),
            keyed("key", "acme/app"),
            with("bound-key", "certificates", json!([alice.fingerprint()])),
            with("generous-key", "rate", hour(u32::MAX)),
            with("tight-key", "rate", hour(1)),
        ]);
        let (mut verifying, mut caching) = (None, None);
        let policy = policy(&alice);
        let fed = Fed::setup(&authority, &policy).start_with(feed, |bootstrap| {
            let providers = || [Provider::new("es256", &es256), Provider::new("rs256", &rs256)];
            verifying = Some(bootstrap.vary("verifying", |bootstrap| {
                bootstrap.verify_tokens(providers());
            }));
            caching = Some(bootstrap.vary("caching", |bootstrap| {
                let cache = json!({ "jwt_cache_size": 100 });
                let providers = providers().map(|it| it.field("jwt_cache_config", cache.clone()));
                let jwt_authn = bootstrap.verify_tokens(providers);
                // Envoy looks into a provider's cache only where that provider is named.
                jwt_authn["rules"][0]["requires"] = json!({ "requires_any": { "requirements": [
                    { "provider_name": "es256" },
                    { "provider_name": "rs256" },
                    { "allow_missing_or_failed": {} },
                ] } });
            }));
        });
        fed.settle("registered").await;
        let [verifying, caching] = [verifying, caching].map(|it| it.expect("a listener"));
        Self { alice, es256, rs256, fed, verifying, caching }
    }

    pub(crate) fn address(&self, door: Door) -> SocketAddr {
        match door {
            Door::Plain => self.fed.gateway.address(),
            Door::Verifying => self.verifying,
            Door::Caching => self.caching,
        }
    }

    /// All cases, that which the others are compared with first.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let get = |path: &str| Request::get("localhost", path);
        let key = |path: &str, key: &str| get(path).header("x-api-key", key);
        let claims = || json!({ "sub": "ada", "aud": "api", "scope": "employee.read" });
        let token = |issuer: &TokenIssuer| issuer.token(claims());
        let bound = |issuer: &TokenIssuer| issuer.bound_token(&self.alice, claims());
        let (es256, rs256) = (&self.es256, &self.rs256);
        let mut cases = Vec::new();
        // Over connections with the same certificate, whether it is looked at or not.
        let mut case = |name, door, request, status| {
            cases.push(Case { name, door, request, status });
        };
        case("certificate", Door::Plain, get("/pinned"), 200);
        case("open", Door::Plain, get("/open"), 200);
        case("certificate, dynamic list", Door::Plain, get("/registered"), 200);
        case("API key", Door::Plain, key("/key", "key"), 200);
        case("API key, bound", Door::Plain, key("/key", "bound-key"), 200);
        case("API key, with a rate", Door::Plain, key("/key", "generous-key"), 200);
        case("API key in the query, stripped", Door::Plain, get("/stripped?api_key=key"), 200);
        case("certificate and API key", Door::Plain, key("/also", "key"), 200);
        case("refused: unknown key", Door::Plain, key("/key", "unheard-of"), 401);
        case("refused: rate", Door::Plain, key("/key", "tight-key"), 429);
        let both = |token: &str| get("/both").bearer(token);
        let unseen = |token: &str| get("/pinned").bearer(token);
        let (verifying, caching) = (Door::Verifying, Door::Caching);
        case("behind jwt_authn: no token", verifying, get("/pinned"), 200);
        case("  ES256, not looked at", verifying, unseen(&token(es256)), 200);
        case("  ES256, and a certificate", verifying, both(&token(es256)), 200);
        case("  ES256, bound to it", verifying, both(&bound(es256)), 200);
        case("  RS256, not looked at", verifying, unseen(&token(rs256)), 200);
        case("  RS256, bound to it", verifying, both(&bound(rs256)), 200);
        case("  cached by Envoy, not looked at", caching, unseen(&token(es256)), 200);
        case("  cached by Envoy, bound to it", caching, both(&bound(es256)), 200);
        cases
    }
}

/// Every API looks at no more than its name says.
fn policy(alice: &Identity) -> Value {
    let key = json!({ "lists": ["registered"], "from": [{ "header": "x-api-key" }] });
    let in_query = json!({ "lists": ["registered"], "from": [{ "query": "api_key" }] });
    let pinned = json!({ "allow": ["pinned"] });
    let jwt = json!({
        "issuers": [ES256, RS256], "audiences": ["api"], "scopes": ["employee.read"],
    });
    let mut apis = [
        json!({ "name": "open", "policy": "open" }),
        json!({ "name": "pinned", "certificate": pinned, "policy": "mandatory" }),
        json!({ "name": "registered", "certificate": { "allow": ["registered"] },
            "policy": "mandatory" }),
        json!({ "name": "key", "api_key": key, "policy": ["api_key"] }),
        json!({ "name": "stripped", "api_key": in_query, "policy": ["api_key"], "strip": true }),
        json!({ "name": "also", "certificate": pinned, "api_key": key,
            "policy": ["certificate", "api_key"] }),
        json!({ "name": "both", "certificate": pinned, "jwt": jwt,
            "policy": ["certificate", "jwt"] }),
    ];
    for api in &mut apis {
        api["match"] = json!({ "path": format!("/{}", api["name"].as_str().expect("a name")) });
    }
    json!({
        "version": 1,
        "lists": {
            "pinned": { "entries": [{ "sha256": alice.fingerprint(), "identity": "acme/alice" }] },
            "registered": { "feed": { "cluster": CLUSTER, "path": CHANGES, "wait": "30s" } },
        },
        "apis": apis,
        "forward": { "identity": "x-client-identity" },
    })
}

const ES256: &str = "https://es256.example";
const RS256: &str = "https://rs256.example";
