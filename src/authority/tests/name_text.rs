//! Names as text: RFC 4514's own examples, and that two names never look alike.

use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use crate::authority::name_text::text;

use super::made::{Attribute, COMMON_NAME, OCTETS, UTF8, name};

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const UNIT: &[u8] = &[0x55, 4, 11];
const COMPONENT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25];
const USER: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1];
/// 1.3.6.1.4.1.1466.0, of which nobody knows anything.
const UNKNOWN: &[u8] = &[0x2b, 6, 1, 4, 1, 0x8b, 0x3a, 0];

fn written(parts: &[&[Attribute<'_>]]) -> String {
    let der = name(parts);
    let (_, name) = X509Name::from_der(&der).unwrap();
    text(&name)
}

fn common(name: &str) -> String {
    written(&[&[(COMMON_NAME, UTF8, name.as_bytes())]])
}

#[test]
fn the_examples_of_the_rfc() {
    let net = (COMPONENT, 0x16, &b"net"[..]);
    let example = (COMPONENT, 0x16, &b"example"[..]);
    let below = |attributes: &[Attribute<'_>]| written(&[&[net], &[example], attributes]);
    assert_eq!(below(&[(USER, UTF8, b"jsmith")]), "UID=jsmith,DC=example,DC=net");
    assert_eq!(
        below(&[(UNIT, UTF8, b"Sales"), (COMMON_NAME, UTF8, b"J.  Smith")]),
        "OU=Sales+CN=J.  Smith,DC=example,DC=net"
    );
    assert_eq!(
        below(&[(COMMON_NAME, UTF8, b"James \"Jim\" Smith, III")]),
        "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net"
    );
    assert_eq!(
        below(&[(COMMON_NAME, UTF8, b"Before\rAfter")]),
        "CN=Before\\0DAfter,DC=example,DC=net"
    );
    assert_eq!(written(&[&[(UNKNOWN, OCTETS, b"Hi")]]), "1.3.6.1.4.1.1466.0=#04024869");
    assert_eq!(common("Lučić"), "CN=Lu\\C4\\8Di\\C4\\87");
}

#[test]
fn values_are_escaped() {
    for (value, text) in [
        ("alice", "alice"),
        ("a,b+c\"d\\e<f>g;h=i", "a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h\\=i"),
        ("#a#", "\\#a#"),
        (" a b ", "\\ a b\\ "),
        (" ", "\\ "),
        ("", ""),
        ("\0", "\\00"),
        ("\u{7f}\t", "\\7F\\09"),
        ("ë", "\\C3\\AB"),
        ("*", "*"),
    ] {
        assert_eq!(common(value), format!("CN={text}"), "{value:?}");
    }
}

#[test]
fn no_name_looks_like_another() {
    let organized = |common: &str, organization: &str| {
        let (common, organization) = (common.as_bytes(), organization.as_bytes());
        written(&[&[(ORGANIZATION, UTF8, organization)], &[(COMMON_NAME, UTF8, common)]])
    };
    let at_once = written(&[&[(ORGANIZATION, UTF8, b"Acme"), (COMMON_NAME, UTF8, b"alice")]]);
    let reversed = written(&[&[(COMMON_NAME, UTF8, b"alice")], &[(ORGANIZATION, UTF8, b"Acme")]]);
    let texts = [
        organized("alice", "Acme"),
        at_once,
        reversed,
        common("alice,O=Acme"),
        common("alice\\,O=Acme"),
        common("alice\\2CO=Acme"),
        common("alice+O=Acme"),
        organized("", "Acme"),
        organized("alice", ""),
        common("alice"),
        written(&[&[(COMMON_NAME, OCTETS, b"alice")]]),
        written(&[&[(UNKNOWN, UTF8, b"alice")]]),
        common("1.3.6.1.4.1.1466.0=#0c616c696365"),
        common("#616c696365"),
        written(&[]),
    ];
    for (index, text) in texts.iter().enumerate() {
        assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{text}");
        let twin = texts.iter().position(|other| other == text);
        assert_eq!(twin, Some(index), "{text}");
    }
}
