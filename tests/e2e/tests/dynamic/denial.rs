//! A feed's denials revoke what any list admits, on connections that are open.

use peergate_e2e::{Fed, People, registered};
use peergate_lab::feed::Feed;
use peergate_lab::pki::{Identity, Leaf, twin};
use serde_json::{Value, json};

use super::visitor::Visitor;

#[tokio::test]
async fn every_kind_of_denial_revokes_whoever_is_admitted() {
    let people = People::new();
    let root = people.authority.identity();
    let [ann, ben, cid, dan] =
        ["ann", "ben", "cid", "dan"].map(|name| people.authority.issue(Leaf::client(name)));
    let everybody = [&ann, &ben, &cid, &dan];
    let pins = everybody.map(|one| json!({ "sha256": one.fingerprint() }));
    let mut policy = Fed::policy("30s");
    policy["lists"]["pinned"] = json!({ "entries": pins });
    policy["lists"]["corporate"] = json!({ "entries": [{ "ca": root.certificate_pem() }] });
    for (api, list) in [("pins", "pinned"), ("paths", "corporate")] {
        let api = json!({
            "name": api, "match": { "path_prefix": format!("/{api}") },
            "certificate": { "allow": [list] }, "policy": "mandatory",
        });
        policy["apis"].as_array_mut().unwrap().push(api);
    }
    let feed = Feed::start().unwrap();
    feed.put_all(everybody.map(|one| registered(one, "acme")));
    let fed = Fed::setup(&people.authority, &policy).start(feed);

    let denials: [(&Identity, Value); 4] = [
        (&ann, json!({ "certificate": ann.fingerprint() })),
        (&ben, json!({ "spki_sha256": ben.spki_sha256() })),
        (
            &cid,
            json!({ "issued": { "by_sha256": root.fingerprint(), "serial": cid.serial_hex() } }),
        ),
        (
            &dan,
            json!({ "issued": { "by_name_sha256": dan.issuer_sha256(), "serial": dan.serial_hex() } }),
        ),
    ];
    for (one, denial) in denials {
        let mut visitor = Visitor::new(&fed.gateway, one).await;
        for path in PATHS {
            visitor.until(path, "allowed").await;
        }
        fed.feed.put(json!({ "deny": denial }));
        for path in PATHS {
            visitor.until(path, "certificate_denied").await;
        }
        // The same certificate in other bytes: only its fingerprint is another.
        let mut other = Visitor::new(&fed.gateway, &twin(one)).await;
        let by_fingerprint = denial.get("certificate").is_some();
        let expected = if by_fingerprint { "allowed" } else { "certificate_denied" };
        assert_eq!(other.ask("/paths").await, expected, "{denial}");

        fed.feed.put(json!({ "deny": denial, "until": "2020-01-01T00:00:00Z" }));
        for path in PATHS {
            visitor.until(path, "allowed").await;
        }
        fed.feed.put(json!({ "deny": denial, "until": "2120-01-01T00:00:00Z" }));
        visitor.until("/paths", "certificate_denied").await;
        fed.feed.delete(json!({ "deny": denial }));
        for path in PATHS {
            visitor.until(path, "allowed").await;
        }
    }
    assert!(fed.gateway.is_whole());
}

/// Admitted by a pin, by a path, by registration.
const PATHS: [&str; 3] = ["/pins", "/paths", "/employee"];
