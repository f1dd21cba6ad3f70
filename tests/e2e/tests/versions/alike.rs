//! What every Envoy does alike: decisions, what upstreams and operators see, changes of policy and module,
//! and the end of a VM.

use std::fs;
use std::time::Duration;

use peergate_e2e::{Gateway, People, another_build, replace_policy, sent, with_policy};
use peergate_lab::client::{H1, Request};
use peergate_lab::pki::{Authority, Identity, Leaf, twin};
use serde_json::{Value, json};

use super::trap::trap_on_many_headers;

#[tokio::test]
async fn envoy_1_36_does_what_others_do() {
    does_what_others_do("1.36.4").await;
}

#[tokio::test]
async fn envoy_1_38_does_what_others_do() {
    does_what_others_do("1.38.2").await;
}

async fn does_what_others_do(version: &str) {
    let people = People::new();
    let corporate = Authority::new("corporate root");
    let carol = corporate.subordinate("issuing").issue(Leaf::client("carol"));
    let policy = policy(&people, &corporate);
    let gateway = Gateway::start_version(version, &people, &policy, |bootstrap| {
        bootstrap.pass_trailers();
        if version.starts_with("1.36") {
            bootstrap.carry_the_certificate();
        }
    });
    decides(&people, &carol, &gateway).await;
    forwards(&people, &gateway).await;
    clears_trailers(&people, &gateway).await;
    answers_grpc(&gateway).await;
    leaves_traces(&gateway);
    takes_another_policy(&people, &policy, &gateway).await;
    survives_a_trap(&people.alice, &gateway).await;
}

/// The people's policy, one more API that an authority admits to, and replies that tell the reason.
fn policy(people: &People, corporate: &Authority) -> Value {
    let mut policy = people.policy();
    policy["lists"]["corporate"] =
        json!({ "entries": [{ "ca": corporate.identity().certificate_pem() }] });
    let api = json!({ "name": "staff", "match": { "path_prefix": "/staff" },
        "certificate": { "allow": ["corporate"] }, "policy": "mandatory" });
    policy["apis"].as_array_mut().unwrap().push(api);
    policy["global"]["sni"] = "when_present".into();
    policy["replies"] = json!({ "profile": "problem", "detail": "reason" });
    policy
}

async fn decides(people: &People, carol: &Identity, gateway: &Gateway) {
    let refused = |reason| (403, reason);
    for (identity, path, (status, reason)) in [
        (Some(&people.alice), "/employee", (200, "")),
        (Some(&people.karl), "/keyed", (200, "")),
        // The certificate between comes by `x-forwarded-client-cert`.
        (Some(carol), "/staff", (200, "")),
        (Some(&people.alice), "/staff", refused("certificate_not_allowed")),
        (Some(&people.bob), "/employee", refused("certificate_not_allowed")),
        (Some(&people.stranger), "/employee", refused("certificate_not_allowed")),
        (Some(&people.mallory), "/employee", refused("certificate_denied")),
        (Some(&twin(&people.mallory)), "/employee", refused("certificate_denied")),
        (None, "/employee", refused("certificate_required")),
        (None, "/partner", (200, "")),
        (None, "/elsewhere", refused("no_matching_api")),
        (None, "/employee;x", (400, "bad_target")),
    ] {
        for (protocol, answer) in gateway.both(identity, &Request::get("localhost", path)).await {
            assert_eq!(answer.status, status, "{path} over {protocol}: {}", answer.text());
            assert!(status == 200 || answer.json()["reason"] == reason, "{}", answer.text());
        }
    }
    for (_, answer) in gateway.both(None, &Request::get("other.example", "/public")).await {
        assert_eq!(answer.json()["reason"], "misdirected");
    }
}

async fn forwards(people: &People, gateway: &Gateway) {
    let forged = Request::get("localhost", "/employee").header("x-client-identity", "forged");
    for (protocol, answer) in gateway.both(Some(&people.alice), &forged).await {
        let received = answer.json();
        for (name, value) in [
            ("x-client-identity", "partner-a"),
            ("x-client-auth", "certificate"),
            ("x-client-cert-sha256", &*people.alice.fingerprint()),
            ("x-client-tier", "gold"),
        ] {
            assert_eq!(sent(&received, name), [value], "{name} over {protocol}");
        }
        let [certificate] = &sent(&received, "client-cert")[..] else {
            panic!("one certificate over {protocol}: {received}");
        };
        assert!(certificate.starts_with(":MII") && certificate.ends_with(':'), "{certificate}");
        assert_eq!(sent(&received, "x-forwarded-client-cert"), [""; 0]);
    }
}

