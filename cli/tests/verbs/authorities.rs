use serde_json::{Value, json};

use crate::peergate::{Ran, file, peergate};

macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../../../tests/mock/tests/certificates/authority/", $name, ".pem"))
    };
}

const AUTHORITY: &str = pem!("authority");
const INTERMEDIATE: &str = pem!("intermediate");
const DIRECT: &str = pem!("direct");
const BEHIND: &str = pem!("behind");
const FORGED: &str = pem!("forged");

/// Explains a request under two authorities: one is asked for other names, the other admits.
fn explain(test: &str, leaf: &str, more: &[&str]) -> Ran {
    let policy = json!({
        "version": 1,
        "lists": { "corporate": { "entries": [
            { "ca": AUTHORITY, "subject": { "uri": ["spiffe://other.example/*"] } },
            { "ca": AUTHORITY, "identity": "staff" },
        ] } },
        "apis": [{ "name": "orders", "policy": "mandatory", "certificate": { "allow": ["corporate"] } }],
    });
    let policy = file(&format!("authorities-{test}.json"), policy.to_string());
    let leaf = file(&format!("authorities-{test}.pem"), leaf);
    let mut arguments = vec!["explain", "--config", &policy, "--certificate", &leaf];
    arguments.extend(["--at", "2026-07-01T12:00:00Z", "--host", "api.example", "--path", "/"]);
    arguments.extend(more);
    peergate(&arguments)
}

fn has(ran: &Ran, lines: &[&str]) {
    for line in lines {
        assert!(ran.out.lines().any(|found| found == *line), "{line} in\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn the_authority_and_the_path_are_told() {
    let ran = explain("direct", DIRECT, &[]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    has(
        &ran,
        &[
            "identity      staff",
            "admitted by   lists.corporate.entries[1]",
            "path          issued by the authority itself",
            "not by        lists.corporate.entries[0]: its names are not those that `subject` asks for",
        ],
    );

    let intermediates = file("authorities-intermediates.pem", INTERMEDIATE);
    let ran = explain("behind", BEHIND, &["--intermediates", &intermediates]);
    let path = "path          issued by CN=Intermediate,O=Peergate mock, and so to the authority";
    has(&ran, &["admitted by   lists.corporate.entries[1]", path]);

    let ran =
        explain("behind-json", BEHIND, &["--intermediates", &intermediates, "--output", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["admitted_by"], "lists.corporate.entries[1]");
    assert_eq!(document["path"], json!(["CN=Intermediate,O=Peergate mock"]));
    assert_eq!(document["not_by"][0]["reason"], "certificate_not_allowed");
}

#[test]
fn what_is_wrong_with_a_path_is_told() {
    let ran = explain("forged", FORGED, &[]);
    assert_eq!(ran.status, Some(2));
    has(
        &ran,
        &[
            "reason        chain_invalid",
            "not by        lists.corporate.entries[1]: the path does not hold: a signature is not by the \
             key of the issuer that it names",
        ],
    );
    let ran = explain("missing", BEHIND, &[]);
    has(
        &ran,
        &[
            "reason        certificate_not_allowed",
            "not by        lists.corporate.entries[1]: no path leads there: it did not issue the \
             certificate, and no intermediate that is known lies between",
        ],
    );
    let ran = explain("expired", DIRECT, &["--at", "2027-07-01T12:00:00Z"]);
    assert_eq!(ran.status, Some(1), "the time is given twice: {ran:?}");
}

#[test]
fn check_warns_of_what_is_skipped_and_of_what_ends() {
    let policy = json!({
        "version": 1,
        "lists": { "corporate": { "on_invalid_entry": "skip", "entries": [
            { "ca": DIRECT },
            { "ca": AUTHORITY },
            { "sha256": "ab".repeat(32), "not_after": "2020-01-01T00:00:00Z" },
        ] } },
        "apis": [{ "name": "orders", "policy": "mandatory", "certificate": { "allow": ["corporate"] } }],
    });
    let policy = file("authorities-check.json", policy.to_string());
    let ran = peergate(&["check", &policy]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(
        ran.err,
        format!(
            "{policy}: warning: skipped: lists.corporate.entries[0].ca: not an authority: its basic \
             constraints do not say CA:TRUE\n\
             {policy}: warning: lists.corporate.entries[2]: the entry is valid until 2020-01-01T00:00:00Z\n"
        )
    );
}
