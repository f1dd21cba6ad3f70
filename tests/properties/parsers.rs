//! No bytes make a parser panic, and what one accepts it accepted whole.

use peergate::carrier::{pem, xfcc};
use peergate::{Fingerprint, KeyHash, Leaf, Name, Policy, Serial};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::certificates::any_certificate;
use crate::config;
use crate::mutation::{apply, mutations};
use crate::plan::plans;
use crate::wire::encode;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..200)
}

/// Trees with the language's own words in them.
fn tree() -> impl Strategy<Value = Value> {
    let word =
        "version|lists|entries|sha256|global|allow|apis|name|match|hosts|path|policy|any_of|a";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(1), any::<i32>()].prop_map(Value::from),
        word.prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(word, inner, 0..6)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn said(configuration: &[u8]) -> Result<(), String> {
    let problems = Policy::read(configuration).map(|_| ()).map_err(|problems| {
        assert!(problems.iter().next().is_some(), "an error without a problem");
        problems.to_string()
    });
    assert_ne!(problems, Err(String::new()));
    problems
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_make_the_configurations_reader_panic(bytes in bytes()) {
        said(&bytes).ok();
        said(&[&b"\n"[..], &bytes].concat()).ok();
    }

    #[test]
    fn no_spoiled_configuration_makes_its_reader_panic(
        (plan, _) in plans(),
        mutations in mutations(),
    ) {
        let document = plan.document();
        said(&apply(document.to_string().as_bytes(), &mutations)).ok();
        said(&apply(&encode(&document), &mutations)).ok();
    }

    #[test]
    fn json_and_struct_are_read_alike(lists in tree(), global in tree(), apis in tree()) {
        let document = json!({"version": 1, "lists": lists, "global": global, "apis": apis});
        prop_assert_eq!(said(document.to_string().as_bytes()), said(&encode(&document)));
    }

    #[test]
    fn a_good_configuration_is_good_in_both_forms((plan, _) in plans()) {
        prop_assert_eq!(said(&encode(&plan.document())), Ok(()));
    }

    #[test]
    fn no_bytes_make_a_carriers_reader_panic(
        bytes in bytes(),
        text in "(-----(BEGIN|END) (CERTIFICATE|PRIVATE KEY)-----|[A-Za-z0-9+/=]{0,8}|-|\\s|[\"\\\\,;=%]|Cert=){0,12}",
        own in any_certificate(),
        mutations in mutations(),
    ) {
        let spoiled = apply(own.pem.as_bytes(), &mutations);
        for bytes in [&bytes, text.as_bytes(), &spoiled] {
            let text = String::from_utf8_lossy(bytes);
            let all = pem::certificates(&text);
            let one = pem::one_certificate(&text);
            prop_assert_eq!(one.is_ok(), all.as_ref().is_ok_and(|all| all.len() == 1));
            prop_assert!(all.map_or(true, |all| !all.is_empty()));
            pem::carried(bytes).ok();
            if let Ok(Some(found)) = xfcc::last_certificate(bytes) {
                pem::carried(found).ok();
            }
        }
    }

    #[test]
    fn no_spoiled_certificate_makes_its_parser_panic(
        own in any_certificate(),
        mutations in mutations(),
        noise in bytes(),
    ) {
        for der in [apply(own.leaf.der(), &mutations), noise] {
            if let Ok(leaf) = Leaf::parse(&der) {
                prop_assert_eq!(leaf.der(), &der[..]);
                prop_assert_eq!(leaf.fingerprint(), Fingerprint::of(&der));
            }
        }
        let longer = [own.leaf.der(), &[0]].concat();
        prop_assert!(Leaf::parse(&longer).is_err());
    }

    #[test]
    fn what_is_printed_is_read_again(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        let serial = Serial::from_bytes(&bytes);
        prop_assert_eq!(serial.to_string().parse(), Ok(serial));
        let fingerprint = Fingerprint::of(&bytes);
        prop_assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        let key = KeyHash::of(&bytes);
        prop_assert_eq!(key.to_string().parse(), Ok(key));
    }

    #[test]
    fn no_text_makes_a_word_of_the_language_panic(text in "\\PC{0,70}|[0-9a-fA-F:]{0,100}") {
        text.parse::<Fingerprint>().ok();
        text.parse::<KeyHash>().ok();
        text.parse::<Serial>().ok();
        if let Ok(name) = text.parse::<Name>() {
            prop_assert_eq!(name.as_str(), text);
        }
    }
}
