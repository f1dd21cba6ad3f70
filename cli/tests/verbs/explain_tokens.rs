//! `peergate explain` of requests with tokens and API keys.

use serde_json::{Value, json};

use crate::peergate::{Ran, certificate, file, peergate};

/// The partner's fingerprint, and as a token has it.
const PARTNER: &str = "fcb204f4add832b4f850a2174eba554da54d5e66f5a36347f2c49132266f5622";
const PARTNER_X5T: &str = "_LIE9K3YMrT4UKIXTrpVTaVNXmb1o2NH8sSRMiZvViI";

/// A key, and what the list holds of it.
const KEY: &str = "s3cret-of-app-7";
const KEY_SHA256: &str = "486b07e098e7d19c90575fb4aae8075794b75e4f94913a6dd95288242a8eb694";

/// Explains a request of the partner, or of nobody, each test's with files of its own.
fn explain(test: &str, is_partner: bool, path: &str, more: &[&str]) -> Ran {
    let claims = json!({ "department": { "equals": "hr" } });
    let jwt = json!({ "issuers": ["https://idp.example"], "claims": claims });
    let renamed = with(&jwt, json!({ "payload": "payload", "failed_status": "status" }));
    let key = json!({
        "lists": ["registered"],
        "from": [{ "header": "x-api-key" }, { "query": "api_key" }, { "cookie": "key" }],
    });
    let policy = json!({
        "version": 1,
        "lists": {
            "partners": { "entries": [{ "sha256": PARTNER, "identity": "partner-a" }] },
            "registered": { "feed": { "cluster": "c", "path": "/p" } },
        },
        "forward": { "identity": "x-client-identity", "method": "x-client-auth" },
        "apis": [{
            "name": "orders", "match": { "path_prefix": "/orders" },
            "policy": { "any_of": [["certificate", "jwt"], "api_key"] },
            "certificate": { "allow": ["partners"] }, "jwt": jwt, "api_key": key, "strip": true,
        }, {
            "name": "reports", "match": { "path_prefix": "/reports" },
            "policy": { "any_of": ["jwt"] }, "jwt": renamed,
            "operations": [{
                "match": { "path": "/reports/public" },
                "policy": { "any_of": ["anonymous"], "check": ["jwt"] },
            }],
        }],
    });
    let policy = file(&format!("explain-tokens-{test}.json"), policy.to_string());
    let keys = json!([{ "api_key": KEY_SHA256, "apis": ["*"], "identity": "acme/app-7" }]);
    let keys = file(&format!("explain-tokens-{test}-keys.json"), keys.to_string());
    let leaf = file(&format!("explain-tokens-{test}.pem"), certificate("partner"));
    let list = format!("registered={keys}");
    let mut arguments = vec!["explain", "--config", &policy, "--list", &list, "--path", path];
    arguments.extend(["--at", "2026-07-01T12:00:00Z", "--host", "api.example"]);
    if is_partner {
        arguments.extend(["--certificate", &leaf]);
    }
    arguments.extend(more);
    peergate(&arguments)
}

fn claims(test: &str, more: Value) -> String {
    let claims = json!({ "iss": "https://idp.example", "sub": "alice", "department": "hr" });
    file(&format!("explain-tokens-{test}-claims.json"), with(&claims, more).to_string())
}

/// An object with the members of another one.
fn with(object: &Value, more: Value) -> Value {
    let members = [object.clone(), more].into_iter().filter_map(|it| it.as_object().cloned());
    Value::Object(members.flatten().collect())
}

