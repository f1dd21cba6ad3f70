//! What is seen of a decision: by the client, in metrics, in logs.

use std::time::Duration;

use peergate_e2e::{Fed, Gateway, People};
use peergate_lab::client::Request;
use peergate_lab::feed::Feed;
use peergate_lab::pki::Authority;
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_refusal_is_a_problem_that_tells_no_more_than_it_must() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    for (identity, detail) in [
        (None, "a client certificate is required"),
        (Some(&people.bob), "the client certificate was refused"),
        (Some(&people.mallory), "the client certificate was refused"),
    ] {
        for (protocol, answer) in
            gateway.both(identity, &Request::get("localhost", "/employee")).await
        {
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json"),
                "{protocol}"
            );
            let expected = json!({
                "type": "about:blank", "title": "Forbidden", "status": 403, "detail": detail,
            });
            assert_eq!(answer.json(), expected);
        }
    }
}

#[tokio::test]
async fn a_policy_may_tell_the_reason() {
    let people = People::new();
    let mut policy = people.policy();
    policy["replies"] = json!({ "profile": "problem", "detail": "reason" });
    let gateway = Gateway::start_with(&people, &policy, |_| {});
    let [(_, h1), _] =
        gateway.both(Some(&people.bob), &Request::get("localhost", "/employee")).await;
    assert_eq!(h1.json()["reason"], "certificate_not_allowed");
}

#[tokio::test]
async fn grpc_clients_get_a_grpc_status() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    for (path, status) in [("/employee", "7"), ("/employee;x", "3")] {
        let request = Request::new("POST", "localhost", path)
            .header("content-type", "application/grpc+proto")
            .header("te", "trailers");
        let h2 = gateway.client(None).h2(gateway.address()).await.unwrap();
        let answer = h2.send(&request).await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("grpc-status"), Some(status), "{path}");
        assert!(answer.header("grpc-message").is_some(), "{path}");
        assert_eq!(answer.text(), "");
    }
}

#[tokio::test]
async fn access_logs_show_the_reason_and_who_passed() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    gateway.status(Some(&people.alice), "/employee").await;
    gateway.status(Some(&people.mallory), "/employee").await;
    for line in [
        r#""details":"peergate_certificate_denied""#,
        r#""verdict":"outcome=denied reason=certificate_denied api=employee""#,
        r#""verdict":"outcome=allowed reason=allowed api=employee method=certificate identity=partner-a""#,
    ] {
        gateway.envoy.wait_for_log(line, SOON).unwrap();
    }
}

#[tokio::test]
async fn counters_have_tags() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    gateway.status(Some(&people.alice), "/employee").await;
    gateway.status(None, "/employee").await;
    gateway.status(None, "/other").await;
    let metrics = gateway.envoy.admin_get("/stats/prometheus").unwrap();
    for (api, outcome, reason) in [
        ("employee", "allowed", "allowed"),
        ("employee", "denied", "certificate_required"),
        ("_unmatched", "denied", "no_matching_api"),
    ] {
        let tags = format!(r#"{{api="{api}",outcome="{outcome}",reason="{reason}"}} 1"#);
        let line = metrics.lines().find(|line| line.contains("peergate") && line.ends_with(&tags));
        assert!(line.is_some(), "{tags} in\n{metrics}");
    }
}

