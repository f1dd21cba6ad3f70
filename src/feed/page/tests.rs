use serde_json::{Value, json};

use super::*;
use crate::dynamic::{Grant, Kind};

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_page_is_read_in_order() {
    let (a, b) = ("0a".repeat(32), "0b".repeat(32));
    let page = read(&json!({
        "version": u64::MAX, "cursor": "c-42", "more": true, "reset": true, "changes": [
            {"put": {"certificate": a, "apis": ["*"]}},
            {"delete": {"api_key": b}},
            {"put": {"deny": {"certificate": b}}},
            {"delete": {"certificate": a}},
        ],
    }))
    .unwrap();
    let key = |hex: &str| Key::certificate(hex.parse().unwrap());
    let denied = Key::deny_certificate(b.parse().unwrap());
    let expected = Page {
        version: Some(u64::MAX),
        cursor: "c-42".into(),
        more: true,
        reset: true,
        changes: vec![
            Change::Put(key(&a), Content::Session(Box::default())),
            Change::Delete(Key::api_key([0x0b; 32])),
            Change::Put(denied, Content::Deny(None)),
            Change::Delete(key(&a)),
        ],
        skipped: 0,
        problems: vec![],
    };
    assert_eq!(page, expected);
    let page = read(&json!({"changes": [], "cursor": "c", "version": 0})).unwrap();
    assert_eq!(page, Page { version: Some(0), cursor: "c".into(), ..Page::default() });
}

#[test]
fn a_bad_put_is_skipped_and_stands_for_what_is_safe() {
    let hex = "0a".repeat(32);
    let bad = json!({"put": {"certificate": hex, "apis": ["*"], "colour": "a\nb"}});
    let page = read(&json!({
        "version": 1, "cursor": "c", "changes": [
            bad, bad, bad,
            {"put": {"deny": {"certificate": hex}, "until": "soon"}},
            {"put": {}}, {"put": null}, {"put": {"api_key": "x".repeat(10_000)}},
            {"delete": {"api_key": hex}},
        ],
    }))
    .unwrap();
    let gone = Change::Delete(Key::certificate(hex.parse().unwrap()));
    let denied = Key::deny_certificate(hex.parse().unwrap());
    let expected = [
        gone.clone(),
        gone.clone(),
        gone,
        Change::Put(denied, Content::Deny(None)),
        Change::Delete(Key::api_key([0x0a; 32])),
    ];
    assert_eq!(page.changes, expected);
    assert_eq!(page.skipped, 7);
    assert_eq!(page.problems.len(), PROBLEMS);
    assert!(page.problems[0].starts_with("changes[0].put.colour: unknown field"), "{page:?}");
    assert!(page.problems[3].starts_with("changes[3].put.until: expected a date"), "{page:?}");
}

