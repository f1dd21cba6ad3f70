use std::time::Duration;

use serde_json::json;

use super::*;
use crate::digest::sha256;
use crate::dynamic::{Kind, Rate};

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn the_contracts_entries_are_read() {
    let hex = "ab".repeat(32);
    let (key, content) = put(&json!({
        "certificate": hex, "identity": "acme/partner-a", "apis": ["employee"], "active": true,
        "not_before": null, "expires": "2027-01-01T00:00:00Z", "labels": {"plan": "gold"},
    }))
    .unwrap();
    assert_eq!((key.kind, key.digest), (Kind::Certificate, [0xab; 32]));
    let expected = Session {
        identity: Some("acme/partner-a".into()),
        apis: Grant::Only(["employee".parse().unwrap()].into()),
        expires: Some(1_798_761_600),
        labels: [("plan".parse().unwrap(), "gold".into())].into(),
        ..Session::default()
    };
    assert_eq!(content, Content::Session(Box::new(expected)));

    let (key, content) = put(&json!({
        "api_key": hex, "identity": "acme/app-7", "apis": ["*"], "active": false,
        "certificates": [hex], "rate": {"requests": 100, "per": "60s"},
    }))
    .unwrap();
    assert_eq!((key.kind, key.digest), (Kind::ApiKey, [0xab; 32]));
    let expected = Session {
        identity: Some("acme/app-7".into()),
        is_inactive: true,
        certificates: [hex.parse().unwrap()].into(),
        rate: Some(Rate { requests: 100, per: Duration::from_secs(60), burst: 100 }),
        ..Session::default()
    };
    assert_eq!(content, Content::Session(Box::new(expected)));
}

#[test]
fn certificates_and_keys_have_rates() {
    let hex = "ab".repeat(32);
    let of = |name: &str, rate: serde_json::Value| match put(
        &json!({name: hex, "apis": ["*"], "rate": rate}),
    )
    .unwrap()
    .1
    {
        Content::Session(session) => session.rate,
        Content::Deny(_) => None,
    };
    for name in ["certificate", "api_key"] {
        let rate = Rate { requests: 5, per: Duration::from_millis(1500), burst: 20 };
        let given = json!({"requests": 5, "per": "1500ms", "burst": 20});
        assert_eq!(of(name, given), Some(rate));
        assert_eq!(of(name, json!(null)), None, "as if left out");
    }
}

#[test]
fn denials_are_known_by_certificate_key_or_number() {
    let hex = "ab".repeat(32);
    let base64 = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
    let issued = sha256(&[&[0xab; 32][..], &[0x0a, 0x1f]].concat());
    for (denied, kind, digest) in [
        (json!({"certificate": hex}), Kind::DenyCertificate, [0xab; 32]),
        (json!({"spki_sha256": base64}), Kind::DenyKey, [0xab; 32]),
        (json!({"issued": {"by_sha256": hex, "serial": "0A:1F"}}), Kind::DenyIssued, issued),
        (
            json!({"issued": {"by_name_sha256": hex, "serial": "a1f"}}),
            Kind::DenyIssuedByName,
            issued,
        ),
    ] {
        let (key, content) = put(&json!({"deny": denied})).unwrap();
        assert_eq!((key.kind, key.digest, content), (kind, digest, Content::Deny(None)));
        let (_, content) = put(&json!({"deny": denied, "until": "1970-01-01T00:01:00Z"})).unwrap();
        assert_eq!(content, Content::Deny(Some(60)));
        let (_, content) = put(&json!({"deny": denied, "until": null})).unwrap();
        assert_eq!(content, Content::Deny(None));
        assert_eq!(delete(&json!({"deny": denied})), (Some(key), String::new()));
    }
    assert_eq!(delete(&json!({"certificate": hex})).0.unwrap().kind, Kind::Certificate);
    assert_eq!(delete(&json!({"api_key": hex})).0.unwrap().kind, Kind::ApiKey);
}

