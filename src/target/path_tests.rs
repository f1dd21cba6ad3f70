use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn normal_paths_are_read_without_their_query() {
    for (target, path) in [
        ("/", "/"),
        ("/a/b/", "/a/b/"),
        ("/a?b=../c", "/a"),
        ("/a/...", "/a/..."),
        ("/a/.b/b.", "/a/.b/b."),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/a%20b/%25", "/a%20b/%25"),
    ] {
        let read = Path::read(target.as_bytes()).unwrap();
        assert_eq!(read.readings(), (path.as_bytes(), None), "{target}");
    }
}

#[test]
fn what_others_could_read_otherwise_is_refused() {
    for target in [
        "",
        "a",
        "*",
        "http://h/a",
        "//",
        "/a//b",
        "//a",
        "/a/..",
        "/../a",
        "/a/./b",
        "/.",
        "/a/..;x/b",
        "/a/%2e%2e/b",
        "/a/.%2E/b",
        "/a/%2e;x",
        "/a%2Fb",
        "/a%2fb",
        "/a%5cb",
        "/a\\b",
        "/a%00",
        "/a%",
        "/a%2",
        "/a/..%3b/b",
        "/a/.%3B",
        "/a/%c0%ae%c0%ae/b",
        "/a%0a",
        "/a/..%09/b",
        "/a%zz",
        "/a%+1",
        "/%61",
        "/a%7E",
        "/a\tb",
        "/a b",
        "/a\u{7f}",
        "/é",
        "/a#b",
        "/;x/a",
        "/;",
    ] {
        assert_eq!(Path::read(target.as_bytes()), None, "{target:?}");
    }
}

#[test]
fn a_second_reading_drops_parameters_and_folds_escapes() {
    for (target, folded) in [
        ("/a;x=1/b", "/a/b"),
        ("/a/b;v", "/a/b"),
        ("/caf%c3%a9", "/caf%C3%A9"),
        ("/a%40b", "/a@b"),
        ("/a%3bb;c", "/a"),
        ("/a%3B", "/a"),
    ] {
        let read = Path::read(target.as_bytes()).unwrap();
        assert_eq!(read.readings(), (target.as_bytes(), Some(folded.as_bytes())), "{target}");
    }
}

#[test]
fn patterns_match_whole_segments() {
    let prefix = PathPattern::prefix("/a").unwrap();
    let template = PathPattern::template("/employee/{id}/photo").unwrap();
    let exact = PathPattern::exact("/a/b").unwrap();
    for (pattern, path, expected) in [
        (&prefix, "/a", true),
        (&prefix, "/a/", true),
        (&prefix, "/a/b", true),
        (&prefix, "/ab", false),
        (&prefix, "/A", false),
        (&exact, "/a/b", true),
        (&exact, "/a/b/", false),
        (&template, "/employee/7/photo", true),
        (&template, "/employee//photo", false),
        (&template, "/employee/7/photo/", false),
        (&template, "/employee/7/8/photo", false),
        (&template, "/employee/7", false),
    ] {
        assert_eq!(pattern.matches(path.as_bytes()), expected, "{pattern:?} {path}");
    }
    assert!(PathPattern::prefix("/").unwrap().matches(b"/x"));
}

#[test]
fn patterns_that_no_request_could_match_are_refused() {
    for bad in ["", "a", "/a//b", "/a/../b", "/%61", "/a?b", "/é"] {
        assert_eq!(PathPattern::exact(bad), Err(MalformedPath::NotNormal), "{bad}");
    }
    assert_eq!(PathPattern::exact("/a;b"), Err(MalformedPath::OtherSpelling("/a".into())));
    assert_eq!(PathPattern::exact("/%c3"), Err(MalformedPath::OtherSpelling("/%C3".into())));
    assert_eq!(PathPattern::prefix("/a/"), Err(MalformedPath::TrailingSlash));
    assert_eq!(PathPattern::exact("/a/{x}"), Err(MalformedPath::NotATemplate));
    assert_eq!(PathPattern::prefix("/a/{x}"), Err(MalformedPath::NotATemplate));
    assert_eq!(PathPattern::template("/a/b"), Err(MalformedPath::NoVariable));
    for bad in ["/a{x}", "/{}", "/{a", "/{a}{b}"] {
        assert_eq!(PathPattern::template(bad), Err(MalformedPath::Variable), "{bad}");
    }
}

#[test]
fn a_pattern_covers_the_paths_of_another() {
    let prefix = |path| PathPattern::prefix(path).unwrap();
    let template = |path| PathPattern::template(path).unwrap();
    let exact = |path| PathPattern::exact(path).unwrap();
    assert!(prefix("/").covers(&template("/{x}")));
    assert!(prefix("/a").covers(&prefix("/a/b")));
    assert!(prefix("/a").covers(&exact("/a/b")));
    assert!(prefix("/a").covers(&template("/a/{x}")));
    assert!(!prefix("/a/b").covers(&template("/a/{x}")));
    assert!(!prefix("/a").covers(&prefix("/ab")));
    assert!(template("/{a}/{b}").covers(&template("/x/{b}")));
    assert!(!template("/x/{b}").covers(&template("/{a}/{b}")));
    assert!(template("/{a}").covers(&exact("/x")));
    assert!(!template("/{a}").covers(&prefix("/x")));
    assert!(!exact("/a").covers(&prefix("/a")));
}
