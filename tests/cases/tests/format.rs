//! What is wrong with a file of cases is told with its place.

use peergate::metadata::JWT_AUTHN;
use peergate_cases::Table;
use serde_json::{Value, json};

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn problems_are_told_with_their_place_and_case() {
    let unknown_reason = concat!(
        "cases[0].expect.reason: unknown word \"ok\"; known are: allowed, anonymous, bad_target, no_tls, ",
        "certificate_required, certificate_not_allowed, certificate_not_registered, certificate_denied, ",
        "certificate_expired, certificate_not_yet_valid, certificate_malformed, certificate_mismatch, ",
        "certificate_unavailable, chain_invalid, certificate_revoked, revocation_unknown, session_inactive, ",
        "session_expired, session_not_yet_valid, api_not_granted, jwt_required, jwt_refused, jwt_insufficient, api_key_required, api_key_unknown, api_key_ambiguous, binding_mismatch, rate_limited, list_stale, no_matching_api, misdirected, internal (in \"one\")",
    );
    for (pointer, value, message) in [
        ("/cases/0/expect/reason", json!("ok"), unknown_reason),
        (
            "/cases/0/expect/outcome",
            json!("passed"),
            "cases[0].expect.outcome: unknown word \"passed\"; known are: allowed, denied, shadowed (in \"one\")",
        ),
        (
            "/cases/0/expect/status",
            json!("403"),
            "cases[0].expect.status: invalid type: string \"403\", expected u16 (in \"one\")",
        ),
        (
            "/cases/0/expect",
            json!({"outcome": "allowed"}),
            "cases[0].expect: missing field `reason` (in \"one\")",
        ),
        (
            "/cases/0/request/headers",
            json!([["a"]]),
            "cases[0].request.headers[0]: invalid length 1, expected a tuple of size 2 (in \"one\")",
        ),
        (
            "/cases/0/connection/unreadable",
            json!(["tls"]),
            "cases[0].connection.unreadable[0]: unknown word \"tls\"; known are: virtual_host, route, server_name, tls_version, fingerprint, attribute, filter_state, clock, shared, list, metadata (in \"one\")",
        ),
        (
            "/cases/0/connection/certificate",
            json!("nobody"),
            "cases[0].connection.certificate: no certificate is named \"nobody\" (in \"one\")",
        ),
        (
            "/cases/0/connection",
            json!({"certificate": "client", "presented": ["nobody"]}),
            "cases[0].connection.presented: no certificate is named \"nobody\" (in \"one\")",
        ),
        (
            "/cases/0/connection",
            json!({"fingerprint": "ab", "presented": []}),
            "cases[0].connection.presented: expected `certificate` as well (in \"one\")",
        ),
        (
            "/cases/0/connection",
            json!({"certificate": "client", "presented": [], "carriers": {"xfcc": "Hash=ab"}}),
            "cases[0].connection.presented: `carriers.xfcc` says it already (in \"one\")",
        ),
        (
            "/cases/0/connection",
            json!({"certificate": "list"}),
            "cases[0].connection.certificate: no certificate is named \"list\" (in \"one\")",
        ),
        (
            "/cases/0/connection",
            json!({"tls": false, "presented": []}),
            "cases[0].connection.presented: a connection without TLS has none (in \"one\")",
        ),
        (
            "/cases/0/connection",
            json!({"tls": false, "fingerprint": "ab"}),
            "cases[0].connection.fingerprint: a connection without TLS has none (in \"one\")",
        ),
        (
            "/cases/0/request/path",
            json!("${nobody.pem}"),
            "cases[0].request.path: `${nobody.pem}`: no certificate is named \"nobody\" (in \"one\")",
        ),
        (
            "/cases/0/request/path",
            json!("${client.der}"),
            "cases[0].request.path: `${client.der}`: unknown form; known are: pem, percent, base64, der_percent, xfcc, sha256, x5t, spki_sha256, issuer_name_sha256, serial (in \"one\")",
        ),
        (
            "/cases/0/request/path",
            json!("${list.sha256}"),
            "cases[0].request.path: `${list.sha256}`: unknown form; a revocation list has pem alone (in \"one\")",
        ),
        (
            "/cases/0/request/path",
            json!("${nobody}"),
            "cases[0].request.path: `${nobody}`: expected `${certificate.form}` or `${sha256:key}` (in \"one\")",
        ),
        (
            "/cases/0/request/jwt",
            json!(["a"]),
            "cases[0].request.jwt: invalid type: sequence, expected a map (in \"one\")",
        ),
        (
            "/cases/0/request",
            json!({"jwt": {"sub": "a"}, "jwt_refused": true}),
            "cases[0].request.jwt_refused: `jwt` says that it was verified: write what else there was in `metadata` (in \"one\")",
        ),
        (
            "/cases/0/request",
            json!({"jwt": {"sub": "a"}, "metadata": {JWT_AUTHN: {"jwt_payload": {"sub": "b"}}}}),
            "cases[0].request.metadata.envoy.filters.http.jwt_authn.jwt_payload: `jwt` says it already (in \"one\")",
        ),
        (
            "/cases/0/request",
            json!({"jwt_refused": true, "metadata": {JWT_AUTHN: {"jwt_failed_status": {"code": 1}}}}),
            "cases[0].request.metadata.envoy.filters.http.jwt_authn.jwt_failed_status: `jwt_refused` says it already (in \"one\")",
        ),
        (
            "/cases/0/request",
            json!({"metadata": {JWT_AUTHN: "x"}}),
            "cases[0].request.metadata.envoy.filters.http.jwt_authn: invalid type: string \"x\", expected a map (in \"one\")",
        ),
        (
            "/cases/0/before",
            json!([{}, {"times": 0}]),
            "cases[0].before[1].times: invalid value: integer `0`, expected a nonzero u16 (in \"one\")",
        ),
        (
            "/cases/0/before",
            json!([{"expect": {}}]),
            "cases[0].before[0].expect: unknown field `expect`, expected one of `times`, `at`, `connection`, `request` (in \"one\")",
        ),
        (
            "/cases/0/before",
            json!([{"at": "2026-07-01T12:00:01Z"}]),
            "cases[0].before[0].at: expected a time between those of the requests before and after (in \"one\")",
        ),
        (
            "/cases/0/before",
            json!([{"at": "2026-07-01T11:00:00Z"}, {"at": "2026-07-01T10:59:59Z"}]),
            "cases[0].before[1].at: expected a time between those of the requests before and after (in \"one\")",
        ),
        (
            "/cases/0/before",
            json!([{"connection": {"certificate": "nobody"}}]),
            "cases[0].before[0].connection.certificate: no certificate is named \"nobody\" (in \"one\")",
        ),
        (
            "/cases/0/before",
            json!([{"request": {"jwt": {}, "jwt_refused": true}}]),
            "cases[0].before[0].request.jwt_refused: `jwt` says that it was verified: write what else there was in `metadata` (in \"one\")",
        ),
        (
            "/cases/0/at",
            json!("today"),
            "cases[0].at: expected a date and time as 2027-01-01T00:00:00Z (in \"one\")",
        ),
        (
            "/dynamic",
            json!({"partners": {}}),
            "dynamic.partners: the policy has no list of this name with a feed",
        ),
        (
            "/cases/0/dynamic",
            json!({"partners": {}}),
            "cases[0].dynamic.partners: the policy has no list of this name with a feed (in \"one\")",
        ),
        (
            "/dynamic",
            json!({"registered": {"entries": [{"certificate": "${client.sha256}", "apis": ["*"]}, {"apis": []}]}}),
            "dynamic.registered: entries[1]: expected exactly one of certificate, api_key, deny",
        ),
        (
            "/cases/0/dynamic",
            json!({"registered": {"entries": [{"deny": {}}]}}),
            "cases[0].dynamic.registered: entries[0].deny: expected exactly one of certificate, spki_sha256, issued (in \"one\")",
        ),
        (
            "/dynamic",
            json!({"registered": {"entries": [{}], "state": "unloaded"}}),
            "dynamic.registered: a list that was never loaded has no entries",
        ),
        (
            "/dynamic",
            json!({"registered": {"state": "fresh"}}),
            "dynamic.registered.state: unknown word \"fresh\"; known are: current, stale, unloaded, corrupt",
        ),
        ("/at", Value::Null, "cases[0].at: missing, here and for the file (in \"one\")"),
        ("/policy", Value::Null, "cases[0].policy: missing, here and for the file (in \"one\")"),
        ("/policy", json!({"version": 1, "apis": []}), "policy: apis: empty list"),
        ("/policy_file", json!("x.yaml"), "policy_file: the policy is given here already"),
        (
            "/certificates",
            json!({"a": "hello"}),
            "certificates.a: expected a certificate in PEM, found no PEM block",
        ),
        ("/certificates_file", json!("y.json"), "certificates_file: no such file"),
        ("/cases", json!([]), "cases: missing: nothing to test"),
        (
            "/case",
            json!([]),
            "case: unknown field `case`, expected one of `description`, `at`, `policy`, `policy_file`, `dynamic`, `cases`, `rejected`, `certificates`, `certificates_file`",
        ),
    ] {
        let mut document = good();
        put(&mut document, pointer, value);
        let error = Table::read(document, &load).err();
        assert_eq!(error.map(|error| error.to_string()).as_deref(), Some(message), "{pointer}");
    }
}

