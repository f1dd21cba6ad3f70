//! Authorities: nobody gets in by what he presents beside his certificate, and what is remembered of some
//! changes nothing for others.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use peergate::{Headers, Leaf, Memory, Outcome, Policy, Reason, carrier::pem};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use crate::host::{Host, NOW};
use crate::mutation::{apply, mutations};
use crate::recall;
use crate::{config, policy};

/// The certificates and revocation lists of the decision cases, as PEM.
static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../cases/certificates/authorities.json")).unwrap()
});

/// The names of the certificates.
static CERTIFICATES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    TEXTS.keys().map(String::as_str).filter(|name| !name.starts_with("list")).collect()
});

/// To whom no certificate in the world makes a path from `root`.
const STRANGERS: [&str; 22] = [
    "stranger",
    "stranger-by-itself",
    "stranger-named-client",
    "stranger-root",
    "client-of-namesake",
    "client-of-namesake-disguised",
    "client-of-namesake-silent",
    "client-of-false-intermediate",
    "client-of-client",
    "client-named-root",
    "client-of-expired-root",
    "client-of-expired-intermediate",
    "client-of-one-too-many",
    "client-of-signless",
    "client-of-intermediate-without-ca",
    "namesake-root",
    "root",
    "intermediate",
    "root-2",
    "outside",
    "for-servers",
    "rsa-sha256",
];

/// Whom `root` or `intermediate` vouches for.
const CLIENTS: [&str; 9] = [
    "client",
    "client-twin",
    "client-of-root",
    "client-renewed",
    "client-silent",
    "other-client",
    "for-clients",
    "dns",
    "revoked",
];

/// What became of a request, why, and who it was.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Judged {
    outcome: Outcome,
    reason: Reason,
    identity: Option<String>,
    /// Somebody made it cost more than a request may.
    is_exhausted: bool,
}

/// A client that presents a certificate, and a text in `Chain`.
#[derive(Clone, Debug)]
struct Client {
    name: &'static str,
    chain: Vec<u8>,
}

impl Client {
    /// Judges its request.
    fn judged(&self, policy: &Policy, api: &str, now: i64, memory: &mut Memory) -> Judged {
        self.asks(api, now, |headers, host| {
            let verdict = policy.judge(headers, host, memory);
            Judged {
                outcome: verdict.outcome(),
                reason: verdict.reason(),
                identity: verdict.accepted().map(|accepted| accepted.identity()),
                is_exhausted: verdict.tried().iter().any(|tried| {
                    tried.to_string().contains("more signatures would have to be verified")
                }),
            }
        })
    }

