use crate::peergate::{certificate, file, peergate, peergate_reading};

const GOOD: &str = r#"
version: 1
lists:
  partners:
    entries:
    - sha256: "abababababababababababababababababababababababababababababababab"
      not_after: 2027-01-01T00:00:00Z
    - sha256: "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
apis:
- name: employee
  policy: mandatory
  certificate: { allow: [partners] }
- { name: public, match: { path: /public }, policy: open }
"#;

#[test]
fn a_valid_policy_is_counted() {
    let hidden = file("check-hidden.yaml", GOOD);
    let ran = peergate(&["check", &hidden]);
    assert_eq!(
        ran.err,
        format!("{hidden}: apis[1].match: never chosen: an earlier rule matches all of it\n")
    );

    let good =
        GOOD.replace("name: employee\n", "name: employee\n  match: { path_prefix: /employee }\n");
    let ran = peergate_reading(&["check", "-"], &good);
    assert_eq!(
        (ran.status, &*ran.out),
        (Some(0), "-: ok (1 list, 2 entries, 2 APIs)\n"),
        "{ran:?}"
    );

    let ran =
        peergate_reading(&["check", "-"], r#"{"version":1,"apis":[{"name":"a","policy":"open"}]}"#);
    assert_eq!(
        (ran.status, &*ran.out),
        (Some(0), "-: ok (0 lists, 0 entries, 1 API)\n"),
        "{ran:?}"
    );
}

#[test]
fn a_list_with_a_feed_has_no_entries_to_count() {
    let policy = r#"
version: 1
lists:
  registered:
    feed:
    - { cluster: feed, path: /v1/changes, wait: 30s }
    - { cluster: files, path: /approved.json, format: client_ssl_auth, apis: ["*"] }
global: { deny: [registered], ready_path: /ready }
apis:
- { name: a, policy: mandatory, certificate: { allow: [registered] }, open_streams: end }
"#;
    let ran = peergate_reading(&["check", "-"], policy);
    assert_eq!((ran.status, &*ran.err), (Some(0), ""));
    assert_eq!(ran.out, "-: ok (1 list, 0 entries, 1 API)\n");
}

#[test]
fn what_only_the_whole_policy_tells_is_warned_of() {
    let policy = GOOD
        .replace(
            "name: employee\n",
            "name: employee\n  match: { path_prefix: /employee, methods: [POST] }\n",
        )
        .replace("match: { path: /public }, ", "");
    let ran = peergate_reading(&["check", "-"], &policy);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert_eq!(
        ran.err,
        "-: warning: apis[0].match.methods: other methods than these fall under apis[1] (\"public\"), which asks for less\n"
    );
    let several = format!("{}{}", certificate("partner"), certificate("employee"));
    let policy = serde_json::json!({
        "version": 1, "lists": { "l": { "entries": [{ "pem": several }] } },
        "apis": [{ "name": "a", "policy": "mandatory", "certificate": { "allow": ["l"] } }],
    });
    let ran = peergate_reading(&["check", "-"], &policy.to_string());
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.err.starts_with("-: lists.l.entries[0].pem: "), "{ran:?}");
}

#[test]
fn every_problem_of_every_file_is_told() {
    let one =
        file("check-one.yaml", "version: 2\napis:\n- { name: A, policy: closed }\nextra: true\n");
    let other = file("check-other.json", r#"{"version": 1, "version": 1, "apis": []}"#);
    let good = file("check-good.yaml", "version: 1\napis: [{ name: a, policy: open }]\n");
    let ran = peergate(&["check", &one, &good, &other]);
    assert_eq!(ran.status, Some(3));
    assert_eq!(ran.out, format!("{good}: ok (0 lists, 0 entries, 1 API)\n"));
    let expected = [
        format!("{one}: version: expected 1, the only version there is"),
        format!(
            "{one}: apis[0].name: expected a name of 1 to 64 of a-z, 0-9, `_` and `-`, beginning with a letter or digit"
        ),
        format!(
            "{one}: apis[0].policy: unknown word \"closed\"; known are: mandatory, optional, open, a list, or an object with any_of"
        ),
        format!(
            "{one}: extra: unknown field; known are: version, lists, global, forward, apis, default, replies"
        ),
        format!("{other}: version: duplicate key"),
        format!("{other}: apis: empty list"),
    ];
    assert_eq!(ran.err.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_duplicate_key_in_yaml_is_told_with_its_line() {
    let ran = peergate_reading(
        &["check", "-"],
        "version: 1\napis:\n- name: a\n  policy: open\n  name: b\n",
    );
    assert_eq!(ran.status, Some(3));
    assert!(
        ran.err.contains("line 5") && ran.err.contains("duplicate mapping key `name`"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("Options"), "{}", ran.err);
}

#[test]
fn a_long_list_is_read() {
    let entries: String = (0..60_000)
        .map(|number| format!("    - {{ sha256: \"{number:064x}\", identity: c-{number} }}\n"))
        .collect();
    let policy = format!(
        "version: 1\nlists:\n  long:\n    entries:\n{entries}apis:\n- name: a\n  policy: mandatory\n  certificate: {{ allow: [long] }}\n"
    );
    let ran = peergate(&["check", &file("check-long.yaml", policy)]);
    assert!(ran.out.ends_with("ok (1 list, 60000 entries, 1 API)\n"), "{ran:?}");
}

#[test]
fn what_cannot_be_read_is_another_failure() {
    let missing = peergate(&["check", "no-such-file.yaml"]);
    assert_eq!(missing.status, Some(1));
    assert!(missing.err.starts_with("no-such-file.yaml: "), "{}", missing.err);
    for wrong_call in [&["check"][..], &[], &["check", "--no-such-option"], &["no-such-verb"]] {
        assert_eq!(peergate(wrong_call).status, Some(1), "{wrong_call:?}");
    }
    assert_eq!(peergate(&["--help"]).status, Some(0));
}
