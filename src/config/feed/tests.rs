use super::*;
use crate::dynamic::Grant;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn everything_but_cluster_and_path_has_a_default() {
    let (keeping, problems) = read_list(r#"{"feed": {"cluster": "c", "path": "/p"}}"#);
    assert_eq!(problems, "");
    let primary = Feed {
        cluster: "c".into(),
        authority: "c".into(),
        path: "/p".into(),
        wait: Duration::ZERO,
        interval: Duration::from_secs(10),
        format: Format::Native,
        page: 1000,
        max_bytes: 1_048_576,
    };
    let feeds = Feeds { primary, fallback: None, fallback_after: Duration::from_secs(60) };
    let expected = Keeping {
        feeds,
        secret: "".into(),
        max_age: Duration::from_secs(86_400),
        when_stale: WhenStale::Refuse,
        work_per_tick: WORK,
        start_wait: Duration::ZERO,
    };
    assert_eq!(keeping, Some(expected));
}

#[test]
fn everything_can_be_given() {
    let (keeping, problems) = read_list(
        r#"{
          "feed": [
            {"cluster": "c", "authority": "feed.internal", "path": "/v1/changes?x=y", "wait": "30s",
             "interval": "1s", "format": "native", "page": 100000, "max_bytes": 8388608},
            {"cluster": "d", "path": "/", "format": "client_ssl_auth", "apis": ["a", "b"]}
          ],
          "secret": "0123456789 abcde", "max_age": "41s", "when_stale": "keep", "start_wait": "60s",
          "work_per_tick": "100ms",
          "fallback_after": "5m"
        }"#,
    );
    assert_eq!(problems, "");
    let keeping = keeping.unwrap();
    let primary = Feed {
        cluster: "c".into(),
        authority: "feed.internal".into(),
        path: "/v1/changes?x=y".into(),
        wait: Duration::from_secs(30),
        interval: Duration::from_secs(1),
        format: Format::Native,
        page: 100_000,
        max_bytes: 8_388_608,
    };
    assert_eq!(keeping.feeds.primary, primary);
    let fallback = keeping.feeds.get(1).unwrap();
    let names = ["a", "b"].map(|name| name.parse().unwrap());
    assert_eq!(fallback.format, Format::ClientSslAuth { apis: Grant::Only(names.to_vec().into()) });
    assert_eq!(keeping.feeds.fallback_after, Duration::from_secs(300));
    assert_eq!(keeping.max_age, Duration::from_secs(41));
    assert_eq!(keeping.when_stale, WhenStale::Keep);
    assert_eq!(keeping.start_wait, Duration::from_secs(60));
    assert_eq!(keeping.work_per_tick, Duration::from_millis(100));
    assert_eq!(&*keeping.secret, "0123456789 abcde");
}

