//! Paths: what matches what, and that nobody can read a path that passes as one of another API.

use peergate::{Memory, Reason};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::host::Host;
use crate::{config, policy, request};

/// A path of segments that everybody reads alike.
fn normal() -> impl Strategy<Value = String> {
    let segment = select(vec!["a", "b", "ab", "A", "a.b", "...", "~", "a%20b"]);
    (prop::collection::vec(segment, 0..5), any::<bool>()).prop_map(|(segments, slash)| {
        let slash = if slash && !segments.is_empty() { "/" } else { "" };
        format!("/{}{slash}", segments.join("/"))
    })
}

/// A path of all that has ever confused two readers.
fn odd() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "a", "a", "b", "b", "ab", ".", "..", ";", ";a", ";x=1", "%61", "%62", "%2e", "%2E", "%2f",
        "%5c", "\\", "%3b", "%3B", "%40", "@", "%", "%2", "%00", "%c3%a9", "%C3%A9", "/", "/", "#",
        "?",
    ]);
    let whole = select(vec!["a", "b", "b", "ab", "..", ".", "", "%2e%2e", "..;x", "b;x", "%62"]);
    let segment = prop_oneof![
        2 => whole.prop_map(str::to_owned),
        1 => prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat()),
    ];
    prop::collection::vec(segment, 0..5).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').skip(1).collect()
}

/// The model of all three kinds of pattern.
fn is_matched(kind: &str, pattern: &str, path: &str) -> bool {
    let (wanted, found) = (segments(pattern), segments(path));
    let is_same = |wanted: &str, found: &str| {
        wanted == found || (kind == "path_template" && wanted.starts_with('{') && !found.is_empty())
    };
    let is_long_enough = match kind {
        "path_prefix" if pattern == "/" => return true,
        "path_prefix" => wanted.len() <= found.len(),
        _ => wanted.len() == found.len(),
    };
    is_long_enough && wanted.iter().zip(&found).all(|(wanted, found)| is_same(wanted, found))
}

/// Every way to do some of what a careless reader does.
fn naive_readings(path: &str) -> Vec<String> {
    let steps: [fn(&str) -> String; 4] = [
        |path| decode_unreserved(path),
        |path| {
            let names = path.split('/').map(|segment| segment.split(';').next().unwrap());
            names.collect::<Vec<_>>().join("/")
        },
        |path| {
            let mut merged = path.to_owned();
            while merged.contains("//") {
                merged = merged.replace("//", "/");
            }
            merged
        },
        resolve_dots,
    ];
    let choices = 0..1_usize << steps.len();
    let read = |choice: usize| {
        let chosen = steps.iter().enumerate().filter(|(index, _)| choice >> index & 1 == 1);
        chosen.fold(path.split('?').next().unwrap().to_owned(), |path, (_, step)| step(&path))
    };
    choices.map(read).collect()
}

fn decode_unreserved(path: &str) -> String {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.map(char::from) {
            Some(found) if found.is_ascii_alphanumeric() || "-._~".contains(found) => {
                decoded.push(found);
                decoded.push_str(&part[2..]);
            }
            _ => {
                decoded.push('%');
                decoded.push_str(part);
            }
        }
    }
    decoded
}

/// RFC 3986 section 5.2.4.
fn resolve_dots(path: &str) -> String {
    let mut resolved = Vec::new();
    let segments = segments(path);
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match *segment {
            "." => {}
            ".." => drop(resolved.pop()),
            name => {
                resolved.push(name);
                continue;
            }
        }
        if is_last {
            resolved.push("");
        }
    }
    format!("/{}", resolved.join("/"))
}

const APIS: [(&str, &str, &str); 5] = [
    ("exact", "path", "/a"),
    ("below", "path_prefix", "/a/b"),
    ("at", "path_prefix", "/ab/@"),
    ("template", "path_template", "/b/{x}/a"),
    ("rest", "path_prefix", "/b"),
];

proptest! {
    #![proptest_config(config())]

    #[test]
    fn normal_paths_match_segment_by_segment(
        kind in select(vec!["path", "path_prefix", "path_template"]),
        pattern in normal(),
        variables in any::<u8>(),
        path in normal(),
    ) {
        let pattern = match kind {
            "path" => pattern,
            "path_prefix" if pattern.len() > 1 => pattern.trim_end_matches('/').to_owned(),
            "path_prefix" => pattern,
            _ => {
                let names = segments(&pattern).into_iter().enumerate();
                let names = names.map(|(index, name)| {
                    if index == 0 || variables >> index & 1 == 1 { "{x}" } else { name }
                });
                format!("/{}", names.collect::<Vec<_>>().join("/"))
            }
        };
        let policy = policy(&json!({
            "version": 1,
            "apis": [{"name": "a", "match": {kind: pattern}, "policy": "open"}],
        }));
        let reason = policy.judge(&request(b"a", path.as_bytes()), &Host::plaintext(), &mut Memory::default()).reason();
        let expected =
            if is_matched(kind, &pattern, &path) { Reason::Anonymous } else { Reason::NoMatchingApi };
        prop_assert_eq!(reason, expected);
    }

    #[test]
    fn a_path_that_a_careless_reader_takes_for_another_apis_is_refused(path in odd()) {
        let apis = APIS.map(|(name, kind, pattern)| {
            json!({"name": name, "match": {kind: pattern}, "policy": "open"})
        });
        let policy = policy(&json!({"version": 1, "apis": apis, "default": "allow"}));
        let verdict = policy.judge(&request(b"a", path.as_bytes()), &Host::plaintext(), &mut Memory::default());
        if verdict.reason() != Reason::BadTarget {
            let chosen = verdict.api().map(|name| name.as_str());
            for reading in naive_readings(&path) {
                let api = APIS.iter().find(|(_, kind, pattern)| is_matched(kind, pattern, &reading));
                prop_assert_eq!(api.map(|(name, ..)| *name), chosen, "read as {}", reading);
            }
        }
    }
}