fn has(ran: &Ran, lines: &[&str]) {
    for line in lines {
        assert!(ran.out.lines().any(|found| found == *line), "{line} in\n{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_verified_token() {
    let bound = claims("bound", json!({ "cnf": { "x5t#S256": PARTNER_X5T } }));
    let ran = explain("bound", true, "/orders", &["--jwt-payload", &bound]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    has(
        &ran,
        &[
            "outcome       allowed",
            "asked for     certificate and jwt, or api_key",
            "identity      partner-a",
            "method        certificate+jwt",
            &format!("bound to      {PARTNER}"),
            "set           x-client-auth: certificate+jwt",
        ],
    );
    // Under whatever name the API reads it.
    let plain = claims("renamed", json!({}));
    let ran = explain("renamed", false, "/reports", &["--jwt-payload", &plain]);
    has(&ran, &["identity      https://idp.example#alice", "method        jwt"]);
    let other = claims("other", json!({ "department": "sales" }));
    let ran = explain("other", false, "/reports", &["--jwt-payload", &other]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    has(
        &ran,
        &[
            "reason        jwt_insufficient",
            "credential    jwt",
            "status        403 (gRPC 7)",
            "reply header  www-authenticate: Bearer error=\"insufficient_scope\"",
        ],
    );
}

#[test]
fn a_token_that_is_refused_or_missing() {
    for (test, path) in [("refused", "/orders"), ("refused-renamed", "/reports")] {
        let ran = explain(test, true, path, &["--jwt-refused"]);
        assert_eq!(ran.status, Some(2), "{ran:?}");
        has(
            &ran,
            &["reason        jwt_refused", "credential    jwt", "status        401 (gRPC 16)"],
        );
        assert!(!ran.out.contains("note "), "{}", ran.out);
    }
    let note =
        "note          no token counts as verified here unless --jwt-payload gives its claims";
    let ran = explain("missing", true, "/orders", &[]);
    has(&ran, &["reason        jwt_required", "credential    jwt", note]);
    let bearer = ["--header", "authorization: Bearer a.b.c"];
    let ran = explain("unverified", false, "/orders", &bearer);
    has(&ran, &["reason        jwt_refused", note]);
    let ran = explain("checked", false, "/reports/public", &["--jwt-refused"]);
    has(&ran, &["reason        jwt_refused", "asked for     nothing", "checked too   jwt"]);
}

#[test]
fn a_key_stands_where_clients_put_it_and_is_not_repeated() {
    let header = format!("X-Api-Key: {KEY}");
    let cookie = format!("cookie: a=1; key={KEY}");
    let query = format!("/orders?a=1&api_key={KEY}");
    for (test, path, more, changed) in [
        ("header", "/orders", vec!["--header", &*header], "removed       x-api-key"),
        ("cookie", "/orders", vec!["--header", &*cookie], "set           cookie: a=1"),
        ("query", &*query, vec![], "set           :path: /orders?a=1"),
    ] {
        let ran = explain(test, false, path, &more);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        has(&ran, &["identity      acme/app-7", "method        api_key", changed]);
        has(&ran, &["key held by   lists.registered, by its feed"]);
        assert!(!format!("{ran:?}").contains(KEY), "{ran:?}");
        let json = [&more[..], &["--output", "json"]].concat();
        let ran = explain(&format!("{test}-json"), false, path, &json);
        assert!(!ran.out.contains(KEY), "{}", ran.out);
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        for (field, expected) in [
            ("method", json!("api_key")),
            ("asked_for", json!([["certificate", "jwt"], ["api_key"]])),
            ("checked", json!([])),
            ("credential", Value::Null),
            ("bound_to", Value::Null),
        ] {
            assert_eq!(document[field], expected, "{field}");
        }
    }
    let twice = [&*format!("x-api-key: {KEY}"), &*format!("cookie: key={KEY}")];
    for (test, more, reason) in [
        ("unknown", &["--header", "x-api-key: s3cret-of-nobody"][..], "api_key_unknown"),
        ("twice", &["--header", twice[0], "--header", twice[1]], "api_key_ambiguous"),
    ] {
        let ran = explain(test, false, "/orders", more);
        assert_eq!(ran.status, Some(2), "{ran:?}");
        has(&ran, &[&format!("reason        {reason}"), "credential    api_key"]);
        assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
    }
    for (test, line, why) in [
        ("no-colon", format!("x-api-key {KEY}"), "--header number 1: expected `name: value`"),
        ("no-name", format!(" : {KEY}"), "--header number 1: expected a header name"),
        ("line-feed", format!("x-api-key: {KEY}\n"), "--header x-api-key: no value may hold"),
        ("host", format!("host: {KEY}"), "--header host: give the host with --host"),
    ] {
        let ran = explain(test, false, "/orders", &["--header", &line]);
        assert_eq!((ran.status, &*ran.out), (Some(1), ""), "{ran:?}");
        assert!(ran.err.contains(why) && !ran.err.contains(KEY), "{}", ran.err);
    }
}

#[test]
fn what_is_no_token_is_told() {
    let good = claims("conflict", json!({}));
    let list = file("explain-tokens-list.json", "[]");
    let raw = file("explain-tokens-raw.json", "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl");
    for (test, more, why) in [
        ("conflict", &["--jwt-payload", &*good, "--jwt-refused"][..], "cannot be used with"),
        ("list", &["--jwt-payload", &list], "expected the claims of a token as a JSON object"),
        ("raw", &["--jwt-payload", &raw], "expected the claims of a token as a JSON object"),
        ("absent", &["--jwt-payload", "no-such-file.json"], "no-such-file.json: "),
    ] {
        let ran = explain(&format!("bad-{test}"), false, "/orders", more);
        assert_eq!((ran.status, &*ran.out), (Some(1), ""), "{test}");
        assert!(ran.err.contains(why) && !ran.err.contains("eyJ"), "{test}: {}", ran.err);
    }
}