#[test]
fn every_fault_is_told_with_its_place() {
    let feed = |fields: &str| format!(r#"{{"feed": {{"cluster": "c", "path": "/p"{fields}}}}}"#);
    let list = |fields: &str| format!(r#"{{"feed": {{"cluster": "c", "path": "/p"}}{fields}}}"#);
    for (text, expected) in [
        (r#"{"feed": []}"#.into(), "l.feed: empty list"),
        (r#"{"feed": "x"}"#.into(), "l.feed: expected an object, found a string"),
        (r#"{"feed": {}}"#.into(), "l.feed.cluster: missing\nl.feed.path: missing"),
        (
            r#"{"feed": [{"cluster": "c", "path": "/p"}, {"cluster": "c", "path": "/p", "wait": "1s"}]}"#.into(),
            "l.feed[1]: is the same as the first",
        ),
        (
            r#"{"feed": [{"cluster": "c", "path": "/1"}, {"cluster": "c", "path": "/2"}, {}]}"#.into(),
            "l.feed: expected one feed, and one that stands in for it",
        ),
        (
            r#"{"feed": [{"cluster": "", "path": "/1"}, {"cluster": "c", "path": "2"}]}"#.into(),
            "l.feed[0].cluster: expected 1 to 256 printable ASCII characters without blanks\n\
             l.feed[1].path: expected a path that begins with / and has no fragment",
        ),
        (feed(r#", "wait": "301s""#), "l.feed.wait: expected whole seconds, 300s at the most"),
        (feed(r#", "wait": "1500ms""#), "l.feed.wait: expected whole seconds, 300s at the most"),
        (
            feed(r#", "wait": "30""#),
            "l.feed.wait: expected a whole number of ms, s, m or h as \"30s\" or \"24h\", ten years at the most",
        ),
        (feed(r#", "interval": "999ms""#), "l.feed.interval: expected 1s to 24h"),
        (
            feed(r#", "interval": "24h""#),
            "l.max_age: must be larger than the feed's interval, and than its wait plus 10s",
        ),
        (feed(r#", "page": 0"#), "l.feed.page: expected a whole number of 1 to 100000"),
        (feed(r#", "page": 1.5"#), "l.feed.page: expected a whole number of 1 to 100000"),
        (feed(r#", "page": "1""#), "l.feed.page: expected a number, found a string"),
        (feed(r#", "max_bytes": 1023"#), "l.feed.max_bytes: expected a whole number of 1024 to 8388608"),
        (feed(r#", "max_bytes": 8388609"#), "l.feed.max_bytes: expected a whole number of 1024 to 8388608"),
        (feed(r#", "authority": "a b""#), "l.feed.authority: expected 1 to 256 printable ASCII characters without blanks"),
        (feed(r#", "apis": ["*"]"#), "l.feed.apis: goes with format client_ssl_auth only"),
        (feed(r#", "format": "json""#), "l.feed.format: unknown word \"json\"; known are: native, client_ssl_auth"),
        (feed(r#", "format": "client_ssl_auth""#), "l.feed.apis: missing"),
        (
            feed(r#", "format": "client_ssl_auth", "apis": ["*", "a"], "wait": "1s", "page": 1"#),
            "l.feed.apis[0]: \"*\" stands alone\n\
             l.feed.wait: goes with format native only\n\
             l.feed.page: goes with format native only",
        ),
        (
            feed(r#", "colour": 1"#),
            "l.feed.colour: unknown field; known are: cluster, authority, path, wait, interval, page, \
             max_bytes, format, apis",
        ),
        (list(r#", "secret": "0123456789abcde""#), "l.secret: expected 16 to 256 printable ASCII characters"),
        (list(r#", "max_age": "10s""#), "l.max_age: must be larger than the feed's interval, and than its wait plus 10s"),
        (list(r#", "when_stale": "allow""#), "l.when_stale: unknown word \"allow\"; known are: refuse, keep"),
        (list(r#", "start_wait": "61s""#), "l.start_wait: expected 60s at the most"),
        (list(r#", "work_per_tick": "101ms""#), "l.work_per_tick: expected 1ms to 100ms"),
        (list(r#", "fallback_after": "60s""#), "l.fallback_after: needs a second feed"),
        (list(r#", "fallback_after": "0s""#), "l.fallback_after: expected 1s at least"),
        (
            r#"{"secret": "0123456789abcdef", "max_age": "1h", "when_stale": "keep"}"#.into(),
            "l.secret: needs a feed\nl.max_age: needs a feed\nl.when_stale: needs a feed",
        ),
    ] {
        let (_, problems) = read_list(&text);
        assert_eq!(problems, expected, "{text}");
    }
    for path in ["", "x", "/a b", "/a#b", "/é", &format!("/{}", "x".repeat(2048))] {
        let text = serde_json::json!({"feed": {"cluster": "c", "path": path}}).to_string();
        assert!(read_list(&text).1.starts_with("l.feed.path: expected"), "{path}");
    }
}

fn read_list(text: &str) -> (Option<Keeping>, String) {
    let node: Node<'_> = serde_json::from_str(text).unwrap();
    let at = At::ROOT.field("l");
    let mut problems = Problems::default();
    let mut fields = Fields::of(&node, &at, &mut problems).unwrap();
    let keeping = read(&mut fields, &at, &mut problems);
    fields.finish(&mut problems);
    (keeping, problems.to_string())
}