    /// What somebody makes of its request.
    fn asks<R>(&self, api: &str, now: i64, judge: impl FnOnce(&Headers<'_>, &Host) -> R) -> R {
        let text = &TEXTS[self.name];
        let leaf = Leaf::parse(&pem::one_certificate(text).unwrap()).unwrap();
        let host = Host {
            tls_version: Ok(Some(b"TLSv1.3".to_vec())),
            fingerprint: Ok(Some(leaf.fingerprint().to_string().into_bytes())),
            attribute: Ok(Some(text.clone().into_bytes())),
            now: Ok(now),
            ..Host::plaintext()
        };
        let xfcc = [b"Hash=ab;Chain=\"", &self.chain[..], b"\""].concat();
        let path = format!("/{api}");
        let headers = Headers::new(vec![
            (b":method", b"GET"),
            (b":authority", b"a.example"),
            (b":path", path.as_bytes()),
            (b"x-forwarded-client-cert", &xfcc),
        ]);
        judge(&headers, &host)
    }
}

/// All but what RFC 3986 section 2.3 calls unreserved, as Envoy encodes.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As Envoy writes `Chain`.
fn written(names: &[&str]) -> Vec<u8> {
    let texts = names.iter().map(|name| &*TEXTS[*name]);
    texts
        .map(|text| percent_encode(text.as_bytes(), RESERVED).to_string())
        .collect::<String>()
        .into_bytes()
}

/// Any certificates, often those that matter; spoiled or not; or noise.
fn chain() -> impl Strategy<Value = Vec<u8>> {
    let related = vec![
        "root",
        "intermediate",
        "namesake-root",
        "namesake-intermediate",
        "intermediate-of-namesake",
        "client",
        "intermediate-cross",
        "root-cross",
        "root-2",
        "decoy-1",
        "decoy-2",
        "constrained",
        "one-too-many",
        "last-intermediate",
        "intermediate-signless",
        "stranger-root",
        "rsa-root",
    ];
    let one = prop_oneof![3 => select(related), 1 => select(CERTIFICATES.clone())];
    let certificates = prop::collection::vec(one, 0..11).prop_map(|names| written(&names));
    prop_oneof![
        4 => certificates.clone(),
        2 => (certificates, mutations()).prop_map(|(text, mutations)| apply(&text, &mutations)),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn client(names: &'static [&'static str]) -> impl Strategy<Value = Client> {
    (select(names), chain()).prop_map(|(name, chain)| Client { name, chain })
}

fn api(name: &str, allow: &[&str]) -> serde_json::Value {
    json!({
        "name": name,
        "match": {"path_prefix": format!("/{name}")},
        "policy": "mandatory",
        "certificate": {"allow": allow},
    })
}

/// A policy of one authority, in several ways.
fn guarded() -> Rc<Policy> {
    thread_local! {
        static POLICY: Rc<Policy> = Rc::new(made());
    }
    POLICY.with(Rc::clone)
}

/// One that looks at no dates.
fn unchecked(name: &str, allow: &[&str]) -> Value {
    let mut api = api(name, allow);
    api["certificate"]["validity"] = json!("unchecked");
    api
}

fn digits(name: &str) -> String {
    Leaf::parse(&pem::one_certificate(&TEXTS[name]).unwrap()).unwrap().fingerprint().to_string()
}

fn made() -> Policy {
    let (root, intermediate) = (&TEXTS["root"], &TEXTS["intermediate"]);
    let namesakes: Vec<_> =
        (1..8).map(|index| json!({"ca": TEXTS[&format!("decoy-{index}")]})).collect();
    policy(&json!({
        "version": 1,
        "lists": {
            "bare": {"entries": [{"ca": root}]},
            "given": {"entries": [{"ca": root, "intermediates": intermediate, "identity": "given"}]},
            "issuing": {"entries": [{"ca": intermediate}]},
            "checked": {"entries": [{
                "ca": root,
                "intermediates": intermediate,
                "crl": {"pem": format!("{}{}", TEXTS["list"], TEXTS["list-of-root"]), "depth": "chain"},
            }]},
            "old": {"entries": [{
                "ca": root, "intermediates": intermediate, "crl": TEXTS["list-expired"],
            }]},
            "named": {"entries": [{"ca": root, "subject": {"dns": ["*.corp.example"]}}]},
            "pinned": {"entries": [
                {"pem": TEXTS["client"], "identity": "pinned"},
                {"ca": root, "intermediates": intermediate, "identity": "by path"},
            ]},
            "namesakes": {"entries": namesakes},
            "checked-bare": {"entries": [{"ca": root, "crl": TEXTS["list"]}]},
            "pins": {"entries": [
                {"pem": TEXTS["client"], "identity": "pin"},
                {"sha256": digits("client-twin"), "identity": "dated", "not_after": "2050-01-01T00:00:00Z"},
                {"pem": TEXTS["revoked"], "identity": "taken back"},
            ]},
        },
        "apis": [
            api("bare", &["bare"]),
            api("given", &["given"]),
            api("issuing", &["issuing"]),
            api("checked", &["checked"]),
            api("old", &["old"]),
            api("pinned", &["named", "pinned"]),
            api("several", &["named", "checked", "given"]),
            api("others", &["given", "bare", "old"]),
            api("namesakes", &["namesakes", "issuing"]),
            api("behind", &["checked-bare", "pins"]),
            unchecked("unchecked", &["bare", "pins"]),
        ],
    }))
}

const APIS: [&str; 8] =
    ["bare", "given", "issuing", "checked", "old", "pinned", "several", "others"];

proptest! {
    // Signatures are slow to verify in tests.
    #![proptest_config(Config { cases: config().cases.div_ceil(4), ..config() })]

    #[test]
    fn nobody_without_a_path_is_admitted_whatever_he_presents(
        client in client(&STRANGERS),
        api in select(&APIS[..]),
    ) {
        let judged = client.judged(&guarded(), api, NOW, &mut Memory::default());
        prop_assert_eq!(judged.outcome, Outcome::Denied);
        prop_assert_eq!(judged.identity, None);
        let may_be = [Reason::CertificateNotAllowed, Reason::ChainInvalid, Reason::RevocationUnknown];
        prop_assert!(may_be.contains(&judged.reason), "{}", judged.reason);
    }

    #[test]
    fn what_is_presented_changes_nothing_for_who_needs_none_of_it(
        client in client(&CLIENTS),
        api in select(&["given", "issuing", "checked", "pinned"][..]),
    ) {
        let bare = Client { chain: Vec::new(), ..client.clone() };
        let expected = bare.judged(&guarded(), api, NOW, &mut Memory::default());
        prop_assert_eq!(client.judged(&guarded(), api, NOW, &mut Memory::default()), expected);
    }

    #[test]
    fn what_is_done_by_memory_is_what_would_be_judged(
        requests in prop::collection::vec(
            (
                prop_oneof![4 => client(&CLIENTS), 1 => client(&STRANGERS), 1 => client(&["revoked"])],
                select(&["behind", "unchecked", "bare", "pinned", "several"][..]),
                0..4_usize,
                prop::bool::weighted(0.8),
            ),
            2..12,
        ),
    ) {
        let times = [NOW, NOW + 11, NOW + 599, NOW + 700];
        let [mut passes, mut memory] = [(); 2].map(|()| Memory::default());
        for (client, api, time, is_carried) in requests {
            let seen = |host: &Host| match is_carried {
                true => host.clone(),
                false => Host { attribute: Ok(None), ..host.clone() },
            };
            let expected = client.asks(api, times[time], |headers, host| {
                recall::judged(&guarded(), headers, &seen(host), &mut memory)
            });
            let (done, _) = client.asks(api, times[time], |headers, host| {
                recall::done(&guarded(), headers, &seen(host), &mut passes)
            });
            prop_assert_eq!(done, expected, "{} {}", client.name, api);
        }
    }

    #[test]
    fn what_is_remembered_changes_no_verdict(
        clients in prop::collection::vec(
            prop_oneof![2 => client(&CLIENTS), 1 => client(&STRANGERS)], 1..6
        ),
        requests in prop::collection::vec(
            (any::<prop::sample::Index>(), select(&APIS[..]), 0..6_usize), 1..20
        ),
    ) {
        // Farther apart than a refusal is remembered; on either side of the old list's end.
        let times = [NOW, NOW, NOW + 11, NOW + 3600, 1_767_225_599, 1_767_225_600 + 11];
        // Whoever was admitted need not present again what led to him: so each presents one chain.
        let clients: BTreeMap<&str, Client> =
            clients.into_iter().map(|client| (client.name, client)).collect();
        let clients: Vec<Client> = clients.into_values().collect();
        let [mut memory, mut passes] = [(); 2].map(|()| Memory::default());
        for (client, api, time) in requests {
            let (client, now) = (client.get(&clients), times[time]);
            let fresh = client.judged(&guarded(), api, now, &mut Memory::default());
            let known = client.judged(&guarded(), api, now, &mut memory);
            // A path that is known costs nothing: then a client's own decoys no longer keep it out.
            if fresh.is_exhausted {
                let is_client = CLIENTS.contains(&client.name);
                prop_assert!(known.outcome == Outcome::Denied || is_client, "{} {}", client.name, api);
            } else {
                prop_assert_eq!(known, fresh, "{} {}", client.name, api);
            }
            let expected = client.asks(api, now, |headers, host| {
                recall::judged(&guarded(), headers, host, &mut memory)
            });
            let (done, _) = client.asks(api, now, |headers, host| {
                recall::done(&guarded(), headers, host, &mut passes)
            });
            prop_assert_eq!(done, expected, "{} {}", client.name, api);
        }
    }
}

/// The properties would hold of chains that nobody can read, too.
#[test]
fn a_chain_admits_who_presents_it() {
    let judged = |chain: &[&str]| {
        let client = Client { name: "client", chain: written(chain) };
        client.judged(&guarded(), "bare", NOW, &mut Memory::default()).reason
    };
    assert_eq!(judged(&["client", "intermediate"]), Reason::Allowed);
    assert_ne!(judged(&["client"]), Reason::Allowed);
}

#[test]
fn a_pin_behind_an_authority_forgets_nothing_that_the_authority_knows() {
    for api in ["behind", "unchecked"] {
        let mut memory = Memory::default();
        let bare = Client { name: "revoked", chain: Vec::new() };
        let mut ask = |client: &Client| {
            client.asks(api, NOW, |headers, host| {
                recall::done(&guarded(), headers, host, &mut memory)
            })
        };
        let (by_pin, _) = ask(&bare);
        assert!(format!("{by_pin:?}").contains("taken back"), "{by_pin:?}");
        let with_chain = Client { chain: written(&["revoked", "intermediate"]), ..bare };
        let (by_path, is_by_memory) = ask(&with_chain);
        assert!(!is_by_memory && !format!("{by_path:?}").contains("taken back"), "{by_path:?}");
    }
}

#[test]
fn who_is_admitted_after_costly_refusals_is_admitted_before_them() {
    // Seven authorities of one name come first, and take what one request may cost.
    let client = Client { name: "client-silent", chain: Vec::new() };
    let mut memory = Memory::default();
    let costly = client.judged(&guarded(), "namesakes", NOW, &mut memory);
    assert_eq!(costly.reason, Reason::ChainInvalid);
    let fresh = client.judged(&guarded(), "issuing", NOW, &mut Memory::default());
    assert_eq!(fresh.reason, Reason::Allowed);
    assert_eq!(client.judged(&guarded(), "issuing", NOW, &mut memory), fresh);
}