#[test]
fn every_fault_is_told_with_its_place() {
    let hex = "ab".repeat(32);
    let certificate =
        |more: serde_json::Value| with(json!({"certificate": hex, "apis": ["*"]}), more);
    let key = |more: serde_json::Value| with(json!({"api_key": hex, "apis": ["*"]}), more);
    let deny = |denied: serde_json::Value| json!({"deny": denied});
    let date = "expected a date and time as 2027-01-01T00:00:00Z";
    for (entry, problem) in [
        (certificate(json!({"expires": "2027-01-01"})), format!("p.expires: {date}")),
        (certificate(json!({"not_before": "2027-13-32T00:00:00Z"})), format!("p.not_before: {date}")),
        (certificate(json!({"expires": "2027-01-01X00:00:00Z"})), format!("p.expires: {date}")),
        (certificate(json!({"expires": 1})), "p.expires: expected a string, found a number".into()),
        (certificate(json!({"active": "yes"})), "p.active: expected true or false, found a string".into()),
        (certificate(json!({"identity": "a\r\nb"})), "p.identity: expected 1 to 256 printable ASCII characters without blanks at the ends".into()),
        (certificate(json!({"labels": {"Plan": "x"}})), "p.labels.Plan: expected a name of 1 to 64 of a-z, 0-9, `_` and `-`, beginning with a letter or digit".into()),
        (certificate(json!({"apis": []})), "p.apis: empty list".into()),
        (certificate(json!({"apis": null})), "p.apis: expected a list, found null".into()),
        (certificate(json!({"apis": ["a", "*"]})), "p.apis[1]: \"*\" stands alone".into()),
        (certificate(json!({"apis": ["a", "a"]})), "p.apis[1]: given twice".into()),
        (json!({"certificate": hex}), "p.apis: missing".into()),
        (certificate(json!({"certificates": [hex]})), "p.certificates: unknown field; known are: certificate, api_key, deny, identity, apis, active, not_before, expires, labels, rate".into()),
        (certificate(json!({"rate": 5})), "p.rate: expected an object, found a number".into()),
        (key(json!({"certificates": []})), "p.certificates: empty list".into()),
        (key(json!({"certificates": ["x"]})), "p.certificates[0]: expected a SHA-256 as 64 hex digits".into()),
        (key(json!({"rate": {"requests": 0, "per": "1s"}})), "p.rate.requests: expected a whole number of 1 to 4294967295".into()),
        (key(json!({"rate": {"requests": 1, "per": "999ms"}})), "p.rate.per: expected 1s at least, and 24h at the most".into()),
        (key(json!({"rate": {"requests": 1}})), "p.rate.per: missing".into()),
        (with(deny(json!({"certificate": hex})), json!({"rate": {"requests": 1, "per": "1s"}})), "p.rate: unknown field; known are: certificate, api_key, deny, until".into()),
        (with(deny(json!({"certificate": hex})), json!({"until": "soon"})), format!("p.until: {date}")),
        (with(deny(json!({"certificate": hex})), json!({"apis": ["*"]})), "p.apis: unknown field; known are: certificate, api_key, deny, until".into()),
    ] {
        let unacceptable = put(&entry).unwrap_err();
        assert_eq!(unacceptable.problems.to_string(), problem, "{entry}");
        assert!(unacceptable.key.is_some(), "{entry}");
    }
    let one = "p: expected exactly one of certificate, api_key, deny";
    for (entry, problem) in [
        (json!({"apis": ["*"]}), one),
        (json!({"certificate": hex, "api_key": hex, "apis": ["*"]}), one),
        (
            json!({"certificate": "ab", "apis": ["*"]}),
            "p.certificate: expected a SHA-256 as 64 hex digits",
        ),
        (
            json!({"certificate": null, "apis": ["*"]}),
            "p.certificate: expected a string, found null",
        ),
        (deny(json!({})), "p.deny: expected exactly one of certificate, spki_sha256, issued"),
        (
            deny(json!({"certificate": hex, "colour": 1})),
            "p.deny.colour: unknown field; known are: certificate, spki_sha256, issued",
        ),
        (
            deny(json!({"issued": {"serial": "01"}})),
            "p.deny.issued: expected exactly one of by_sha256, by_name_sha256",
        ),
        (
            deny(json!({"issued": {"by_sha256": hex, "by_name_sha256": hex, "serial": "01"}})),
            "p.deny.issued: expected exactly one of by_sha256, by_name_sha256",
        ),
        (deny(json!({"issued": {"by_sha256": hex}})), "p.deny.issued.serial: missing"),
        (json!("x"), "p: expected an object, found a string"),
        (json!([hex]), "p: expected an object, found a list"),
    ] {
        let unacceptable = put(&entry).unwrap_err();
        assert_eq!(unacceptable.problems.to_string(), problem, "{entry}");
        assert_eq!(unacceptable.key, None, "{entry}");
        let (_, problems) = delete(&entry);
        assert!(!problems.is_empty(), "{entry}");
    }
    let entry = json!({"certificate": hex, "api_key": "x", "apis": ["*"]});
    assert!(put(&entry).unwrap_err().key.is_some(), "one of two keys is well-formed");
}

#[test]
fn what_an_entry_is_about_is_known_however_bad_the_rest_is() {
    let hex = "ab".repeat(32);
    let long = "x".repeat(LONGEST);
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for rest in [format!("\"{long}\""), deep, r#""\ud800""#.to_owned(), "1e999".to_owned()] {
        let text = format!("{{\"identity\": {rest}, \"certificate\": \"{hex}\"}}");
        let unacceptable = read_put(&text, &At::ROOT).unwrap_err();
        assert_eq!(unacceptable.key.unwrap().digest, [0xab; 32]);
    }
    for text in [
        format!(r#"{{"certificate": "{hex}", "certificate": "{hex}", "apis": ["*"]}}"#),
        format!(r#"{{"certificate": "{hex}""#),
        format!(r#"{{"deny": {{"certificate": "{hex}", "x": "{long}"}}}}"#),
    ] {
        assert!(read_put(&text, &At::ROOT).unwrap_err().key.is_none(), "{text}");
    }
}

#[test]
fn an_entry_may_have_4096_bytes() {
    let entry = |blanks: usize| {
        let hex = "ab".repeat(32);
        let text = format!(r#"{{"certificate": "{hex}", "apis": ["*"]"#);
        text.clone() + &" ".repeat(blanks - text.len() - 1) + "}"
    };
    assert!(read_put(&entry(LONGEST), &At::ROOT).is_ok());
    let unacceptable = read_put(&entry(LONGEST + 1), &At::ROOT.field("put")).unwrap_err();
    let message = "put: has 4097 bytes, more than the 4096 that it may have";
    assert_eq!(unacceptable.problems.to_string(), message);
    assert!(unacceptable.key.is_some());
}

fn put(entry: &serde_json::Value) -> Result<(Key, Content), Unacceptable> {
    read_put(&entry.to_string(), &At::ROOT.field("p"))
}

fn delete(entry: &serde_json::Value) -> (Option<Key>, String) {
    let text = entry.to_string();
    let node: Node<'_> = serde_json::from_str(&text).unwrap();
    let mut problems = Problems::default();
    let key = read_delete(&node, &At::ROOT.field("d"), &mut problems);
    (key, problems.to_string())
}

fn with(mut entry: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    for (name, value) in more.as_object().unwrap() {
        entry[name] = value.clone();
    }
    entry
}
