//! Value by value: a document that both take, with another value in one place.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::agreement::{Pair, Verdict};
use crate::corpus::complete;
use crate::reader::Reader;
use crate::tree::visit;

#[test]
fn every_kind_of_value_is_judged_alike() {
    let kinds = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(1.0),
        json!(0.5),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("1s"),
        json!("anonymous"),
        json!([]),
        json!(["x"]),
        json!(["x", "x"]),
        json!([{}]),
        json!({}),
        json!({ "x": "x" }),
    ];
    let (mut places, mut tried) = (BTreeSet::new(), BTreeSet::new());
    for pair in Pair::all() {
        // In a document that has no more than it must …
        for place in pair.places() {
            if !places.insert(place.schema.to_string()) {
                continue;
            }
            for kind in &kinds {
                let document = place.document(kind.clone());
                let verdict = pair.agree(&document);
                assert!(verdict.is_ok(), "{}: {kind}: {verdict:?}", place.path);
            }
        }
        // … and in one that has everything.
        let complete = complete(pair.reader);
        for (pointer, schema) in spots(&pair, &complete) {
            if !tried.insert(schema.to_string()) {
                continue;
            }
            let light = light(&pair, &complete, &pointer);
            for kind in &kinds {
                judge(&pair, &with(&light, &pointer, kind.clone()));
            }
        }
    }
}

/// Every character in the middle of a text, some at its ends, and every length that could be the last.
#[test]
fn every_character_is_judged_alike() {
    let mut tried = BTreeSet::new();
    for pair in Pair::all() {
        let complete = complete(pair.reader);
        for (pointer, schema) in spots(&pair, &complete) {
            let Some(pattern) = schema["pattern"].as_str() else { continue };
            // A kind of text in one place is enough, if that is not where it stands for a list; and of PEM little
            // is told.
            let unknown = pair.reader.problems(&with(&complete, &pointer, json!("zz")));
            let is_list = unknown.iter().any(|problem| problem.message.contains("unknown list"));
            if is_list || pattern.contains("BEGIN") || !tried.insert(pattern.to_owned()) {
                continue;
            }
            let good = complete.pointer(&pointer).and_then(Value::as_str).unwrap();
            let light = light(&pair, &complete, &pointer);
            let mut taken = 0;
            for text in texts(good) {
                let verdict = judge(&pair, &with(&light, &pointer, json!(text)));
                taken += usize::from(verdict == Verdict::Taken);
            }
            assert!(taken > 0, "{pointer}");
        }
    }
}

/// Texts that are odd, and good.
#[test]
fn odd_texts_are_taken() {
    let pair = Pair::of(Reader::Policy);
    let mut complete = complete(pair.reader);
    // Else a host has no port.
    complete["global"]["authority"] = json!({});
    let colons = vec!["aB"; 32].join(":");
    for (pointer, texts) in [
        ("/lists/pinned/entries/0/sha256", &[&*colons][..]),
        (
            "/lists/pinned/entries/0/not_after",
            &["2027-01-01t00:00:00z", "2027-01-01 00:00:00.5+01:00"],
        ),
        ("/lists/pinned/entries/0/identity", &["x", "a  b", "\"~\""]),
        ("/lists/numbers/entries/0/issued/serial", &["0", "a1f", "A:1f", "00:00"]),
        ("/lists/authorities/entries/0/subject/dns/0", &["a", "A_-.b", "*.a"]),
        ("/lists/authorities/entries/0/subject/uri/0", &["urn:a", "a:///b/*", "spiffe://a/b"]),
        ("/lists/authorities/entries/0/subject/email/0", &["a@b@c", "*@a"]),
        ("/lists/authorities/entries/0/subject/common_name/0", &[" ", "é\n"]),
        ("/lists/registered/feed/0/path", &["/", "/a?b=\"{}\""]),
        ("/lists/registered/work_per_tick", &["1ms", "099ms", "100ms"]),
        ("/global/expiry_warning", &["0s", "001h", "5m", "250ms", "87600h"]),
        ("/apis/0/match/1/hosts/0", &["a:1", "A_-.b.:65535", "*.[::1]", "[::ffff:1.2.3.4]:80"]),
        ("/apis/0/match/0/path", &["/", "/a/", "/a%20b/caf%C3%A9", "/a:b@c!$&'()*+,=~"]),
        ("/apis/0/match/1/path_prefix", &["/x", "/x/.y"]),
        ("/apis/0/match/2/path_template", &["/{x}", "/{x}/{y}/", "/b%20/{?#%}/c"]),
        ("/apis/0/match/0/methods/0", &["M-SEARCH", "A_1"]),
        ("/apis/0/jwt/identity", &["a/b", "~", "/a", "/a~0b~1c/d e"]),
        ("/apis/0/jwt/from/1/scheme", &["Peer-Gate", "!"]),
        ("/apis/0/jwt/issuers/0", &["x", "é\n"]),
        ("/apis/0/api_key/hmac_secret", &["éééééééé", "0123456789abcdef\n"]),
        ("/forward/identity", &["X_y.z", "!#$%&'*+-^`|~"]),
    ] {
        for text in texts {
            let verdict = judge(&pair, &with(&complete, pointer, json!(text)));
            assert_eq!(verdict, Verdict::Taken, "{pointer}: {text}");
        }
    }
}

/// Texts that are much like a good one.
fn texts(good: &str) -> Vec<String> {
    let (before, after) = good.split_at(good.len() / 2);
    let characters = (b' '..=b'~').map(char::from).chain(['\0', '\t', '\n', '\u{7f}', 'é']);
    let within = characters.map(|one| format!("{before}{one}{after}"));
    let around = " \nAz09/*-_.:=#".chars();
    let around =
        around.flat_map(|one| [format!("{one}{good}"), format!("{good}{one}"), one.into()]);
    let shorter = (0..good.len()).map(|length| good[..length].to_owned());
    let longer = [16_usize, 64, 256, 1024, 2048].into_iter().flat_map(|end| {
        let more = move |length: usize| "a".repeat(length.saturating_sub(good.len()));
        (end - 1..=end + 1).map(move |length| format!("{good}{}", more(length)))
    });
    within.chain(around).chain(shorter).chain(longer).collect()
}

/// Every place of the complete document, by its pointer, and what the schema says of it.
fn spots(pair: &Pair, complete: &Value) -> Vec<(String, Value)> {
    let schema = pair.inlined();
    let mut seen = Vec::new();
    visit(&schema, complete, "", &mut seen);
    seen.into_iter().map(|(form, pointer)| (pointer, form.clone())).collect()
}

/// The document with a list that is read in no time in place of each that admits certificates which it has whole,
/// but for the one that this place is in.
fn light(pair: &Pair, complete: &Value, pointer: &str) -> Value {
    let mut light = complete.clone();
    for (name, list) in light.get_mut("lists").and_then(Value::as_object_mut).into_iter().flatten()
    {
        let is_about = pointer == "/lists" || pointer.starts_with(&format!("/lists/{name}"));
        if !is_about && ["authorities", "pinned"].contains(&name.as_str()) {
            *list = json!({ "entries": [{ "sha256": "cd".repeat(32) }] });
        }
    }
    assert_eq!(judge(pair, &light), Verdict::Taken);
    light
}

/// A document with another value in one place.
fn with(complete: &Value, pointer: &str, value: Value) -> Value {
    let mut document = complete.clone();
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

fn judge(pair: &Pair, document: &Value) -> Verdict {
    let verdict = pair.agree(document);
    verdict.unwrap_or_else(|why| panic!("{:?}: {why}\n{document}", pair.reader))
}
