//! What is counted: the variants of the speed measurements.

use serde_json::{Value, json};

use crate::certificate::Certificate;
use crate::request::Request;
use crate::scene::Scene;

/// All of them, in parts that take about as long as each other.
pub fn all() -> [Vec<Scene>; 2] {
    [pins(), others()]
}

/// Policies of many pinned certificates, of which one is the client's.
fn pins() -> Vec<Scene> {
    let (partner, stranger) = (Certificate::partner(), Certificate::stranger());
    let one = Scene::new("1 pin", policy(pinned(&partner, 1)))
        .asked(Request::few("8 headers").of(&partner))
        .asked(Request::many("33 headers").of(&partner))
        .asked(Request::few("refused: unlisted").of(&stranger).because("certificate_not_allowed"))
        .asked(
            Request::many("refused: unlisted, 33 headers")
                .of(&stranger)
                .because("certificate_not_allowed"),
        )
        .asked(Request::few("refused: no certificate").because("certificate_required"))
        .asked(
            Request::few("refused: bad target")
                .of(&partner)
                .path("/v1/../admin")
                .because("bad_target"),
        );
    let several = [("10,000 pins", 10_000), ("100,000 pins", 100_000)].map(|(name, count)| {
        Scene::new(name, policy(pinned(&partner, count)))
            .asked(Request::few("8 headers").of(&partner))
            .asked(Request::many("33 headers").of(&partner))
    });
    [one].into_iter().chain(several).collect()
}

/// Policies with other credentials, or none.
fn others() -> Vec<Scene> {
    let (partner, client) = (Certificate::partner(), Certificate::client());
    let authority = json!({ "entries": [{
        "ca": Certificate::root().pem, "intermediates": Certificate::intermediate().pem, "identity": "acme",
    }] });
    let mut limited = policy(pinned(&partner, 1));
    limited["apis"][0]["rate"] = json!({ "requests": 1000, "per": "1s" });
    let mut exhausted = policy(pinned(&partner, 1));
    exhausted["apis"][0]["rate"] = json!({ "requests": 1, "per": "60s" });
    let mut optional = policy(pinned(&partner, 1));
    optional["apis"][0]["policy"] = json!("optional");
    let mut open = policy(pinned(&partner, 1));
    open["apis"][0]["policy"] = json!("open");
    open["apis"][0].as_object_mut().expect("an API").remove("certificate");
    open.as_object_mut().expect("a policy").remove("lists");
    let mut all = vec![
        Scene::new("authority", policy(authority)).asked(Request::few("8 headers").of(&client)),
        Scene::new("rate", limited).asked(Request::few("8 headers").of(&partner)),
        Scene::new("rate of 1", exhausted)
            .after(Request::few("the one that may").of(&partner))
            .asked(Request::few("refused: exhausted").of(&partner).because("rate_limited")),
        Scene::new("optional", optional).asked(Request::few("anonymous").because("anonymous")),
        Scene::new("open", open).asked(Request::few("8 headers").because("anonymous")),
    ];
    let before = [("1 API before", 1), ("10 APIs before", 10), ("50 APIs before", 50)];
    all.extend(before.map(|(name, count)| {
        Scene::new(name, behind(policy(pinned(&partner, 1)), count))
            .asked(Request::few("8 headers").of(&partner))
    }));
    all.extend(keys(&partner));
    all.extend(tokens(&partner));
    all.extend([("dynamic list of 10", 10), ("dynamic list of 100,000", 100_000)].map(
        |(name, count)| {
            Scene::new(name, policy(fed()))
                .told(entries(&partner, count))
                .asked(Request::few("8 headers").of(&partner))
        },
    ));
    all
}

