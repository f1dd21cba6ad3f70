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

#[test]
fn an_operation_may_look_at_what_its_api_does_not() {
    let api = |operation: &str, jwt: &str| {
        format!(
            r#"{{
              "version": 1,
              "apis": [{{
                "name": "a", "policy": "open", "open_streams": "end", "strip": true,
                "rate": {{"requests": 1, "per": "1s"}},
                "operations": [{{
                  "match": {{"path_prefix": "/b"}}, "policy": {operation}
                  {jwt}
                }}]
              }}]
            }}"#
        )
    };
    let bound = r#", "jwt": {"issuers": ["https://idp.example"]}"#;
    assert!(Policy::read(api(r#"["jwt"]"#, bound).as_bytes()).is_ok());
    let unchecked = r#", "jwt": {"issuers": ["https://idp.example"], "bound": "unchecked"}"#;
    let told = |text: String| Policy::read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        told(api(r#"["jwt"]"#, unchecked)),
        "apis[0].open_streams: no policy here looks at certificates, API keys or tokens bound to certificates"
    );
    let lines = told(api(r#""open""#, ""));
    assert_eq!(lines.lines().count(), 3, "{lines}");
    for place in ["apis[0].open_streams: ", "apis[0].strip: ", "apis[0].rate: "] {
        assert!(lines.lines().any(|line| line.starts_with(place)), "{lines}");
    }
    // What is faulty is all that is told.
    let lines = told(api(r#"["jwt"]"#, r#", "jwt": {"issuers": []}"#));
    assert_eq!(lines, "apis[0].operations[0].jwt.issuers: empty list");
}

#[test]
fn an_entry_that_only_refuses_has_not_even_empty_labels() {
    let pem = include_str!("../../tests/mock/tests/certificates/authority/authority.pem");
    let of = |labels: &str| {
        let issued = format!(r#"{{"issued": {{"by": {pem:?}, "serial": "01"}}{labels}}}"#);
        let lists = format!(r#"{{"numbers": {{"entries": [{issued}]}}}}"#);
        let apis = r#"[{"name": "a", "policy": "open"}]"#;
        let policy = format!(r#"{{"version": 1, "lists": {lists}, "apis": {apis}}}"#);
        Policy::read(policy.as_bytes())
            .map_or_else(|problems| problems.to_string(), |_| String::new())
    };
    assert_eq!(of(""), "");
    assert_eq!(
        of(r#", "labels": {}"#),
        "lists.numbers.entries[0]: an entry that only refuses has neither identity nor labels"
    );
}
