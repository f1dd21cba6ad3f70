//! Authorities, ordinary and not.

use peergate_lab::pki::{Authority, Charter, KeyUsage, Leaf, Usage};
use tokio_rustls::rustls::Error;

use crate::judge::{Judge, parse, verify};

#[test]
fn a_subordinate_is_presented_between_leaf_and_root() {
    let root = Authority::new("root");
    let issuing = root.subordinate("issuing");
    let alice = issuing.issue(Leaf::client("alice"));
    assert_eq!(alice.chain, [issuing.certificate().clone()]);
    verify(&root, &alice).expect("the chain leads to the root");
    assert_eq!(issuing.subordinate("third").issue(Leaf::client("bob")).chain.len(), 2);
}

/// Whether a leaf of an authority between passes.
fn between(charter: Charter) -> Result<(), Error> {
    let root = Authority::new("root");
    verify(&root, &root.subordinate(charter).issue(Leaf::client("alice").dns("a.example")))
}

#[test]
fn an_authority_has_its_time() {
    between(Charter::new("issuing").expired()).expect_err("it expired");
    between(Charter::new("issuing").not_yet_valid()).expect_err("it has not begun");
    between(Charter::new("issuing")).expect("it holds");
}

#[test]
fn a_path_has_its_length() {
    let root = Authority::new(Charter::new("root"));
    let one = root.subordinate(Charter::new("one").path_length(0));
    let parsed = parse(one.certificate()).basic_constraints().unwrap().unwrap().value.clone();
    assert_eq!((parsed.ca, parsed.path_len_constraint), (true, Some(0)));
    verify(&root, &one.issue(Leaf::client("alice"))).expect("no authority below");
    let two = one.subordinate("two");
    verify(&root, &two.issue(Leaf::client("alice"))).expect_err("an authority below");
}

#[test]
fn names_are_constrained() {
    between(Charter::new("issuing").permitted_dns("example")).expect("a.example is below");
    between(Charter::new("issuing").permitted_dns("other")).expect_err("a.example is not");
    between(Charter::new("issuing").permitted_dns("other").permitted_dns("example"))
        .expect("one of them permits");
    between(Charter::new("issuing").excluded_dns("a.example")).expect_err("it is excluded");
}

#[test]
fn what_is_no_authority_signs_all_the_same() {
    for charter in [
        Charter::new("issuing").without_ca_bit(),
        Charter::new("issuing").without_basic_constraints(),
    ] {
        between(charter).expect_err("not an authority");
    }
    between(Charter::new("issuing").unknown_critical_extension()).expect_err("nobody knows it");
    between(Charter::new("issuing").usages(&[Usage::Server])).expect_err("for servers alone");
    between(Charter::new("issuing").usages(&[Usage::Client])).expect("for clients");
}

#[test]
fn key_usage_is_chosen() {
    let flags = |usage: &[KeyUsage]| {
        let authority = Authority::new(Charter::new("root").key_usage(usage));
        let parsed = parse(authority.certificate());
        parsed.key_usage().unwrap().map(|it| (it.value.key_cert_sign(), it.value.crl_sign()))
    };
    assert_eq!(flags(&[]), None);
    assert_eq!(flags(&[KeyUsage::CertSign]), Some((true, false)));
    assert_eq!(flags(&[KeyUsage::CrlSign]), Some((false, true)));
    // Who heeds key usage has to refuse this; webpki is not among them.
    between(Charter::new("issuing").key_usage(&[KeyUsage::CrlSign])).expect("webpki does not look");
}

#[test]
fn an_impostor_has_the_name_and_not_the_key() {
    let root = Authority::new(Charter::new("root").organization("Example"));
    let impostor = root.impostor();
    let (honest, false_one) = (parse(root.certificate()), parse(impostor.certificate()));
    assert_eq!(honest.subject().as_raw(), false_one.subject().as_raw());
    assert_ne!(root.identity().spki_sha256(), impostor.identity().spki_sha256());
    let identifier = |certificate: &x509_parser::certificate::X509Certificate<'_>| {
        let oid = x509_parser::oid_registry::OID_X509_EXT_SUBJECT_KEY_IDENTIFIER;
        certificate.get_extension_unique(&oid).unwrap().unwrap().value.to_vec()
    };
    assert_eq!(identifier(&honest), identifier(&false_one));

    let mallory = impostor.issue(Leaf::client("mallory"));
    verify(&root, &mallory).expect_err("signed by another key");
    verify(&impostor, &mallory).expect("signed by its key");
}

#[test]
fn a_cross_signed_authority_has_two_ways_up() {
    let (old, new) = (Authority::new("old root"), Authority::new("new root"));
    let issuing = old.subordinate("issuing");
    let crossed = new.cross_sign(&issuing);
    assert_eq!(issuing.identity().spki_sha256(), crossed.identity().spki_sha256());
    assert_ne!(issuing.identity().fingerprint(), crossed.identity().fingerprint());

    let alice = issuing.issue(Leaf::client("alice"));
    verify(&old, &alice).expect("the first way");
    verify(&new, &alice).expect_err("nobody shows the second way");
    let both = alice.presenting([crossed.certificate()]);
    verify(&new, &both).expect("the second way, behind one that leads nowhere");
    verify(&old, &both).expect("the first way");
    verify(&new, &crossed.issue(Leaf::client("bob"))).expect("its own leaves show it");

    let stale = old.cross_sign_as(&issuing, Charter::new("issuing").expired());
    let bob = alice.without_chain().presenting([stale.certificate(), issuing.certificate()]);
    verify(&old, &bob).expect("the way that has expired is not the only one");
    verify(&old, &alice.without_chain().presenting([stale.certificate()])).expect_err("expired");
}

#[test]
fn roots_may_cross_sign_each_other() {
    let (a, b) = (Authority::new("a"), Authority::new("b"));
    let (a_by_b, b_by_a) = (b.cross_sign(&a), a.cross_sign(&b));
    let alice = a.issue(Leaf::client("alice"));
    let alice = alice.presenting([a_by_b.certificate(), b_by_a.certificate()]);
    Judge::trusting(&b).verify(&alice).expect("a way through a loop");
    verify(&Authority::new("c"), &alice).expect_err("no way, and an end");
}
