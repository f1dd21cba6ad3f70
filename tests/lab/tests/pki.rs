//! Certificates are what they claim to be, and forgeries pass where they should.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use peergate_lab::pki::{Authority, Identity, KeyKind, Leaf, decoy, twin};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{Error, RootCertStore};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

#[test]
fn a_twin_differs_in_its_signature_alone_and_verifies() {
    let authority = Authority::new("root");
    // s comes in all lengths: enough rounds to meet a short one now and then.
    for _ in 0..64 {
        let honest = authority.issue(Leaf::client("alice"));
        let forged = twin(&honest);
        assert_ne!(honest.fingerprint(), forged.fingerprint());
        assert_eq!(honest.spki_sha256(), forged.spki_sha256());
        assert_eq!(twin(&forged).fingerprint(), honest.fingerprint());

        let (honest, issuer) = (parse(&honest.certificate), parse(authority.certificate()));
        let parsed = parse(&forged.certificate);
        assert_eq!(honest.tbs_certificate.as_ref(), parsed.tbs_certificate.as_ref());
        let key = &issuer.public_key().subject_public_key.data;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
            .verify(parsed.tbs_certificate.as_ref(), &parsed.signature_value.data)
            .expect("the twin's signature holds");
        verify(&authority, &forged).expect("webpki accepts the twin");
    }
}

#[test]
fn a_self_signed_certificate_has_a_twin() {
    let honest = Identity::self_signed(Leaf::client("alice"));
    assert_ne!(honest.fingerprint(), twin(&honest).fingerprint());
}

#[test]
fn a_decoy_follows_the_leaf() {
    let authority = Authority::new("root");
    let mallory = decoy(&Identity::self_signed(Leaf::client("mallory")), authority.certificate());
    assert_eq!(mallory.presented().count(), 2);
    assert_eq!(mallory.pem().matches("BEGIN CERTIFICATE").count(), 2);
    verify(&authority, &mallory).expect_err("a decoy convinces no verifier");
}

#[test]
fn a_renewal_keeps_the_key_and_changes_the_rest() {
    let authority = Authority::new("root");
    for key in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Ed25519] {
        let before = authority.issue(Leaf::client("alice").key(key));
        for after in
            [authority.renew(&before, Leaf::client("alice")), before.renew(Leaf::client("alice"))]
        {
            assert_eq!(before.spki_sha256(), after.spki_sha256(), "{key:?}");
            assert_ne!(before.fingerprint(), after.fingerprint(), "{key:?}");
            assert_ne!(before.serial_hex(), after.serial_hex(), "{key:?}");
        }
        verify(&authority, &before).expect("an issued certificate verifies");
    }
}

#[test]
fn a_subordinate_is_presented_between_leaf_and_root() {
    let root = Authority::new("root");
    let issuing = root.subordinate("issuing");
    let alice = issuing.issue(Leaf::client("alice"));
    assert_eq!(alice.chain, [issuing.certificate().clone()]);
    verify(&root, &alice).expect("the chain leads to the root");
    assert_eq!(issuing.subordinate("third").issue(Leaf::client("bob")).chain.len(), 2);
}

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

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> X509Certificate<'a> {
    X509Certificate::from_der(certificate).expect("a certificate").1
}

fn verify(authority: &Authority, client: &Identity) -> Result<(), Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate().clone()).expect("a root");
    let provider = Arc::new(default_provider());
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .expect("a verifier")
        .verify_client_cert(&client.certificate, &client.chain, UnixTime::now())
        .map(drop)
}
