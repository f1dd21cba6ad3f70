use serde_json::{Value, json};

use crate::peergate::{Ran, file, peergate, peergate_reading};
use crate::server::Server;

pub(crate) fn check(source: &str, more: &[&str]) -> Ran {
    peergate(&[&["feed", "check", source], more].concat())
}

pub(crate) fn hex(byte: &str) -> String {
    byte.repeat(32)
}

pub(crate) fn client(byte: &str) -> Value {
    json!({ "put": { "certificate": hex(byte), "apis": ["*"] } })
}

pub(crate) fn page(version: u64, changes: &[Value]) -> Value {
    json!({ "version": version, "cursor": format!("c{version}"), "reset": true, "changes": changes })
}

#[test]
fn an_answer_that_is_good() {
    let changes = [
        client("aa"),
        client("ab"),
        json!({ "put": { "api_key": hex("aa"), "apis": ["*"] } }),
        json!({ "put": { "deny": { "certificate": hex("aa") } } }),
        json!({ "put": { "deny": { "issued": { "by_name_sha256": hex("aa"), "serial": "01" } } } }),
        json!({ "delete": { "certificate": hex("ab") } }),
    ];
    let text = page(42, &changes).to_string();
    let bytes = text.len();
    let ran = peergate_reading(&["feed", "check", "-"], &text);
    assert_eq!((ran.status, &*ran.err), (Some(0), ""));
    let expected = format!(
        "-: page 1: 6 changes, {bytes} bytes of at most 1048576\n\
         -: ok (version 42, cursor \"c42\", 1 certificate, 1 API key, 2 denials; 1 deletion, 0 skipped)\n"
    );
    assert_eq!(ran.out, expected);
}