#[test]
fn what_is_wrong_with_a_page_refuses_it_whole() {
    let hex = "0a".repeat(32);
    let around = |name: &str, value: Value| {
        let mut page = json!({"version": 1, "cursor": "c", "changes": []});
        page[name] = value;
        page.to_string()
    };
    let change = |text: &str| format!(r#"{{"version": 1, "cursor": "c", "changes": [{text}]}}"#);
    let deep = "[".repeat(100_000);
    for (text, message) in [
        ("".into(), "expected an object"),
        ("<html>".into(), "expected an object"),
        (r#"[1, "c", false, true, []]"#.into(), "expected an object"),
        (r#"{"version": 1, "cursor": "c"}"#.into(), "missing field `changes`"),
        (r#"{"version": 1, "changes": []}"#.into(), "missing field `cursor`"),
        (r#"{"cursor": "c", "changes": []}"#.into(), "missing field `version`"),
        (around("version", json!("1")), "invalid type: string \"1\", expected u64"),
        (around("version", json!(-1)), "invalid value: integer `-1`, expected u64"),
        (around("version", json!(1.0)), "invalid type: floating point `1.0`, expected u64"),
        (around("cursor", json!(1)), "invalid type: integer `1`, expected a string"),
        (around("cursor", json!("")), "cursor: expected 1 to 1024 printable ASCII characters"),
        (around("cursor", json!("x".repeat(1025))), "cursor: expected 1 to 1024 printable"),
        (around("cursor", json!("a\nb")), "cursor: expected 1 to 1024 printable"),
        (around("more", json!("no")), "invalid type: string \"no\", expected a boolean"),
        (around("reset", json!(null)), "invalid type: null, expected a boolean"),
        (around("changes", json!(null)), "invalid type: null, expected an empty array"),
        (around("changes", json!({})), "invalid type: map, expected an empty array"),
        (around("colour", json!(1)), "unknown field `colour`"),
        (
            r#"{"version": 1, "version": 2, "cursor": "c", "changes": []}"#.into(),
            "duplicate field `version`",
        ),
        (
            r#"{"version": 1, "cursor": "c", "changes": [], "changes": []}"#.into(),
            "the list is given twice",
        ),
        (
            r#"{"version": 1, "cursor": "c", "ch\u0061nges": [], "changes": []}"#.into(),
            "duplicate field `changes`",
        ),
        (r#"{"version": 1, "cursor": "c", "changes": []} x"#.into(), "trailing characters"),
        (r#"{"version": 1, "cursor": "c", "changes": []"#.into(), "EOF while parsing an object"),
        (change(","), "changes[0]: EOF while parsing a value"),
        (change("{},"), "changes[0]: "),
        (change("1"), "changes[0]: "),
        (change("{}"), "changes[0]: "),
        (change(r#""put""#), "changes[0]: "),
        (change(r#"{"put": {}} {}"#), "changes[0]: trailing characters"),
        (change(r#"{"puts": {}}"#), "changes[0]: unknown variant `puts`"),
        (
            change(&format!(r#"{{"put": {{}}, "delete": {{"certificate": "{hex}"}}}}"#)),
            "changes[0]: ",
        ),
        (change(r#"{"put": {]}"#), "changes[0]: "),
        (change(r#"{"put": {}"#), "the list ends as an object"),
        (change(r#"{"put": {}}, {"delete": {}}"#), "changes[1].delete: expected exactly one of"),
        (
            change(r#"{"delete": {"certificate": "xy"}}"#),
            "changes[0].delete.certificate: expected a SHA-256",
        ),
        (
            change(&format!(r#"{{"delete": {{"certificate": "{hex}", "x": 1}}}}"#)),
            "changes[0].delete.x: unknown field",
        ),
        (
            change(&format!(r#"{{"delete": "{}"}}"#, "x".repeat(5000))),
            "changes[0].delete: has 5002 bytes",
        ),
        (change(&deep), "ends within the list"),
    ] {
        let Err(Failure::Malformed(found)) = read_text(&text) else { panic!("{text}") };
        assert!(found.starts_with(message), "{text}: {found}");
    }
}

#[test]
fn bytes_that_are_no_text_refuse_a_page() {
    let body = b"{\"version\": 1, \"cursor\": \"c\", \"changes\": [{\"put\": \"\xff\"}]}".to_vec();
    let reader = PageReader::new(body, &Format::Native, 1024).unwrap();
    assert_eq!(reader.finish(), Err(Failure::Malformed("changes[0]: is no UTF-8".into())));
    let body = b"{\"version\": 1, \"cursor\": \"\xff\", \"changes\": []}".to_vec();
    let reader = PageReader::new(body, &Format::Native, 1024).unwrap();
    assert!(matches!(reader.finish(), Err(Failure::Malformed(_))));
}

#[test]
fn depth_is_no_danger() {
    for depth in [200, 1_000_000] {
        let deep = "[".repeat(depth) + &"]".repeat(depth);
        let page = read_text(&format!(
            r#"{{"version": 1, "cursor": "c", "changes": [{{"put": {deep}}}]}}"#
        ));
        assert_eq!(page.unwrap().skipped, 1);
        let outside = format!(r#"{{"version": {deep}, "cursor": "c", "changes": []}}"#);
        assert!(matches!(read_text(&outside), Err(Failure::Malformed(_))));
    }
}

#[test]
fn large_answers_are_refused_before_they_are_read() {
    assert_eq!(
        PageReader::new(vec![b' '; 1025], &Format::Native, 1024).unwrap_err(),
        Failure::TooLarge
    );
}

#[test]
fn a_step_is_as_long_as_it_is_told() {
    let hex = "0a".repeat(32);
    let changes = vec![json!({"delete": {"certificate": hex}}); 10];
    let page = json!({"version": 1, "cursor": "c", "changes": changes});
    let body = page.to_string().into_bytes();
    let mut reader = PageReader::new(body, &Format::Native, 10_000).unwrap();
    let mut steps = 0;
    let page = loop {
        match reader.step(3) {
            Step::More(next) => reader = *next,
            Step::Done(page) => break page,
            Step::Refused(failure) => panic!("{failure}"),
        }
        steps += 1;
        assert_eq!(reader.page.changes.len(), (steps * 3).min(10));
    };
    assert_eq!((page.changes.len(), steps), (10, 3));

    // Blanks are looked at too.
    let text = format!("{}{{}}", " ".repeat(60_000));
    let mut reader = PageReader::new(text.into(), &Format::Native, 100_000).unwrap();
    for _ in 0..60_000 / BYTES_OF_A_CHANGE {
        let Step::More(next) = reader.step(1) else { panic!("too far") };
        reader = *next;
    }
    assert!(matches!(reader.step(2), Step::Refused(_)));
}

#[test]
fn the_format_of_client_ssl_auth_is_a_whole_list() {
    let hex = "0a".repeat(32);
    let apis = Grant::Only(["a".parse().unwrap()].into());
    let format = Format::ClientSslAuth { apis: apis.clone() };
    let read =
        |page: Value| PageReader::new(page.to_string().into(), &format, 10_000).unwrap().finish();
    let page = read(json!({"certificates": [
        {"fingerprint_sha256": hex}, {"fingerprint_sha256": "x"}, {"certificate": hex}, 1,
    ]}))
    .unwrap();
    let session = Session { apis, ..Session::default() };
    let key = Key { kind: Kind::Certificate, digest: [0x0a; 32] };
    assert_eq!(page.changes, [Change::Put(key, Content::Session(Box::new(session)))]);
    assert_eq!((page.version, &*page.cursor, page.more, page.reset), (None, "", false, true));
    assert_eq!(page.skipped, 3);
    assert!(page.problems[0].starts_with("certificates[1].fingerprint_sha256: expected"));
    assert!(read(json!({"certificates": []})).unwrap().reset);
    for page in
        [json!({}), json!([[]]), json!({"certificates": [], "x": 1}), json!({"certificates": {}})]
    {
        assert!(matches!(read(page), Err(Failure::Malformed(_))));
    }
}

#[test]
fn what_is_told_of_an_answer_is_one_short_line() {
    let name = "a\nb".repeat(1000);
    let page = json!({"version": 1, "cursor": "c", "changes": [{name: 1}]});
    let Err(Failure::Malformed(told)) = read(&page) else { panic!("accepted") };
    assert!(told.len() < 400 && !told.contains('\n'), "{told}");
}

fn read(page: &Value) -> Result<Page, Failure> {
    read_text(&page.to_string())
}

fn read_text(text: &str) -> Result<Page, Failure> {
    PageReader::new(text.into(), &Format::Native, u32::MAX).unwrap().finish()
}
