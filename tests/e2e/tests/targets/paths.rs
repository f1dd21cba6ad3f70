//! Paths, under whatever Envoy does to them first.

use std::net::SocketAddr;

use peergate_e2e::{Gateway, People};
use peergate_lab::envoy::free_port;
use peergate_lab::pki::Identity;
use peergate_lab::upstream::Upstream;
use serde_json::{Value, json};

use super::{add_cluster, do_not_normalise, raw_at};

/// Paths by which somebody without a certificate could hope to reach what is protected.
const PATHS: [&str; 45] = [
    "/public/../protected",
    "/public/..",
    "/public/./../protected",
    "/public/%2e%2e/protected",
    "/public/.%2E/protected",
    "/public//../protected",
    "/public/..;/protected",
    "/public/%2e%2e;/protected",
    "/public/..;x=1/protected",
    "/public;/protected",
    "/public;x/../protected",
    "/public%2f..%2fprotected",
    "/public/%2f../protected",
    "/public\\..\\protected",
    "/public/..\\protected",
    "/public%5c..%5cprotected",
    "//protected",
    "/./protected",
    "/protected;x",
    "/%70rotected",
    "/public%00/protected",
    "/public/%00",
    "/Public/x",
    "/publicx",
    "/public%3f/../protected",
    "/public%23/../protected",
    "/public#/../protected",
    "/public%252e%252e/protected",
    "/public/%252e%252e/protected",
    "/public/..%2fprotected",
    "/public/..%252fprotected",
    "/public/.../protected",
    "/public/%zz",
    "/publi%63/../protected",
    "/public/\t../protected",
    "http://localhost/protected",
    "/public/..;/..;/protected",
    "/public;/..;x/protected",
    "/public/%2e%2e%2fprotected",
    "/public/%2e%2e%5cprotected",
    "/public%2f%2e%2e/protected",
    "/public//%2e%2e//protected",
    "/public/%c0%ae%c0%ae/protected",
    "/public/%252e%252e%252fprotected",
    "/public/x/../../protected",
];

/// A change to a connection manager.
type Change = fn(&mut Value);

/// What Envoy may be told to do with paths before it chooses a route.
const NORMALISATIONS: [(&str, Change); 7] = [
    ("as rendered", |_| {}),
    ("nothing", do_not_normalise),
    ("dot segments alone", |manager| {
        do_not_normalise(manager);
        manager["normalize_path"] = true.into();
    }),
    ("slashes alone", |manager| {
        do_not_normalise(manager);
        manager["merge_slashes"] = true.into();
    }),
    ("slashes that are escaped are unescaped", |manager| {
        manager["path_with_escaped_slashes_action"] = "UNESCAPE_AND_FORWARD".into();
    }),
    ("clients are sent to the unescaped path", |manager| {
        manager["path_with_escaped_slashes_action"] = "UNESCAPE_AND_REDIRECT".into();
    }),
    ("nothing, and routes go by letters and not by segments", |manager| {
        do_not_normalise(manager);
        let routes = &mut manager["route_config"]["virtual_hosts"][0]["routes"];
        routes[0]["match"] = json!({ "prefix": "/public" });
    }),
];

#[tokio::test]
async fn no_spelling_of_a_path_reaches_what_is_protected() {
    let protected = Upstream::start("protected").unwrap();
    let people = People::new();
    let policy = json!({
        "version": 1,
        "lists": { "partners": { "entries": [{ "sha256": people.alice.fingerprint() }] } },
        "apis": [
            { "name": "public", "match": { "path_prefix": "/public" }, "policy": "open" },
            { "name": "rest", "match": { "path_prefix": "/" },
              "certificate": { "allow": ["partners"] }, "policy": "mandatory" },
        ],
    });
    let addresses = NORMALISATIONS.map(|_| SocketAddr::from(([127, 0, 0, 1], free_port())));
    let gateway = Gateway::start_with(&people, &policy, |bootstrap| {
        let public = json!({ "path_separated_prefix": "/public" });
        add_cluster(bootstrap, &protected);
        bootstrap.virtual_host()["routes"] = json!([
            { "match": public, "route": { "cluster": "upstream" } },
            { "match": { "prefix": "/" }, "route": { "cluster": "protected" } },
        ]);
        for (address, (name, change)) in addresses.iter().zip(NORMALISATIONS) {
            let listener = bootstrap.listen_also(name, *address);
            change(&mut listener["filter_chains"][0]["filters"][0]["typed_config"]);
        }
    });
    for (address, (normalises, _)) in addresses.into_iter().zip(NORMALISATIONS) {
        for path in PATHS {
            let answer = raw_at(&gateway, address, path, "localhost").await;
            if let Some(status) = answer {
                assert!([200, 307, 400, 403].contains(&status), "{path}: {status}");
            }
            assert_eq!(protected.received().len(), 0, "{path} (normalised: {normalises})");
        }
        let ask = async |identity: Option<&Identity>, path: &str| {
            let mut h1 = gateway.client(identity).h1(address).await.unwrap();
            h1.get("localhost", path, &[]).await.unwrap().status
        };
        assert_eq!(ask(None, "/public/x").await, 200);
        assert_eq!(ask(Some(&people.alice), "/protected").await, 200);
        assert_eq!(protected.received().len(), 1);
        protected.forget();
        // What reached the open API is below it, for every reader.
        for received in gateway.upstream.received() {
            assert!(received.path.starts_with("/public/"), "{normalises}: {}", received.path);
            assert!(!received.path.contains("/../"), "{normalises}: {}", received.path);
        }
        gateway.upstream.forget();
    }
    assert!(gateway.is_whole());
}
