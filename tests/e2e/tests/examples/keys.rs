//! An API key that is bound to a certificate.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use peergate_e2e::{People, sent};
use peergate_lab::client::Request;
use peergate_lab::feed::Feed;
use serde_json::{Value, json};

use crate::example::Example;
use crate::front::Front;

const HOST: &str = "api.example.com";

/// Runs `peergate hash-key`.
fn hash_key(arguments: &[&str], input: &str) -> Value {
    let command = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/debug/peergate");
    let mut child = Command::new(command)
        .args(["hash-key", "--output", "json"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("target/debug/peergate: run `cargo build -p peergate-cli` first");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn an_api_key_that_is_bound_to_a_certificate() {
    let people = People::new();
    let made = hash_key(&["--generate"], "");
    let bound = made["key"].as_str().unwrap();
    let feed = Feed::start().unwrap();
    feed.put(json!({
        "api_key": made["api_key"], "identity": "acme/app-7", "apis": ["orders"],
        "certificates": [people.alice.fingerprint()], "labels": { "plan": "gold" },
    }));
    let free = "a key with no certificate";
    feed.put(json!({ "api_key": hash_key(&[], free)["api_key"], "identity": "acme/app-8", "apis": ["*"] }));
    let front = Front::of(&people, "feed.example.com", feed.port());
    let setup = Example::of("envoy-api-key").server("feed.example.com", 443, front.port);
    let example = setup.start(&people, |_| {});
    let orders = || Request::get(HOST, "/orders");
    let alice = Some(&people.alice);

    for (identity, request, who) in [
        (alice, orders().header("x-api-key", bound), "acme/app-7"),
        (alice, orders().header("authorization", format!("ApiKey {bound}")), "acme/app-7"),
        (alice, Request::get(HOST, &format!("/orders?api_key={bound}&x=1")), "acme/app-7"),
        (None, orders().header("x-api-key", free), "acme/app-8"),
    ] {
        let (answer, reason) = example.ask(identity, &request).await;
        assert_eq!((answer.status, &*reason), (200, "allowed"), "{request:?}");
        let received = answer.json();
        assert_eq!(sent(&received, "x-client-identity"), [who]);
        assert_eq!(sent(&received, "x-client-auth"), ["api_key"]);
        assert!(!received.to_string().contains(bound), "no key reaches the upstream");
    }
    let labels = example.ask(alice, &orders().header("x-api-key", bound)).await.0;
    assert_eq!(sent(&labels.json(), "x-client-plan"), ["gold"]);

    for (identity, request, status, reason) in [
        // Stolen by somebody with another certificate, or none.
        (Some(&people.bob), orders().header("x-api-key", bound), 401, "binding_mismatch"),
        (None, orders().header("x-api-key", bound), 401, "binding_mismatch"),
        (alice, orders().header("x-api-key", "unknown"), 401, "api_key_unknown"),
        (alice, orders(), 401, "api_key_required"),
        (
            alice,
            Request::get(HOST, &format!("/orders?api_key={bound}")).header("x-api-key", bound),
            401,
            "api_key_ambiguous",
        ),
    ] {
        let (answer, found) = example.ask(identity, &request).await;
        assert_eq!((answer.status, &*found), (status, reason), "{request:?}");
        assert!(answer.header("www-authenticate").is_some(), "{reason}");
    }
    assert!(!example.envoy.log().contains(bound), "no key in the logs");
}
