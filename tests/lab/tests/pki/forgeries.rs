//! Twins and decoys.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use peergate_lab::pki::{Authority, Identity, Leaf, decoy, twin};

use crate::judge::{parse, verify};

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
