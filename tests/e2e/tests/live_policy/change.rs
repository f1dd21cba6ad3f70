//! A policy that changes while clients are connected.

use std::fs;
use std::path::Path;
use std::time::Duration;

use peergate_e2e::{Gateway, POLICY_FILE, People, replace_policy};
use serde_json::Value;

#[tokio::test]
async fn a_change_reaches_the_next_request_of_an_open_connection() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    let client = gateway.client(Some(&people.alice));
    let mut h1 = client.h1(gateway.address()).await.unwrap();
    let h2 = client.h2(gateway.address()).await.unwrap();
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
    assert_eq!(h2.get("localhost", "/employee", &[]).await.unwrap().status, 200);

    let before = resource(gateway.directory());
    let other = people.bob.fingerprint();
    replace_policy(gateway.directory(), &before.replace(&people.alice.fingerprint(), &other));
    gateway.wait(|| gateway.discovery("config_reload") >= 2).await;
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 403);
    assert_eq!(h2.get("localhost", "/employee", &[]).await.unwrap().status, 403);
    assert_eq!(gateway.status(Some(&people.bob), "/employee").await, 200);
}

#[tokio::test]
async fn a_broken_policy_is_refused_and_the_old_one_stays() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    let before = resource(gateway.directory());
    replace_policy(gateway.directory(), &before.replace("\"partners\": {", "\"partnerz\": {"));
    let problem = r#"apis[0].certificate.allow[0]: unknown list "partners""#;
    gateway.envoy.wait_for_log(problem, Duration::from_secs(10)).unwrap();
    assert_eq!(gateway.status(Some(&people.alice), "/employee").await, 200);
    assert_eq!(gateway.status(Some(&people.bob), "/employee").await, 403);
    assert_eq!(gateway.discovery("config_fail"), 1);
}

#[tokio::test]
async fn a_policy_may_come_as_a_struct() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    let mut resource: Value = serde_saphyr::from_str(&resource(gateway.directory())).unwrap();
    let mut policy = people.policy();
    policy["apis"][0]["name"] = "as-struct".into();
    resource["resources"][0]["typed_config"]["config"]["configuration"] = serde_json::json!({
        "@type": "type.googleapis.com/google.protobuf.Struct",
        "value": policy,
    });
    replace_policy(gateway.directory(), &resource.to_string());
    gateway.wait(|| gateway.discovery("config_reload") >= 2).await;
    assert_eq!(gateway.status(Some(&people.alice), "/employee").await, 200);
    assert_eq!(gateway.status(Some(&people.bob), "/employee").await, 403);
    let counter = "wasmcustom.peergate.api.as-struct.outcome.allowed.reason.allowed";
    assert_eq!(gateway.envoy.stat(counter).unwrap(), Some(1));
}

fn resource(directory: &Path) -> String {
    fs::read_to_string(directory.join(POLICY_FILE)).unwrap()
}