#[test]
fn what_does_not_hold_is_told_with_both_sides() {
    let mut document = good();
    put(&mut document, "/cases/0/expect/api", Value::Null);
    put(&mut document, "/cases/0/expect/set", json!({"a": "b"}));
    put(&mut document, "/cases/0/expect/body_contains", json!(["x"]));
    let table = Table::read(document, &load).unwrap();
    let checked = table.run();
    let differences = checked[0].differences.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = [
        "api: expected null, found \"all\"",
        "body_contains: expected \"x\", found \"\"",
        "set: expected {\"a\":\"b\"}, found {}",
    ];
    assert_eq!(differences, expected);
    assert_eq!((checked[0].place, checked[0].description), ("cases[0]", "one"));
}

/// A file with a certificate and a revocation list, and no others.
fn load(name: &str) -> Result<Value, String> {
    let all = include_str!("../certificates/authorities.json");
    let all: Value = serde_json::from_str(all).map_err(|error| error.to_string())?;
    let file = json!({"client": all.get("client"), "list": all.get("list")});
    (name == "x.json").then_some(file).ok_or_else(|| "no such file".to_owned())
}

fn good() -> Value {
    json!({
        "description": "x",
        "certificates_file": "x.json",
        "at": "2026-07-01T12:00:00Z",
        "policy": {
            "version": 1,
            "lists": {"registered": {"feed": {"cluster": "c", "path": "/p"}}},
            "apis": [{"name": "all", "policy": "open"}],
        },
        "cases": [{
            "description": "one",
            "connection": {},
            "request": {},
            "expect": {"outcome": "allowed", "reason": "anonymous"},
        }],
    })
}

/// Puts a value at a pointer whose parent is an object.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    if let Some(Value::Object(entries)) = document.pointer_mut(parent) {
        entries.insert(key.to_owned(), value);
    }
}
