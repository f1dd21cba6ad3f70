//! Leaves say what they were told.

use std::net::IpAddr;

use peergate_lab::pki::{Authority, Charter, Identity, KeyKind, KeyUsage, Leaf, Usage};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::{CertificateError, Error};
use x509_parser::extensions::{GeneralName, ParsedExtension};

use crate::judge::{parse, verify};

#[test]
fn a_leaf_says_what_it_was_told() {
    let hour = OffsetDateTime::from_unix_timestamp(1_700_000_000).expect("a time");
    let leaf = Leaf::client("alice")
        .organization("Example")
        .dns("alice.example")
        .uri("spiffe://example/alice")
        .not_before(hour)
        .not_after(hour + Duration::HOUR)
        .serial(&[0x8a, 0x1f]);
    let authority = Authority::new("root");
    let alice = authority.issue(leaf);
    assert_eq!(alice.serial_hex(), "8A:1F");

    let parsed = parse(&alice.certificate);
    assert_eq!(parsed.validity().not_before.timestamp(), 1_700_000_000);
    assert_eq!(parsed.validity().not_after.timestamp(), 1_700_003_600);
    assert_eq!(parsed.subject().to_string(), "CN=alice, O=Example");
    let names = parsed.subject_alternative_name().expect("names").expect("names").value;
    assert_eq!(names.general_names.len(), 2);
    verify(&authority, &alice).expect_err("it expired in 2023");
}

#[test]
fn alternative_names_come_in_every_kind_and_number() {
    let addresses: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let leaf = Leaf::client("alice")
        .dns("a.example")
        .dns("*.example")
        .dns("a.example\0.evil")
        .uri("spiffe://example/a")
        .uri("spiffe://example/b")
        .email("a@example")
        .ip(addresses[0])
        .ip(addresses[1]);
    let alice = Authority::new("root").issue(leaf);
    let parsed = parse(&alice.certificate);
    let names = &parsed.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert_eq!(
        names[..],
        [
            GeneralName::DNSName("a.example"),
            GeneralName::DNSName("*.example"),
            GeneralName::DNSName("a.example\0.evil"),
            GeneralName::URI("spiffe://example/a"),
            GeneralName::URI("spiffe://example/b"),
            GeneralName::RFC822Name("a@example"),
            GeneralName::IPAddress(&[192, 0, 2, 1]),
            GeneralName::IPAddress(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        ]
    );
}

#[test]
fn a_subject_is_empty_or_names_twice() {
    let root = Authority::new("root");
    let nobody = root.issue(Leaf::nameless().usages(&[Usage::Client]).dns("a.example"));
    let parsed = parse(&nobody.certificate);
    assert_eq!(parsed.subject().as_raw(), [0x30, 0]);
    assert!(parsed.subject_alternative_name().unwrap().unwrap().critical, "RFC 5280, 4.2.1.6");
    verify(&root, &nobody).expect("a subject may be empty");

    let leaf = Leaf::client("alice").organization("A").common_name("bob").organization("B");
    let both = root.issue(leaf.organizational_unit("U"));
    assert_eq!(parse(&both.certificate).subject().to_string(), "CN=alice, O=A, CN=bob, O=B, OU=U");
    verify(&root, &both).expect("a subject may name twice");
}

#[test]
fn usages_are_chosen() {
    let root = Authority::new("root");
    let (client, server) = (Usage::Client, Usage::Server);
    for (usages, passes) in [
        (vec![], true),
        (vec![client], true),
        (vec![server], false),
        (vec![client, server], true),
        // RFC 5280 lets it stand for every usage; webpki does not.
        (vec![Usage::Any], false),
    ] {
        let alice = root.issue(Leaf::new("alice").usages(&usages));
        let parsed = parse(&alice.certificate);
        let found = parsed.extended_key_usage().unwrap().map(|it| it.value);
        assert_eq!(found.is_some(), !usages.is_empty());
        let has = |usage| usages.contains(&usage);
        assert_eq!(found.is_some_and(|it| it.client_auth), has(client));
        assert_eq!(found.is_some_and(|it| it.server_auth), has(server));
        assert_eq!(found.is_some_and(|it| it.any), has(Usage::Any));
        assert_eq!(verify(&root, &alice).is_ok(), passes, "{usages:?}");
    }
}

#[test]
fn a_leaf_may_claim_what_an_authority_does() {
    let root = Authority::new("root");
    let usage = [KeyUsage::DigitalSignature, KeyUsage::CertSign];
    let signing = root.issue(Leaf::client("alice").key_usage(&usage));
    let flags = parse(&signing.certificate).key_usage().unwrap().unwrap().value.flags;
    assert_eq!(flags, 1 | 1 << 5);
    assert!(parse(&signing.certificate).basic_constraints().unwrap().is_none());
    verify(&root, &signing).expect("webpki leaves a leaf's key usage alone");

    let without = root.issue(Leaf::client("alice").key_usage(&[]));
    assert!(parse(&without.certificate).key_usage().unwrap().is_none());

    let posing = root.issue(Leaf::client("alice").ca_bit());
    assert!(parse(&posing.certificate).is_ca());
    let refused = verify(&root, &posing).expect_err("a CA is no leaf");
    assert!(format!("{refused:?}").contains("CaUsedAsEndEntity"), "{refused:?}");
}

#[test]
fn a_leaf_has_its_time() {
    let root = Authority::new("root");
    let verdict = |leaf| match verify(&root, &root.issue(leaf)) {
        Err(Error::InvalidCertificate(error)) => Err(error),
        other => Ok(other),
    };
    let expired = verdict(Leaf::client("alice").expired());
    assert!(matches!(expired, Err(CertificateError::ExpiredContext { .. })), "{expired:?}");
    let early = verdict(Leaf::client("alice").not_yet_valid());
    assert!(matches!(early, Err(CertificateError::NotValidYetContext { .. })), "{early:?}");
}

#[test]
fn extensions_are_added_as_they_are() {
    let root = Authority::new("root");
    let unknown = root.issue(Leaf::client("alice").unknown_critical_extension());
    let found = parse(&unknown.certificate);
    let found = found.extensions().last().unwrap();
    assert!(found.critical);
    assert!(matches!(found.parsed_extension(), ParsedExtension::UnsupportedExtension { .. }));
    verify(&root, &unknown).expect_err("nobody knows the extension");

    // A DNS name of bytes that are no ASCII: 0x82 is [2], the tag of a DNS name.
    let names = [0x30, 4, 0x82, 2, 0xc3, 0xa4];
    let umlaut = root.issue(Leaf::client("alice").extension(&[2, 5, 29, 17], false, &names));
    let found = parse(&umlaut.certificate);
    let raw = found.extensions().last().unwrap();
    assert_eq!((raw.critical, raw.value), (false, names.as_slice()));
}

#[test]
fn every_kind_of_key_signs_and_is_signed() {
    for kind in KeyKind::ALL {
        let root = Authority::new(Charter::new("root").key(kind));
        let alice = root.issue(Leaf::client("alice").key(kind));
        verify(&root, &alice).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let itself = Identity::self_signed(Leaf::client("alice").key(kind));
        // Algorithm and key in DER, which tell every kind from every other.
        let octets = match kind {
            KeyKind::P256 => 91,
            KeyKind::P384 => 120,
            KeyKind::P521 => 158,
            KeyKind::Rsa2048 => 294,
            KeyKind::Rsa3072 => 422,
            KeyKind::Rsa4096 => 550,
            KeyKind::Ed25519 => 44,
        };
        assert_eq!(parse(&itself.certificate).public_key().raw.len(), octets, "{kind:?}");
    }
}
