//! `subject` and `identity` against names of every kind, well-formed or not.

use crate::authority::identity::{IdentityRule, Nameless};
use crate::authority::names::{NameKind, Names};
use crate::authority::profile;
use crate::authority::subject::SubjectRule;

use super::made::{DNS, EMAIL, URI, alternative, certificate, common_names, extension};

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The names of a leaf with these common names and alternative names.
fn names(common: &[&str], others: &[(u8, &str)]) -> Names {
    let issuer = common_names(&["issuer"]);
    let alternative = alternative(others);
    let extensions: &[&[u8]] = if others.is_empty() { &[] } else { &[&alternative] };
    let der = certificate(1, &issuer, &common_names(common), extensions);
    Names::of(&profile::parse(&der).unwrap()).unwrap()
}

fn dns(pattern: &str) -> SubjectRule {
    SubjectRule { dns: Some(vec![pattern.parse().ok().unwrap()]), ..SubjectRule::default() }
}

fn uri(pattern: &str) -> SubjectRule {
    SubjectRule { uri: Some(vec![pattern.parse().ok().unwrap()]), ..SubjectRule::default() }
}

fn email(pattern: &str) -> SubjectRule {
    SubjectRule { email: Some(vec![pattern.parse().ok().unwrap()]), ..SubjectRule::default() }
}

fn common_name(pattern: &str) -> SubjectRule {
    SubjectRule { common_name: Some(vec![pattern.parse().ok().unwrap()]), ..SubjectRule::default() }
}

#[test]
fn hosts() {
    for (pattern, name, expected) in [
        ("a.example", "a.example", true),
        ("A.Example", "a.EXAMPLE", true),
        ("a.example", "b.a.example", false),
        ("a.example", "a.example.", false),
        ("a.example", "*.example", false),
        ("*.example", "a.example", true),
        ("*.example", "a_b-c.example", true),
        ("*.example", "a.b.example", false),
        ("*.example", "example", false),
        ("*.example", ".example", false),
        ("*.example", "*.example", false),
        ("*.example", "a\0.example", false),
        ("*.example", "a.example\0", false),
        ("*.example", "a .example", false),
        ("*.example", "xn--bcher-kva.example", true),
        ("*.example", "a.xexample", false),
        ("*.b.example", "a.b.example", true),
        ("localhost", "localhost", true),
        ("a.example", "", false),
        ("*.example", "ä.example", false),
    ] {
        let found = dns(pattern).matches(&names(&["x"], &[(DNS, name)]));
        assert_eq!(found, expected, "{pattern} {name:?}");
    }
    // Whatever it looks like, only a DNS name is one.
    assert!(!dns("a.example").matches(&names(&["a.example"], &[])));
    assert!(!dns("a.example").matches(&names(&["x"], &[(URI, "a.example"), (EMAIL, "a.example")])));
    let long = format!("{}.example", "a".repeat(64));
    assert!(!dns("*.example").matches(&names(&["x"], &[(DNS, &long)])));
}

