use serde_json::{Value, json};

use crate::peergate::{Ran, certificate, file, peergate};

/// Explains a request under a policy with three lists that feeds fill.
fn explain(test: &str, more: &[&str]) -> Ran {
    let approved =
        json!({ "cluster": "c", "path": "/b", "format": "client_ssl_auth", "apis": ["orders"] });
    let policy = json!({
        "version": 1,
        "lists": {
            "registered": { "feed": { "cluster": "c", "path": "/a" } },
            "approved": { "feed": approved },
            "blocked": { "feed": { "cluster": "c", "path": "/c" } },
            "static": { "entries": [{ "sha256": "ab".repeat(32) }] },
        },
        "apis": [{
            "name": "orders", "policy": "mandatory",
            "certificate": { "allow": ["registered", "approved"], "deny": ["blocked"] },
        }],
    });
    let policy = file(&format!("lists-{test}.json"), policy.to_string());
    let leaf = file(&format!("lists-{test}.pem"), certificate("partner"));
    let mut arguments = vec!["explain", "--config", &policy, "--certificate", &leaf];
    arguments.extend(["--at", "2026-07-01T12:00:00Z", "--host", "api.example", "--path", "/"]);
    arguments.extend(more);
    peergate(&arguments)
}

const PARTNER: &str = "fcb204f4add832b4f850a2174eba554da54d5e66f5a36347f2c49132266f5622";

fn has(ran: &Ran, line: &str) {
    assert!(ran.out.lines().any(|found| found == line), "{line} in\n{}{}", ran.out, ran.err);
}

#[test]
fn a_list_that_nothing_fills_was_never_loaded() {
    let ran = explain("unfilled", &[]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    has(&ran, "reason        list_stale");
    for name in ["registered", "approved", "blocked"] {
        has(
            &ran,
            &format!(
                "note          the list {name} counts as never loaded: say what is on it with --list \
                 {name}=FILE, an answer of its feed or its entries"
            ),
        );
    }
    let empty = file("lists-unfilled-empty.yaml", "[]");
    let (registered, blocked) = (format!("registered={empty}"), format!("blocked={empty}"));
    let ran = explain("half", &["--list", &registered, "--list", &blocked, "--output", "json"]);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(document["reason"], "list_stale");
    let notes = document["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].as_str().unwrap().contains("--list approved=FILE"), "{notes:?}");
}

#[test]
fn a_list_is_filled_by_entries_or_by_an_answer() {
    let entries = format!(
        "- {{ certificate: \"{PARTNER}\", identity: acme/partner, apis: [orders] }}\n\
         - {{ certificate: \"{PARTNER}\", apis: [orders], colour: red }}\n\
         - {{ certificate: \"{PARTNER}\", identity: acme/partner, apis: [orders] }}\n"
    );
    let answer = json!({ "version": 1, "cursor": "c", "more": true, "changes": [] });
    let approved = json!({ "certificates": [{ "fingerprint_sha256": PARTNER }] });
    let registered = format!("registered={}", file("lists-content-registered.yaml", entries));
    let blocked = format!("blocked={}", file("lists-content-blocked.json", answer.to_string()));
    let approved =
        format!("approved={}", file("lists-content-approved.json", approved.to_string()));
    let arguments = ["--list", &registered, "--list", &blocked, "--list", &approved];
    let ran = explain("filled", &arguments);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    has(&ran, "identity      acme/partner");
    has(&ran, "admitted by   lists.registered, by its feed");
    let notes: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("note ")).collect();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("lists-content-registered.yaml, for the list registered: skipped: entries[1].colour: unknown field"), "{notes:?}");
    assert!(notes[1].contains("is one page of several"), "{notes:?}");

    let none = file("lists-none.json", "[]");
    let registered = format!("registered={none}");
    let arguments = ["--list", &registered, "--list", &blocked, "--list", &approved];
    has(&explain("approved", &arguments), "admitted by   lists.approved, by its feed");

    let deny = file("lists-deny.json", json!([{ "deny": { "certificate": PARTNER } }]).to_string());
    let blocked = format!("blocked={deny}");
    let arguments = ["--list", &registered, "--list", &blocked, "--list", &approved];
    has(&explain("denied", &arguments), "reason        certificate_denied");
}

#[test]
fn a_list_that_cannot_be_filled() {
    let good = file("lists-good.json", "[]");
    let bad = file("lists-bad.json", r#"{"version": 1}"#);
    let absent = format!("absent={good}");
    let fixed = format!("static={good}");
    let malformed = format!("registered={bad}");
    let twice = format!("registered={good}");
    for (name, arguments, why) in [
        ("absent", &["--list", &*absent][..], "the policy has no list of this name with a feed"),
        ("static", &["--list", &fixed], "the policy has no list of this name with a feed"),
        ("twice", &["--list", &twice, "--list", &twice], "given twice"),
        ("form", &["--list", "registered"], "expected NAME=FILE"),
        ("file", &["--list", "registered=no-such-file.json"], "no-such-file.json: "),
        ("answer", &["--list", &malformed], "the feed's answer is malformed"),
    ] {
        let ran = explain(&format!("bad-{name}"), arguments);
        assert_eq!((ran.status, &*ran.out), (Some(1), ""), "{name}");
        assert!(ran.err.contains(why), "{name}: {}", ran.err);
    }
}
