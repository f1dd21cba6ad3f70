//! Revocation lists.

use peergate_lab::pki::{Authority, Charter, Crl, Identity, KeyKind, KeyUsage, Leaf};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::{CertRevocationListError, CertificateError, Error};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::judge::Judge;

const REVOKED: Result<(), Error> = Err(Error::InvalidCertificate(CertificateError::Revoked));

fn verdict(root: &Authority, crl: String, client: &Identity) -> Result<(), Error> {
    Judge::trusting(root).crl(&crl).verify(client)
}

#[test]
fn who_is_on_the_list_is_revoked() {
    for kind in KeyKind::ALL {
        let root = Authority::new(Charter::new("root").key(kind));
        let (alice, bob) = (root.issue(Leaf::client("alice")), root.issue(Leaf::client("bob")));
        assert_eq!(verdict(&root, root.crl(&[&bob]), &bob), REVOKED, "{kind:?}");
        assert_eq!(verdict(&root, root.crl(&[&bob]), &alice), Ok(()), "{kind:?}");
        assert_eq!(verdict(&root, root.crl(&[]), &bob), Ok(()), "{kind:?}");
    }
}

#[test]
fn any_serial_can_be_revoked() {
    let root = Authority::new("root");
    // The first bit set, a leading zero octet, twenty octets.
    for serial in [vec![0x8a, 0x1f], vec![0, 0x12], vec![0x7f; 20]] {
        let alice = root.issue(Leaf::client("alice").serial(&serial));
        let by_serial = Crl::new(&[]).serial(&serial);
        assert_eq!(verdict(&root, root.crl(&[&alice]), &alice), REVOKED);
        assert_eq!(verdict(&root, root.crl(by_serial), &alice), REVOKED);
    }
}

#[test]
fn an_authority_between_can_be_revoked() {
    let root = Authority::new("root");
    let issuing = root.subordinate("issuing");
    let alice = issuing.issue(Leaf::client("alice"));
    let judge = Judge::trusting(&root).crl(&issuing.crl(&[]));
    judge.clone().crl(&root.crl(&[])).verify(&alice).expect("nobody is revoked");
    judge.crl(&root.crl(&[issuing.identity()])).verify(&alice).expect_err("its issuer is revoked");
}

#[test]
fn a_list_has_its_time() {
    let root = Authority::new("root");
    let alice = root.issue(Leaf::client("alice"));
    let expired = verdict(&root, root.crl(Crl::new(&[]).expired()), &alice).expect_err("expired");
    assert!(format!("{expired:?}").contains("ExpiredRevocationList"), "{expired:?}");

    let hour = OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    let crl = Crl::new(&[&alice]).this_update(hour).next_update(hour + Duration::HOUR);
    let der = pem::parse(root.crl(crl)).unwrap();
    assert_eq!(der.tag(), "X509 CRL");
    let (rest, parsed) = CertificateRevocationList::from_der(der.contents()).unwrap();
    assert!(rest.is_empty());
    assert_eq!(parsed.last_update().timestamp(), 1_700_000_000);
    assert_eq!(parsed.next_update().unwrap().timestamp(), 1_700_003_600);
    assert_eq!(parsed.iter_revoked_certificates().count(), 1);

    let future = pem::parse(root.crl(Crl::new(&[]).not_yet_valid())).unwrap();
    let (_, parsed) = CertificateRevocationList::from_der(future.contents()).unwrap();
    assert!(parsed.last_update().timestamp() > OffsetDateTime::now_utc().unix_timestamp());
}

#[test]
fn an_impostors_list_names_the_issuer_and_is_not_its_own() {
    let root = Authority::new("root");
    let alice = root.issue(Leaf::client("alice"));
    let forged = root.impostor().crl(&[&alice]);
    let bad = Error::InvalidCertRevocationList(CertRevocationListError::BadSignature);
    assert_eq!(verdict(&root, forged, &alice), Err(bad));
}

#[test]
fn an_authority_that_may_not_sign_a_list_signs_one() {
    let root = Authority::new("root");
    let issuing = root.subordinate(Charter::new("issuing").key_usage(&[KeyUsage::CertSign]));
    let alice = issuing.issue(Leaf::client("alice"));
    let judge = Judge::trusting(&root).crl(&root.crl(&[])).crl(&issuing.crl(&[&alice]));
    let refused = Error::InvalidCertRevocationList(CertRevocationListError::IssuerInvalidForCrl);
    assert_eq!(judge.verify(&alice), Err(refused));
}

#[test]
fn a_list_may_be_for_some_certificates_alone() {
    let root = Authority::new("root");
    let alice = root.issue(Leaf::client("alice"));
    let part = root.crl(Crl::new(&[&alice]).distribution_point("http://crl.example/1"));
    let der = pem::parse(&part).unwrap();
    let (_, parsed) = CertificateRevocationList::from_der(der.contents()).unwrap();
    let point = parsed.extensions().iter().find(|it| it.oid.to_id_string() == "2.5.29.28");
    assert!(point.unwrap().critical);
    // Alice names no distribution point; webpki then takes every list of her issuer.
    assert_eq!(verdict(&root, part, &alice), REVOKED);
}
