use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn all_problems_are_told_at_once() {
    let problems = Policy::read(
        br#"{
          "version": 2,
          "lists": {
            "Bad": {"entries": []},
            "partners": {"entries": [{"sha256": "xy"}, {"sha256": "xy", "pem": ""}]}
          },
          "apis": [
            {"name": "a", "match": {"path": "x"}, "policy": "mandatory", "certificate": {"allow": ["x"]}},
            {"name": "a", "policy": [], "colour": 1}
          ],
          "default": "off"
        }"#,
    )
    .unwrap_err();
    let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "version",
            "lists.Bad",
            "lists.Bad.entries",
            "lists.partners.entries[0].sha256",
            "lists.partners.entries[1].sha256",
            "lists.partners.entries[1].pem",
            "lists.partners.entries[1]",
            "apis[0].match.path",
            "apis[0].certificate.allow[0]",
            "apis[1].name",
            "apis[1].policy",
            "apis[1].colour",
            "default",
        ],
        "{problems}"
    );
    assert!(problems.to_string().contains(r#"apis[0].certificate.allow[0]: unknown list "x""#));
}

#[test]
fn nothing_and_garbage_are_refused() {
    for (bytes, message) in [
        (&b""[..], "configuration: empty"),
        (b" \n", "configuration: empty"),
        (b"[]", "configuration: expected an object, found a list"),
        (b"\x0a\xff", "configuration: "),
        (b"{\"version\": 1, \"version\": 1, \"apis\": [{\"name\": \"a\", \"policy\": \"open\"}]}", "version: duplicate key"),
        (b"{", "configuration: EOF while parsing an object at line 1 column 1"),
    ] {
        let problems = Policy::read(bytes).unwrap_err();
        assert!(problems.to_string().starts_with(message), "{problems}");
    }
}

#[test]
fn a_line_feed_before_the_json_is_no_struct() {
    let json = b"\n{\"version\": 1, \"apis\": [{\"name\": \"a\", \"policy\": \"open\"}]}";
    assert!(Policy::read(json).is_ok());
}
