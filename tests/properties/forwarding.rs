//! Forwarded names: no client can say of itself what only an accepted credential may.

use std::collections::BTreeSet;

use peergate::{Headers, Memory};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::host::Host;
use crate::{config, policy};

const NAMES: [&str; 4] = ["x-client-identity", "x-client-auth", "x.client_tier", "client-cert"];
const CARRIER: &str = "x-forwarded-client-cert";

/// How a gateway of the CGI kind reads a name.
fn folded(name: &str) -> String {
    let byte =
        |found: char| if found.is_ascii_alphanumeric() { found.to_ascii_lowercase() } else { '-' };
    name.chars().map(byte).collect()
}

fn is_believed(name: &str) -> bool {
    NAMES.iter().chain([&CARRIER]).any(|known| folded(known) == folded(name))
}

/// Names that are, or nearly are, those that are forwarded.
fn name() -> impl Strategy<Value = String> {
    let known = select(NAMES.iter().chain([&CARRIER]).copied().collect::<Vec<_>>());
    let near = (known, prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..3));
    let near = near.prop_map(|(name, changes)| {
        let mut bytes = name.as_bytes().to_vec();
        for (at, other) in changes {
            let at = at.index(bytes.len());
            let marks = b"-_.~!#$%&'*+^`|";
            let mark = marks[usize::from(other) % marks.len()];
            match bytes[at].is_ascii_alphanumeric() {
                false => bytes[at] = mark,
                true if other < 32 => bytes[at] = mark,
                true if other < 48 => drop(bytes.remove(at)),
                true => bytes[at] = bytes[at].to_ascii_uppercase(),
            }
        }
        String::from_utf8(bytes).unwrap()
    });
    prop_oneof![6 => near, 1 => "[a-z][a-z_-]{0,12}"]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_name_that_folds_to_a_forwarded_one_is_removed_and_no_other(
        names in prop::collection::vec(name(), 0..8),
        options in prop::collection::vec(name(), 0..4),
        is_shadow in any::<bool>(),
    ) {
        let pin = "ab".repeat(32);
        let guarded = json!([{"name": "a", "policy": "mandatory", "certificate": {"allow": ["l"]}}]);
        let policy = policy(&json!({
            "version": 1,
            "lists": {"l": {"entries": [{"sha256": pin}]}},
            "global": {"enforcement": if is_shadow { "shadow" } else { "enforce" }},
            "apis": if is_shadow { guarded } else { json!([{"name": "a", "policy": "open"}]) },
            "forward": {
                "identity": NAMES[0], "method": NAMES[1], "labels": {"tier": NAMES[2]},
                "client_cert": {"header": NAMES[3], "format": "rfc9440"},
            },
        }));
        let connection = options.join(", ");
        let mut pairs: Vec<(&[u8], &[u8])> =
            vec![(b":method", b"GET"), (b":authority", b"a.example"), (b":path", b"/")];
        pairs.extend(names.iter().map(|name| (name.as_bytes(), &b"spoofed"[..])));
        pairs.push((b"connection", connection.as_bytes()));
        let headers = Headers::new(pairs);
        let verdict = policy.judge(&headers, &Host::plaintext(), &mut Memory::default());
        prop_assert!(verdict.outcome().passes());
        let effects = policy.effects(&verdict, &headers);

        let mut expected: BTreeSet<&[u8]> = BTreeSet::new();
        let spoofed = names.iter().filter(|name| is_believed(name) && *name != CARRIER);
        expected.extend(spoofed.map(|name| name.as_bytes()));
        let kept: Vec<&str> = options.iter().map(String::as_str).filter(|name| !is_believed(name)).collect();
        let is_clean = kept.len() == options.len();
        if !is_clean && kept.is_empty() {
            expected.insert(b"connection");
        }
        prop_assert_eq!(effects.remove.iter().copied().collect::<BTreeSet<_>>(), expected);
        let kept = kept.join(", ");
        let set = if is_clean || kept.is_empty() { vec![] } else { vec![("connection", kept.as_bytes().into())] };
        prop_assert_eq!(effects.set, set);

        let trailers = Headers::new(names.iter().map(|name| (name.as_bytes(), &b"x"[..])).collect());
        let found: Vec<&[u8]> = policy.spoofed_trailers(&trailers).collect();
        let expected: Vec<&[u8]> =
            names.iter().filter(|name| is_believed(name)).map(|name| name.as_bytes()).collect();
        prop_assert_eq!(found, expected);
    }
}