#[tokio::test]
async fn refusals_are_audited_within_limits_and_without_secrets() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    let client = gateway.client(Some(&people.bob));
    let mut h1 = client.h1(gateway.address()).await.unwrap();
    for _ in 0..20 {
        let headers =
            [("authorization", "Bearer s3cret"), ("x-request-id", "r\"1\\"), ("cookie", "s3cret")];
        let answer = h1.get("localhost", "/employee?token=s3cret", &headers).await.unwrap();
        assert_eq!(answer.status, 403);
    }
    gateway.envoy.wait_for_log("\"event\":\"peergate\"", SOON).unwrap();
    let log = gateway.envoy.log();
    let lines: Vec<&str> =
        log.lines().filter(|line| line.contains("\"event\":\"peergate\"")).collect();
    assert_eq!(lines.len(), 5, "{log}");
    for line in lines {
        let json = &line[line.find('{').unwrap()..];
        let audit: Value = serde_json::from_str(json).unwrap();
        assert_eq!(audit["reason"], "certificate_not_allowed");
        assert_eq!(audit["outcome"], "denied");
        assert_eq!(audit["api"], "employee");
        assert_eq!(audit["fingerprint"], people.bob.fingerprint().as_str());
        assert_eq!(audit["path"], "/employee");
        assert!(!line.contains("s3cret"), "{line}");
    }
}

#[tokio::test]
async fn shadow_counts_and_passes_as_nobody() {
    let people = People::new();
    let mut policy = people.policy();
    policy["global"]["enforcement"] = "shadow".into();
    let gateway = Gateway::start_with(&people, &policy, |_| {});
    let request = Request::get("localhost", "/employee").header("x-client-identity", "forged");
    for (_, answer) in gateway.both(Some(&people.bob), &request).await {
        assert_eq!(answer.status, 200);
        assert_eq!(peergate_e2e::sent(&answer.json(), "x-client-identity"), [""; 0]);
    }
    assert_eq!(gateway.status(Some(&people.mallory), "/employee").await, 403, "deny lists hold");
    assert_eq!(gateway.status(None, "/elsewhere").await, 200);
    let stats = gateway.envoy.stats("wasmcustom.peergate").unwrap();
    let name = "wasmcustom.peergate.api.employee.outcome.shadowed.reason.certificate_not_allowed";
    assert_eq!(stats.get(name), Some(&2), "{stats:?}");
}

/// `docs/operating.md` names metrics to be alarmed by. Each is there under that name, before it is needed.
#[tokio::test]
async fn every_metric_that_operators_are_told_of_is_there() {
    let people = People::new();
    let revoking = Authority::new("corporate authority");
    let mut policy = Fed::policy("30s");
    policy["lists"]["corporate"] = json!({ "entries": [{
        "ca": revoking.identity().certificate_pem(), "crl": revoking.crl(&[]),
    }] });
    policy["apis"][0]["certificate"]["allow"] = json!(["registered", "corporate"]);
    let fed = Fed::setup(&people.authority, &policy).start(Feed::start().unwrap());
    fed.wait_for_status(&people.bob, "/employee", 403).await;

    let told = include_str!("../../../docs/operating.md");
    let told = told.split_once("## Alerts").unwrap().1;
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let names = told.split(|letter| !is_letter(letter));
    let names = names.filter(|name| name.starts_with("peergate_") || name.starts_with("envoy_"));
    // A label, its value, a prefix, and what is there where listeners are discovered.
    let others = [
        "envoy_rbac_http_prefix",
        "peergate_guard_rbac",
        "envoy_",
        "envoy_listener_manager_lds_update_rejected",
    ];
    let names: Vec<&str> = names.filter(|name| !others.contains(name)).collect();
    assert!(names.len() > 12, "{names:?}");
    fed.gateway
        .wait(|| {
            let metrics = fed.gateway.envoy.admin_get("/stats/prometheus").unwrap();
            let is_there = |name: &&&str| metrics.contains(&format!("\n{name}{{"));
            let missing: Vec<_> = names.iter().filter(|name| !is_there(name)).collect();
            missing.is_empty()
        })
        .await;
    let metrics = fed.gateway.envoy.admin_get("/stats/prometheus").unwrap();
    for tags in [
        r#"envoy_rbac_http_prefix="peergate_guard_rbac""#,
        r#"poll="#,
        r#"outcome="denied",reason="certificate_not_allowed""#,
    ] {
        assert!(metrics.contains(tags), "{tags}");
    }
}