#[test]
fn uris() {
    for (pattern, name, expected) in [
        ("https://a.example/b", "https://a.example/b", true),
        ("https://a.example/b", "https://A.example/b", false),
        ("https://a.example/b", "https://a.example/b/", false),
        ("https://a.example/*", "https://a.example/b", true),
        ("https://a.example/*", "https://a.example/b/c", true),
        ("https://a.example/*", "https://a.example/", false),
        ("https://a.example/*", "https://a.example", false),
        ("https://a.example/*", "https://a.example.evil/", false),
        ("https://a.example/*", "https://a.example/*", false),
        ("https://a.example/*", "https://a.example/\0", false),
        ("https://a.example/*", "https://a.example/ b", false),
        ("urn:a:*", "urn:a:*", false),
        ("spiffe://td/*", "spiffe://td/a", true),
        ("spiffe://td/*", "spiffe://td/", false),
        ("spiffe://td/*", "spiffe://td", false),
        ("spiffe://td/*", "spiffe://td/a/../b", false),
        ("spiffe://td/*", "spiffe://td/a/", false),
        ("spiffe://td/*", "spiffe://td/a?b", false),
        ("spiffe://td/a/*", "spiffe://td/ab", false),
        ("spiffe://td", "spiffe://td", true),
        ("spiffe://td", "spiffe://TD", false),
    ] {
        let Ok(parsed) = pattern.parse() else {
            assert!(!expected, "{pattern}");
            continue;
        };
        let rule = SubjectRule { uri: Some(vec![parsed]), ..SubjectRule::default() };
        assert_eq!(rule.matches(&names(&["x"], &[(URI, name)])), expected, "{pattern} {name:?}");
    }
    // One URI is a SPIFFE ID, several are none, and nothing but URIs counts.
    let id = (URI, "spiffe://td/a");
    for (others, expected) in [
        (vec![id], true),
        (vec![id, (DNS, "a.example"), (EMAIL, "a@a.example")], true),
        (vec![id, id], false),
        (vec![id, (URI, "https://a.example")], false),
        (vec![(URI, "https://a.example"), id], false),
        (vec![id, (URI, "*")], false),
        (vec![(DNS, "spiffe://td/a")], false),
    ] {
        let found = uri("spiffe://td/*").matches(&names(&["x"], &others));
        assert_eq!(found, expected, "{others:?}");
    }
}

#[test]
fn who_signs_has_no_spiffe_id() {
    // keyCertSign, cRLSign, and digitalSignature.
    for (bits, expected) in [(0x04, false), (0x02, false), (0x80, true)] {
        let alternative = alternative(&[(URI, "spiffe://td/a")]);
        let usage = extension(&[0x55, 0x1d, 0x0f], &[3, 2, 0, bits]);
        let der = certificate(
            1,
            &common_names(&["issuer"]),
            &common_names(&["x"]),
            &[&alternative, &usage],
        );
        let names = Names::of(&profile::parse(&der).unwrap()).unwrap();
        assert_eq!(uri("spiffe://td/*").matches(&names), expected, "{bits:02x}");
        assert_eq!(IdentityRule::Only(NameKind::Uri).of(&names).is_ok(), expected, "{bits:02x}");
    }
}

#[test]
fn mailboxes() {
    for (pattern, name, expected) in [
        ("a@b.example", "a@b.example", true),
        ("a@b.example", "a@B.EXAMPLE", true),
        ("a@b.example", "A@b.example", false),
        ("*@b.example", "a@b.example", true),
        ("*@b.example", "@b.example", false),
        ("*@b.example", "b.example", false),
        ("*@b.example", "*@b.example", false),
        ("*@b.example", "a@b.example@c.example", false),
        ("*@b.example", "a@x.b.example", false),
        ("*@b.example", "a\0@b.example", false),
        ("*@b.example", "a@b.example\0", false),
    ] {
        let found = email(pattern).matches(&names(&["x"], &[(EMAIL, name)]));
        assert_eq!(found, expected, "{pattern} {name:?}");
    }
}

#[test]
fn common_names_count_where_nothing_better_is() {
    let rule = common_name("alice");
    assert!(rule.matches(&names(&["alice"], &[])));
    assert!(rule.matches(&names(&["alice"], &[(EMAIL, "a@b.example"), (URI, "urn:a")])));
    for (common, others) in [
        (vec!["alice"], vec![(DNS, "a.example")]),
        // What is no host name is a DNS name all the same.
        (vec!["alice"], vec![(DNS, "*")]),
        (vec!["alice", "bob"], vec![]),
        (vec!["bob", "alice"], vec![]),
        (vec!["alice", "alice"], vec![]),
        (vec!["Alice"], vec![]),
        (vec!["alice\0"], vec![]),
        (vec!["alice\0.example"], vec![]),
        (vec!["*"], vec![]),
        (vec![" alice"], vec![]),
        (vec![], vec![]),
    ] {
        assert!(!rule.matches(&names(&common, &others)), "{common:?} {others:?}");
    }
}

