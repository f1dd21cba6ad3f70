//! Renewals, and what is presented.

use peergate_lab::pki::{Authority, Charter, KeyKind, Leaf};
use tokio_rustls::rustls::{CertificateError, Error};

use crate::judge::{Judge, verify};

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
fn an_identity_presents_what_it_is_told() {
    let root = Authority::new("root");
    let issuing = root.subordinate("issuing");
    let alice = issuing.issue(Leaf::client("alice"));
    verify(&root, &alice).expect("the chain leads to the root");

    let bare = alice.without_chain();
    assert_eq!((bare.presented().count(), bare.fingerprint()), (1, alice.fingerprint()));
    let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
    assert_eq!(verify(&root, &bare), Err(unknown), "nobody knows the authority between");

    let again = bare.presenting([Authority::new("other").certificate(), issuing.certificate()]);
    assert_eq!(again.presented().count(), 3);
    verify(&root, &again).expect("the order does not matter");
}

#[test]
fn a_chain_may_be_long() {
    let root = Authority::new("root");
    let alice = root.descend(200).issue(Leaf::client("alice"));
    assert_eq!(alice.chain.len(), 200);
    verify(&root, &alice).expect_err("webpki follows six authorities");
    let bob = root.descend(6).issue(Leaf::client("bob"));
    verify(&root, &bob).expect("webpki follows six authorities");

    let decoy = Authority::new("decoy");
    let mallory = root.issue(Leaf::client("mallory")).presenting(vec![decoy.certificate(); 200]);
    assert_eq!(mallory.presented().count(), 201);
    verify(&root, &mallory).expect("decoys between are skipped");
}

#[test]
fn an_authority_is_renewed_with_its_key() {
    let old = Authority::new(Charter::new("root").expired());
    let new = old.renewed("root");
    assert_eq!(old.identity().spki_sha256(), new.identity().spki_sha256());
    assert_ne!(old.identity().serial_hex(), new.identity().serial_hex());
    let alice = old.issue(Leaf::client("alice"));
    Judge::trusting(&new).verify(&alice).expect("one name and one key");
}