#[test]
fn every_entry_that_is_skipped_is_told() {
    let bad = json!({ "put": { "certificate": hex("aa"), "apis": ["*"], "colour": "a\nb" } });
    let changes = [
        client("aa"),
        bad,
        json!({ "put": { "deny": { "certificate": hex("ab") }, "until": "soon" } }),
        json!({ "put": null }),
        json!({ "put": { "apis": [] } }),
        json!({ "put": {} }),
        json!({ "put": { "certificate": "xy", "apis": ["*"], "identity": "" } }),
    ];
    let path = file("feed-skipped.json", page(1, &changes).to_string());
    let ran = check(&path, &[]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    // A client that was known is gone, and who was to be denied is denied.
    let counts = "0 certificates, 0 API keys, 1 denial; 0 deletions, 6 skipped";
    assert!(
        ran.out.ends_with(&format!("usable (version 1, cursor \"c1\", {counts})\n")),
        "{ran:?}"
    );
    let places: Vec<&str> = ran
        .err
        .lines()
        .map(|line| line.strip_prefix(&format!("{path}: skipped: ")).unwrap())
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    let expected = [
        "changes[1].put.colour",
        "changes[2].put.until",
        "changes[3].put",
        "changes[4].put",
        "changes[5].put",
        "changes[6].put.certificate",
        "changes[6].put.identity",
    ];
    assert_eq!(places, expected);
}

#[test]
fn an_answer_that_the_filter_would_refuse() {
    let delete = page(1, &[client("aa"), json!({ "delete": { "certificate": "aa" } })]);
    for (name, text, why) in [
        ("html", "<html>".to_owned(), "the feed's answer is malformed: expected an object"),
        ("cursor", json!({ "version": 1, "changes": [] }).to_string(), "missing field `cursor`"),
        ("delete", delete.to_string(), "changes[1].delete.certificate: expected a SHA-256"),
        (
            "large",
            page(1, &[]).to_string() + &" ".repeat(1_048_576),
            "larger than max_bytes: 1048629 bytes of at most 1048576",
        ),
    ] {
        let path = file(&format!("feed-refused-{name}.json"), text);
        let ran = check(&path, &[]);
        assert_eq!((ran.status, &*ran.out), (Some(3), ""), "{name}");
        assert!(ran.err.starts_with(&path) && ran.err.contains(why), "{name}: {}", ran.err);
    }
    assert_eq!(check("no-such-file.json", &[]).status, Some(1));
}

#[test]
fn the_format_of_client_ssl_auth() {
    let list = json!({ "certificates": [{ "fingerprint_sha256": hex("aa") }, { "fingerprint_sha256": "x" }] });
    let path = file("feed-approved.json", list.to_string());
    assert_eq!(check(&path, &[]).status, Some(3));
    let ran = check(&path, &["--format", "client_ssl_auth"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(
        ran.err.contains("skipped: certificates[1].fingerprint_sha256: expected"),
        "{}",
        ran.err
    );
    assert!(
        ran.out
            .ends_with("usable (1 certificate, 0 API keys, 0 denials; 0 deletions, 1 skipped)\n")
    );
}

#[test]
fn a_feed_is_asked_page_by_page() {
    let server = Server::start(|path| {
        let page = |cursor: &str, more: bool, changes: Value| json!({ "version": 7, "cursor": cursor, "more": more, "changes": changes });
        let page = match path {
            "/v1/changes?list=a&limit=1000" => page("a b", true, json!([client("aa")])),
            "/v1/changes?list=a&limit=1000&after=a%20b" => page("c", true, json!([{ "put": {} }])),
            _ => {
                page("d", false, json!([client("ab"), { "delete": { "certificate": hex("aa") } }]))
            }
        };
        (200, page.to_string())
    });
    let url = format!("{}/v1/changes?list=a", server.url);
    let ran = check(&url, &[]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    let one = "expected exactly one of certificate, api_key, deny";
    assert_eq!(ran.err, format!("{url}: skipped: page 2: changes[0].put: {one}\n"));
    let last = "usable (version 7, cursor \"d\", 1 certificate, 0 API keys, 0 denials; 1 deletion, 1 skipped)";
    assert_eq!(ran.out.lines().last(), Some(&*format!("{url}: {last}")));
    assert_eq!(ran.out.lines().filter(|line| line.ends_with(", more to come")).count(), 2);
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    assert!(
        asked[2].starts_with("GET /v1/changes?list=a&limit=1000&after=c HTTP/1.1\n"),
        "{asked:?}"
    );
    assert!(asked[0].contains("accept: application/json"), "{asked:?}");
    assert!(!asked[0].contains("accept-encoding"), "Envoy asks for no compression: {asked:?}");
}

#[test]
fn a_feed_that_the_filter_would_not_follow() {
    let page = |version: u64, cursor: &str| json!({ "version": version, "cursor": cursor, "more": true, "changes": [client("aa")] });
    let (first, older, same) = (page(7, "a"), page(6, "b"), page(7, "a"));
    let answer = move |path: &str| match path {
        "/older?limit=1000" | "/same?limit=1000" | "/forgets?limit=1000" => {
            (200, first.to_string())
        }
        "/older?limit=1000&after=a" => (200, older.to_string()),
        "/same?limit=1000&after=a" => (200, same.to_string()),
        "/circle?limit=1000" => (200, page(1, "b").to_string()),
        "/circle?limit=1000&after=b" => (200, page(1, "a").to_string()),
        "/circle?limit=1000&after=a" => (200, page(1, "b").to_string()),
        "/elsewhere?limit=1000" => (302, String::new()),
        "/nothing?limit=1000" => (204, String::new()),
        path if path.starts_with("/forgets") => (410, String::new()),
        _ => (404, String::new()),
    };
    let server = Server::start(answer);
    for (path, why) in [
        ("older", "page 2: the feed has gone back from version 7 to 6"),
        ("same", "page 2: the feed has more after a page, and leads back to it"),
        ("circle", "page 3: the feed has more after a page, and leads back to it"),
        ("forgets", "page 2: the feed answers with status 410"),
        ("elsewhere", "the feed answers with status 302"),
        ("nothing", "the feed answers with status 204"),
        ("absent", "the feed answers with status 404"),
    ] {
        let url = format!("{}/{path}", server.url);
        let ran = check(&url, &[]);
        assert_eq!((ran.status, &*ran.err), (Some(3), &*format!("{url}: {why}\n")), "{path}");
    }
}

#[test]
fn a_feed_that_does_not_answer() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    drop(taken);
    let ran = check(&format!("http://{address}/"), &[]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    // Plain text is no TLS.
    let server = Server::start(|_| (200, String::new()));
    let ran = check(&format!("{}/", server.url.replace("http:", "https:")), &[]);
    assert_eq!(ran.status, Some(1), "{ran:?}");
    for (more, why) in [
        (&["--cacert", "no-such-file.pem"][..], "no-such-file.pem"),
        (&["--cert", "x.pem"], "--key"),
        (&["--list", "registered"], "--config"),
        (&["--format", "json"], "json"),
    ] {
        let ran = check(&format!("{}/", server.url), more);
        assert_eq!(ran.status, Some(1), "{ran:?}");
        assert!(ran.err.contains(why), "{}", ran.err);
    }
    assert_eq!(check("http:///changes", &[]).status, Some(1));
}

#[test]
fn what_would_change_is_told() {
    let numbered =
        |number: u32| json!({ "put": { "certificate": format!("{number:064x}"), "apis": ["*"] } });
    let old: Vec<Value> = (0..30).map(numbered).collect();
    let old = file("feed-old.json", page(1, &old).to_string());
    let mut changed = numbered(3);
    changed["put"]["identity"] = json!("somebody");
    let mut new: Vec<Value> = (3..28).map(numbered).chain([changed]).collect();
    new.extend((100..125).map(numbered));
    let new = file("feed-new.json", page(2, &new).to_string());
    let ran = check(&new, &["--against", &old]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let lines: Vec<&str> = ran.out.lines().skip(1).collect();
    assert_eq!(lines[0], format!("against {old}: 25 added, 1 changed, 5 removed"));
    assert_eq!(lines[1], format!("  added    certificate {:064x}", 100));
    assert_eq!(lines[20], format!("  added    certificate {:064x}", 119));
    assert_eq!(lines[21], "  added    and 5 more");
    assert_eq!(lines[22], format!("  changed  certificate {:064x}", 3));
    assert_eq!(lines[23], format!("  removed  certificate {:064x}", 0));
    assert_eq!(lines[27], format!("  removed  certificate {:064x}", 29));

    // Changes alone take nothing away that they do not name.
    let mut changes = page(2, &[json!({ "delete": { "certificate": hex("aa") } }), client("ac")]);
    changes["reset"] = json!(false);
    let changes = file("feed-changes.json", changes.to_string());
    let entries = format!(
        "- {{ certificate: \"{}\", apis: [\"*\"] }}\n- {{ deny: {{ certificate: \"{}\" }} }}\n",
        hex("AA"),
        hex("ab")
    );
    let ran = check(&changes, &["--against", &file("feed-entries.yaml", entries)]);
    let (added, removed) = (hex("ac"), hex("aa"));
    let expected = format!(
        "1 added, 0 changed, 1 removed\n  added    certificate {added}\n  removed  certificate {removed}\n"
    );
    assert!(ran.out.contains(&expected), "{ran:?}");
}
