use std::fs;

use crate::peergate::{cases, certificate, file, peergate};

#[test]
fn all_committed_cases_pass() {
    let files = fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    let arguments: Vec<&str> =
        ["test"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let ran = peergate(&arguments);
    assert_eq!((ran.status, &*ran.err), (Some(0), ""), "{}", ran.out);
    let passed = ran.out.strip_suffix(" passed, 0 failed\n").unwrap();
    assert!(passed.parse::<usize>().unwrap() > 400, "{}", ran.out);
}

#[test]
fn users_test_a_policy_of_their_own_in_yaml() {
    let pem: String = certificate("partner").lines().map(|line| format!("    {line}\n")).collect();
    file(
        "test-policy.yaml",
        "version: 1\nlists: { partners: { entries: [{ sha256: \"fcb204f4add832b4f850a2174eba554da54d5e66f5a36347f2c49132266f5622\" }] } }\n\
         apis: [{ name: orders, match: { path: /orders }, policy: mandatory, certificate: { allow: [partners] } }]\n",
    );
    let text = format!(
        "description: orders\nat: 2026-07-01T12:00:00Z\npolicy_file: test-policy.yaml\ncertificates:\n  partner: |\n{pem}cases:\n\
         - description: a partner passes\n  connection: {{ certificate: partner }}\n  request: {{ path: /orders }}\n  expect: {{ outcome: allowed, reason: allowed }}\n\
         - description: nobody passes\n  request: {{ path: /orders }}\n  expect: {{ outcome: allowed, reason: anonymous, api: orders }}\n"
    );
    let path = file("test-cases.yaml", text);
    let ran = peergate(&["test", &path]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    let expected = format!(
        "{path}: cases[1]: nobody passes\n  outcome: expected \"allowed\", found \"denied\"\n  \
         reason: expected \"anonymous\", found \"certificate_required\"\n1 passed, 1 failed\n"
    );
    assert_eq!(ran.out, expected);
}

#[test]
fn what_cannot_be_run_is_told_with_its_place() {
    let policy = r#""policy": {"version": 1, "apis": [{"name": "a", "policy": "open"}]}"#;
    let malformed = file(
        "test-malformed.json",
        format!(
            r#"{{"description": "x", "at": "2026-07-01T12:00:00Z", {policy}, "cases": [{{"description": "odd", "request": {{"metod": "GET"}}, "expect": {{"outcome": "allowed", "reason": "anonymous"}}}}]}}"#
        ),
    );
    let ran = peergate(&["test", &malformed]);
    assert_eq!((ran.status, &*ran.out), (Some(1), "0 passed, 0 failed\n"));
    assert!(
        ran.err.starts_with(&format!("{malformed}: cases[0].request.metod: unknown field `metod`")),
        "{}",
        ran.err
    );
    assert!(ran.err.ends_with("(in \"odd\")\n"), "{}", ran.err);

    let invalid = file(
        "test-invalid.json",
        r#"{"description": "x", "policy": {"version": 1, "apis": []}, "cases": []}"#,
    );
    let ran = peergate(&["test", &invalid]);
    assert_eq!(
        (ran.status, &*ran.err),
        (Some(3), &*format!("{invalid}: policy: apis: empty list\n"))
    );

    let ran = peergate(&["test", "no-such-file.json"]);
    assert_eq!(ran.status, Some(1));
}