fn keys(partner: &Certificate) -> [Scene; 1] {
    let mut keys = policy(fed());
    let api = &mut keys["apis"][0];
    api["policy"] = json!(["api_key"]);
    api["api_key"] = json!({ "lists": ["partners"], "from": [{ "header": "x-api-key" }] });
    api.as_object_mut().expect("an API").remove("certificate");
    let entry = |key: &str, more: Value| {
        let digest = peergate::Fingerprint::of(key.as_bytes()).to_string();
        let mut entry =
            json!({ "api_key": digest, "identity": format!("acme/{key}"), "apis": ["*"] });
        entry
            .as_object_mut()
            .expect("an entry")
            .extend(more.as_object().expect("an object").clone());
        json!({ "put": entry })
    };
    let bound = json!({ "certificates": [partner.fingerprint.to_string()] });
    let scene = Scene::new("API key", keys)
        .told([entry(KEY, json!({})), entry(BOUND_KEY, bound)])
        .asked(Request::few("8 headers").header("x-api-key", KEY))
        .asked(Request::few("bound to a certificate").header("x-api-key", BOUND_KEY).of(partner));
    [scene]
}

fn tokens(partner: &Certificate) -> [Scene; 2] {
    let claims = json!({
        "iss": "https://issuer.example", "sub": "ada", "aud": "api", "scope": "orders.read",
        "iat": 1_782_907_000, "exp": 1_782_910_600,
    });
    let mut bound = claims.clone();
    bound["cnf"] = json!({ "x5t#S256": partner.fingerprint.thumbprint() });
    let rule = json!({ "issuers": ["https://issuer.example"], "audiences": ["api"], "scopes": ["orders.read"] });
    let mut alone = policy(pinned(partner, 1));
    let api = alone["apis"][0].as_object_mut().expect("an API");
    api.remove("certificate");
    api.insert("jwt".into(), rule.clone());
    api.insert("policy".into(), json!(["jwt"]));
    alone.as_object_mut().expect("a policy").remove("lists");
    let mut both = policy(pinned(partner, 1));
    both["apis"][0]["jwt"] = rule;
    both["apis"][0]["jwt"]["bound"] = json!("required");
    both["apis"][0]["policy"] = json!(["certificate", "jwt"]);
    [
        Scene::new("JWT", alone).asked(Request::few("8 headers").token(&claims)),
        Scene::new("certificate and JWT", both)
            .asked(Request::few("bound").of(partner).token(&bound)),
    ]
}

/// A policy that admits whom one list has.
fn policy(list: Value) -> Value {
    json!({
        "version": 1,
        "lists": { "partners": list },
        "apis": [{
            "name": "orders", "match": { "path_prefix": "/" },
            "certificate": { "allow": ["partners"] }, "policy": "mandatory",
        }],
        "forward": { "identity": "x-client-identity", "fingerprint": "x-client-cert-sha256" },
    })
}

/// The same policy, behind so many APIs that are about other requests.
fn behind(mut policy: Value, count: usize) -> Value {
    let apis = policy["apis"].as_array_mut().expect("APIs");
    for number in (0..count).rev() {
        let path = format!("/v1/others/{number}");
        let api = json!({ "name": format!("other-{number}"), "match": { "path_prefix": path }, "policy": "open" });
        apis.insert(0, api);
    }
    policy
}

/// A list of so many fingerprints, the client's own in the middle.
fn pinned(own: &Certificate, count: usize) -> Value {
    let pin = |number| {
        if number == count / 2 { own.fingerprint.to_string() } else { fingerprint(number) }
    };
    let entry =
        |number| json!({ "sha256": pin(number), "identity": format!("acme/partner-{number}") });
    json!({ "entries": (0..count).map(entry).collect::<Vec<_>>() })
}

fn fed() -> Value {
    json!({ "feed": { "cluster": "feed", "path": "/v1/changes" } })
}

/// So many entries of a feed, the client's own among them.
fn entries(own: &Certificate, count: usize) -> Vec<Value> {
    let pin = |number| {
        if number == 0 { own.fingerprint.to_string() } else { fingerprint(number) }
    };
    let entry = |number| {
        let identity = format!("acme/partner-{number}");
        json!({ "put": { "certificate": pin(number), "identity": identity, "apis": ["orders"] } })
    };
    (0..count).map(entry).collect()
}

/// Sixty-four digits that are spread as digests are.
fn fingerprint(number: usize) -> String {
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

const KEY: &str = "k-3nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6";
const BOUND_KEY: &str = "k-9kq3Zt8nq0Jm7qv1oXb5mWc2yJm0mY0h";
