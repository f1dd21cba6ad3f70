use serde_json::{Value, json};

use crate::feed::{check, hex, page};
use crate::peergate::{file, peergate};
use crate::server::Server;

#[test]
fn what_does_not_fit_the_policy_is_warned_of() {
    let issuer = include_str!("../../../tests/mock/tests/certificates/authority/authority.pem");
    let known = peergate(&["fingerprint", "--output", "json", &file("feed-issuer.pem", issuer)]);
    let known: Value = serde_json::from_str(&known.out).unwrap();
    let known = known[0]["sha256"].as_str().unwrap();
    let policy = json!({
        "version": 1,
        "lists": {
            "corporate": { "entries": [{ "ca": issuer }] },
            "registered": { "feed": { "cluster": "feed", "path": "/v1/changes", "page": 5, "max_bytes": 4096 } },
        },
        "apis": [{
            "name": "orders", "policy": "mandatory",
            "certificate": { "allow": ["corporate", "registered"], "deny": ["registered"] },
        }],
    });
    let policy = file("feed-policy.json", policy.to_string());
    let issued = |by: &str| json!({ "deny": { "issued": { "by_sha256": by, "serial": "01" } } });
    let changes = [
        json!({ "put": { "certificate": hex("aa"), "apis": ["orders", "biling"], "expires": "2020-01-01T00:00:00Z" } }),
        json!({ "put": { "deny": { "certificate": hex("ab") }, "until": "2020-01-01T00:00:00Z" } }),
        json!({ "put": issued(known) }),
        json!({ "put": issued(&hex("ac")) }),
        json!({ "put": { "api_key": hex("ad"), "apis": ["*"] } }),
    ];
    let answer = page(1, &changes).to_string();
    let server = Server::start(move |path| match path {
        "/v1/changes?limit=5" => (200, answer.clone()),
        _ => (404, String::new()),
    });
    let url = format!("{}/v1/changes", server.url);
    let ran = check(&url, &["--list", "registered", "--config", &policy]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(ran.out.contains(" bytes of at most 4096"), "{}", ran.out);
    let found: Vec<&str> = ran
        .err
        .lines()
        .map(|line| line.strip_prefix(&format!("{url}: warning: ")).unwrap())
        .collect();
    let expected = [
        "changes[0].put: expires: is over since 2020-01-01T00:00:00Z",
        "changes[1].put: until: is over since 2020-01-01T00:00:00Z",
        "changes[0].put: apis: the policy has no API \"biling\"",
        "changes[1].put: denies by a fingerprint, which a holder can change",
        "changes[3].put: no authority or intermediate of the policy is this issuer",
        "1 API key: no api_key of the policy names the list registered",
        "1 API key came over plain http: ",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
    let ran = check(&url, &["--list", "corporate", "--config", &policy]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
}

#[test]
fn api_keys_are_warned_of_where_others_could_learn_of_them() {
    let policy = json!({
        "version": 1,
        "lists": { "keys": { "feed": { "cluster": "feed", "path": "/v1/keys" } } },
        "apis": [{
            "name": "orders", "policy": ["api_key"],
            "api_key": { "lists": ["keys"], "from": [{ "header": "x-api-key" }] },
        }],
    });
    let policy = file("feed-keys-policy.json", policy.to_string());
    let key = |byte: &str| json!({ "put": { "api_key": hex(byte), "apis": ["orders"] } });
    let answer = page(1, &[key("aa"), key("ab")]).to_string();
    let against = ["--list", "keys", "--config", &policy];
    // Where a file comes from cannot be seen.
    let ran = check(&file("feed-keys.json", &answer), &against);
    assert_eq!((ran.status, &*ran.err), (Some(0), ""));
    let server = Server::start(move |_| (200, answer.clone()));
    let ran = check(&format!("{}/v1/keys", server.url), &against);
    assert_eq!((ran.status, ran.err.lines().count()), (Some(2), 1), "{}", ran.err);
    for part in ["warning: 2 API keys came over plain http", "TLS", "hmac_secret"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn the_same_warning_is_not_told_a_million_times() {
    let old = |number: u32| {
        let certificate = format!("{number:064x}");
        json!({ "put": { "certificate": certificate, "apis": ["*"], "expires": "2020-01-01T00:00:00Z" } })
    };
    let path =
        file("feed-old-entries.json", page(1, &(0..50).map(old).collect::<Vec<_>>()).to_string());
    let ran = check(&path, &[]);
    assert_eq!(ran.err.lines().count(), 21, "{}", ran.err);
    assert!(ran.err.ends_with("warning: and 30 more like the last\n"), "{}", ran.err);
}