async fn clears_trailers(people: &People, gateway: &Gateway) {
    let request = Request::new("POST", "localhost", "/employee")
        .body("body")
        .trailer("x-client-identity", "forged")
        .trailer("x-harmless", "kept");
    for (protocol, answer) in gateway.both(Some(&people.alice), &request).await {
        assert_eq!(answer.json()["trailers"], json!([["x-harmless", "kept"]]), "{protocol}");
    }
}

async fn answers_grpc(gateway: &Gateway) {
    let request = Request::new("POST", "localhost", "/employee")
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    let h2 = gateway.client(None).h2(gateway.address()).await.unwrap();
    let answer = h2.send(&request).await.unwrap();
    assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("7")));
}

fn leaves_traces(gateway: &Gateway) {
    for line in [
        r#""details":"peergate_certificate_denied""#,
        r#""verdict":"outcome=allowed reason=allowed api=employee method=certificate identity=partner-a""#,
        r#""event":"peergate""#,
    ] {
        gateway.envoy.wait_for_log(line, Duration::from_secs(10)).unwrap();
    }
    let metrics = gateway.envoy.admin_get("/stats/prometheus").unwrap();
    let tags = r#"{api="employee",outcome="denied",reason="certificate_denied"} 4"#;
    assert!(metrics.lines().any(|line| line.contains("peergate") && line.ends_with(tags)));
    assert_eq!(gateway.count("internal") + gateway.count("certificate_unavailable"), 0);
}

async fn takes_another_policy(people: &People, policy: &Value, gateway: &Gateway) {
    let client = gateway.client(Some(&people.bob));
    let mut h1 = client.h1(gateway.address()).await.unwrap();
    let h2 = client.h2(gateway.address()).await.unwrap();
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 403);
    assert_eq!(h2.get("localhost", "/employee", &[]).await.unwrap().status, 403);
    let mut other = policy.clone();
    let entries = other["lists"]["partners"]["entries"].as_array_mut().unwrap();
    entries.push(json!({ "sha256": people.bob.fingerprint() }));
    gateway.change_policy(&other).await;
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
    assert_eq!(h2.get("localhost", "/employee", &[]).await.unwrap().status, 200);

    let broken = with_policy(gateway.directory(), &json!({ "version": 1, "apis": [] }));
    let good = fs::read_to_string(gateway.directory().join(peergate_e2e::POLICY_FILE)).unwrap();
    replace_policy(gateway.directory(), &broken.to_string());
    gateway.wait(|| gateway.discovery("config_fail") == 1).await;
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
    replace_policy(gateway.directory(), &good);
    gateway.change_module("another.wasm", |old| another_build(old, "another build")).await;
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
    assert!(gateway.is_whole());
}

/// What a trap is like, in words: `docs/operating.md`.
async fn survives_a_trap(alice: &Identity, gateway: &Gateway) {
    gateway.change_module("trap.wasm", trap_on_many_headers).await;
    let client = gateway.client(Some(alice));
    let mut served = client.h1(gateway.address()).await.unwrap();
    served.send_raw(&Request::get("localhost", "/employee?drip=20").to_h1()).await.unwrap();
    assert!(served.read_raw().await.unwrap().starts_with(b"HTTP/1.1 200"));

    let fatal = Request::get("localhost", "/employee");
    let fatal = (0..60).fold(fatal, |request, _| request.header("x-many", "1"));
    let mut other = client.h1(gateway.address()).await.unwrap();
    assert_eq!(client.h1(gateway.address()).await.unwrap().send(&fatal).await.unwrap().status, 503);
    // Whoever asks the same worker within a second, and who is being served by it.
    let answer = other.get("localhost", "/employee", &[]).await.unwrap();
    assert_eq!((answer.status, answer.text().as_ref()), (503, ""));
    assert!(has_ended(&mut served).await);

    // Somebody who asks makes Envoy start another VM, but not in the first second.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(gateway.status(Some(alice), "/employee").await, 200);
    assert_eq!(gateway.status(None, "/employee").await, 403);
    let stat = |name: &str| gateway.envoy.stat(&format!("wasm.peergate.{name}")).unwrap();
    assert_eq!(stat("vm_reload_success"), Some(1));
    assert_eq!(stat("vm_reload_failure"), Some(0));
    assert!(stat("vm_reload_backoff") >= Some(1));
    gateway.envoy.wait_for_log(r#""details":"wasm_fail_stream""#, Duration::from_secs(5)).unwrap();
    assert!(gateway.envoy.log().contains("Function: proxy_on_request_headers failed"));
}

async fn has_ended(served: &mut H1) -> bool {
    for _ in 0..100 {
        match served.read_raw().await {
            Ok(bytes) if !bytes.is_empty() => {}
            _ => return true,
        }
    }
    false
}