#[test]
fn every_kind_that_is_given_must_match() {
    let both = SubjectRule { email: email("*@b.example").email, ..dns("*.example") };
    assert!(both.matches(&names(&["x"], &[(DNS, "a.example"), (EMAIL, "a@b.example")])));
    assert!(both.matches(&names(
        &["x"],
        &[(DNS, "*"), (DNS, "a.example"), (EMAIL, "c@c.example"), (EMAIL, "a@b.example")]
    )));
    assert!(!both.matches(&names(&["x"], &[(DNS, "a.example")])));
    assert!(!both.matches(&names(&["x"], &[(EMAIL, "a@b.example")])));
    assert!(SubjectRule::default().matches(&names(&[], &[])));
}

#[test]
fn the_identity_is_the_only_name_or_nobody() {
    let only = |kind, common: &[&str], others: &[(u8, &str)]| {
        IdentityRule::Only(kind).of(&names(common, others)).map(Option::unwrap)
    };
    let long = format!("urn:{}", "a".repeat(253));
    for (kind, common, others, expected) in [
        (NameKind::Dns, vec![], vec![(DNS, "A.example")], Some("a.example")),
        (NameKind::Dns, vec![], vec![(DNS, "a.example"), (DNS, "*.example")], None),
        (NameKind::Dns, vec![], vec![(DNS, "a.example"), (DNS, "a.example")], None),
        (NameKind::Dns, vec!["a.example"], vec![], None),
        (NameKind::Dns, vec![], vec![(DNS, "*.example")], None),
        (NameKind::Uri, vec![], vec![(URI, "urn:a")], Some("urn:a")),
        (NameKind::Uri, vec![], vec![(URI, "urn:%41")], Some("urn:%2541")),
        (NameKind::Uri, vec![], vec![(URI, "spiffe://td/a")], Some("spiffe://td/a")),
        (NameKind::Uri, vec![], vec![(URI, "Spiffe://td/a")], None),
        (NameKind::Uri, vec![], vec![(URI, "spiffe:td")], None),
        (NameKind::Uri, vec![], vec![(URI, "urn:a b")], None),
        (NameKind::Uri, vec![], vec![(URI, &long)], None),
        (NameKind::Email, vec![], vec![(EMAIL, "a@b.example")], Some("a@b.example")),
        (NameKind::Email, vec![], vec![], None),
        (NameKind::CommonName, vec!["alice"], vec![], Some("alice")),
        (NameKind::CommonName, vec!["Zoë"], vec![], Some("Zo%C3%AB")),
        (NameKind::CommonName, vec!["a\r\nb"], vec![], Some("a%0D%0Ab")),
        (NameKind::CommonName, vec!["100 %"], vec![], Some("100 %25")),
        (NameKind::CommonName, vec!["alice", "bob"], vec![], None),
        (NameKind::CommonName, vec!["*"], vec![], None),
        (NameKind::CommonName, vec!["\0"], vec![], None),
        (NameKind::CommonName, vec![" alice"], vec![], None),
        (NameKind::CommonName, vec![""], vec![], None),
    ] {
        let expected = expected.map(Into::into).ok_or(Nameless);
        assert_eq!(only(kind, &common, &others), expected, "{kind:?} {common:?} {others:?}");
    }
    let subject = |common: &[&str]| IdentityRule::Subject.of(&names(common, &[]));
    assert_eq!(subject(&["bob", "alice"]), Ok(Some("CN=alice,CN=bob".into())));
    assert_eq!(subject(&[]), Ok(None));
    assert_eq!(subject(&[&"a".repeat(254)]), Err(Nameless));
}

#[test]
fn names_that_are_malformed_are_none() {
    let (issuer, subject) = (common_names(&["issuer"]), common_names(&["x"]));
    // A name that is cut off, and two blocks of names.
    let one = alternative(&[(DNS, "a.example")]);
    let blocks: [&[&[u8]]; 2] =
        [&[&extension(&[0x55, 0x1d, 0x11], &[0x30, 5, 0x82, 9, b'x'])], &[&one, &one]];
    for extensions in blocks {
        let der = certificate(1, &issuer, &subject, extensions);
        let parsed = profile::parse(&der);
        assert!(!parsed.is_ok_and(|parsed| Names::of(&parsed).is_some()));
    }
}
