use serde_json::{Value, json};

use crate::peergate::{Ran, certificate, file, peergate, peergate_reading};

const AT: &str = "2026-07-01T12:00:00Z";

/// Explains a request to a policy that pins the partner; each test has files of its own.
fn explain(test: &str, certificate_name: Option<&str>, more: &[&str]) -> Ran {
    let entry = json!({ "pem": certificate("partner"), "identity": "partner-a" });
    let policy = json!({
        "version": 1,
        "lists": { "partners": { "entries": [entry] } },
        "forward": { "identity": "x-client-identity" },
        "apis": [
            { "name": "trial", "match": { "path_prefix": "/trial" }, "enforcement": "shadow",
              "policy": "mandatory", "certificate": { "allow": ["partners"] } },
            { "name": "routed", "match": { "routes": ["r"], "virtual_hosts": ["v"] }, "policy": "open" },
            { "name": "orders", "match": { "hosts": ["api.example"], "methods": ["GET"] },
              "policy": "mandatory", "certificate": { "allow": ["partners"] } },
        ],
    });
    let policy = file(&format!("explain-{test}.json"), policy.to_string());
    let leaf = certificate_name.map(|name| file(&format!("explain-{test}.pem"), certificate(name)));
    let mut arguments = vec!["explain", "--config", &policy, "--at", AT];
    arguments.extend(leaf.iter().flat_map(|leaf| ["--certificate", leaf]));
    arguments.extend(["--host", "api.example", "--path"]);
    if !more.first().is_some_and(|first| first.starts_with('/')) {
        arguments.push("/orders");
    }
    arguments.extend(more);
    peergate(&arguments)
}

fn has(ran: &Ran, lines: &[&str]) {
    for line in lines {
        assert!(ran.out.lines().any(|found| found == *line), "{line} in\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_request_that_passes() {
    let ran = explain("allowed", Some("partner"), &["--header", "X_Client_Identity: admin"]);
    assert_eq!(ran.status, Some(0));
    has(
        &ran,
        &[
            "outcome       allowed",
            "reason        allowed",
            "api           orders",
            "identity      partner-a",
            "method        certificate",
            "time          2026-07-01T12:00:00Z",
            "removed       x_client_identity",
            "set           x-client-identity: partner-a",
        ],
    );
}

#[test]
fn a_request_that_is_refused() {
    let ran = explain("denied", Some("employee"), &[]);
    assert_eq!(ran.status, Some(2));
    has(
        &ran,
        &[
            "outcome       denied",
            "reason        certificate_not_allowed",
            "api           orders",
            "identity      none",
            "status        403 (gRPC 7)",
            "details       peergate_certificate_not_allowed",
        ],
    );
    let ran = explain("denied-grpc", None, &["--header", "content-type:application/grpc"]);
    has(
        &ran,
        &["reason        certificate_required", "body          a client certificate is required"],
    );
    let ran = explain("denied-plaintext", None, &["--plaintext"]);
    has(&ran, &["reason        no_tls"]);
    let ran = explain("denied-method", Some("partner"), &["--method", "POST"]);
    has(&ran, &["reason        no_matching_api", "api           none"]);
    let ran = explain("denied-path", Some("partner"), &["/a/../b"]);
    assert_eq!(ran.status, Some(2));
    has(&ran, &["reason        bad_target", "status        400 (gRPC 3)"]);
}

#[test]
fn a_request_that_is_refused_in_shadow() {
    let ran = explain("shadowed", None, &["/trial"]);
    assert_eq!(ran.status, Some(0));
    has(
        &ran,
        &["outcome       shadowed", "reason        certificate_required", "identity      none"],
    );
}

#[test]
fn envoys_own_choice_is_given_by_name() {
    let ran = explain("routed", None, &["--route", "r", "--virtual-host", "v"]);
    has(&ran, &["outcome       allowed", "reason        anonymous", "api           routed"]);
}

#[test]
fn other_certificates_are_parsed_and_never_matched() {
    let chain = file("explain-chain-2.pem", certificate("partner"));
    let ran = explain("chain", Some("employee"), &["--intermediates", &chain]);
    assert_eq!(ran.status, Some(2), "the decoy is on the list, the leaf is not: {ran:?}");
    has(
        &ran,
        &[
            "note          1 certificate was presented besides the leaf: a path to an authority may lead over them, and only the leaf is ever matched against lists",
        ],
    );
    let broken = file("explain-broken.pem", "-----BEGIN CERTIFICATE-----\nAAEC\n");
    let ran = explain("chain-broken", Some("employee"), &["--intermediates", &broken]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("does not decode"), "{}", ran.err);
}

#[test]
fn json_for_programs() {
    let ran = explain("json", Some("employee"), &["--output", "json"]);
    assert_eq!(ran.status, Some(2));
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    for (field, expected) in [
        ("outcome", json!("denied")),
        ("reason", json!("certificate_not_allowed")),
        ("api", json!("orders")),
        ("identity", Value::Null),
        ("method", Value::Null),
        ("status", json!(403)),
        ("grpc_status", json!(7)),
        ("details", json!("peergate_certificate_not_allowed")),
        ("at", json!(AT)),
        ("set", json!({})),
        ("removed", json!([])),
    ] {
        assert_eq!(document[field], expected, "{field}");
    }
    let body: Value = serde_json::from_str(document["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["status"], 403);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let bundle = file("explain-bundle.pem", certificate("partner") + &certificate("authority"));
    for (name, more, why) in [
        ("plaintext", &["--plaintext"][..], "--plaintext"),
        ("header", &["--header", "no colon"], "expected `name: value`"),
        ("header-name", &["--header", ":path: /"], "expected a header name"),
        ("header-value", &["--header", "a: b\r\nc: d"], "line feed"),
        ("header-host", &["--header", "Host: x"], "--host"),
        ("several", &["--certificate", &bundle], "cannot be used multiple times"),
        ("output", &["--output", "xml"], "xml"),
    ] {
        let ran = explain(&format!("contradiction-{name}"), Some("partner"), more);
        assert_eq!((ran.status, &*ran.out), (Some(1), ""), "{name}");
        assert!(ran.err.contains(why), "{name}: {}", ran.err);
    }
    for (name, more, why) in [
        ("bundle", &["--certificate", &bundle][..], "--intermediates"),
        ("chain-alone", &["--intermediates", &bundle], "--certificate"),
        ("sni-alone", &["--plaintext", "--server-name", "a"], "--server-name"),
    ] {
        let ran = explain(&format!("contradiction-{name}"), None, more);
        assert_eq!((ran.status, &*ran.out), (Some(1), ""), "{name}");
        assert!(ran.err.contains(why), "{name}: {}", ran.err);
    }
    let ran = peergate_reading(
        &["explain", "--config", "-", "--host", "a", "--path", "/", "--at", "now"],
        "version: 1\napis: [{ name: a, policy: open }]",
    );
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("--at: expected a date and time"), "{}", ran.err);
}

#[test]
fn an_invalid_policy_is_told_as_check_tells_it() {
    let ran = peergate_reading(
        &["explain", "--config", "-", "--host", "a", "--path", "/"],
        "version: 1\napis: []\n",
    );
    assert_eq!((ran.status, &*ran.err), (Some(3), "-: apis: empty list\n"));
}
