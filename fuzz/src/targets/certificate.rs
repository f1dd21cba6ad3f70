//! Certificates and revocation lists, of clients and of configurations. The first byte says where the others
//! stand: in the client's own certificate, beside it, as an authority, or as its revocation list.

use std::sync::LazyLock;

use peergate::carrier::pem;
use peergate::{Fingerprint, Headers, Leaf, Memory, Outcome, Policy, Reason};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::json;

use crate::certificates::{TEXTS, certificate, written};
use crate::host::Host;
use crate::policies::{POLICIES, STRANGERS};

pub(crate) fn run(input: &[u8]) {
    let Some((place, der)) = input.split_first() else { return };
    match place % 4 {
        0 => own(der),
        1 => beside(der),
        2 => authority(der),
        _ => revocation_list(der),
    }
}

/// What the client presents as its own: only what an authority has signed lets it in, in whatever encoding.
fn own(der: &[u8]) {
    let leaf = Leaf::parse(der);
    let host = Host::presenting(Fingerprint::of(der), &written("CERTIFICATE", der));
    for (ruled, api) in [(&POLICIES[1], "/"), (&POLICIES[1], "/bare"), (&POLICIES[0], "/")] {
        let (reason, outcome) = judged(&ruled.policy, api, &host, b"");
        match &leaf {
            Ok(leaf) => {
                assert_eq!(leaf.der(), der);
                assert_eq!(leaf.fingerprint(), Fingerprint::of(der));
                let is_known = |name: &&String| {
                    certificate(name).is_some_and(|known| {
                        (known.leaf.tbs(), known.leaf.key()) == (leaf.tbs(), leaf.key())
                    })
                };
                let known = TEXTS.keys().find(is_known);
                let is_stranger = known.is_none_or(|name| STRANGERS.contains(&&**name));
                // A key that is pinned is trusted in whatever certificate.
                let is_pinned =
                    certificate("ed25519").is_some_and(|pin| pin.leaf.key() == leaf.key());
                assert!(outcome == Outcome::Denied || !is_stranger || is_pinned, "{reason}");
            }
            Err(_) => assert_ne!(reason, Reason::Allowed),
        }
    }
}

/// What the client presents beside its own: a stranger stays one, and it is no harm to who needs none of it.
fn beside(der: &[u8]) {
    // One certificate, or the text of `Chain` itself.
    let one = percent_encode(written("CERTIFICATE", der).as_bytes(), NON_ALPHANUMERIC).to_string();
    for chain in [one.as_bytes(), der] {
        for (name, may_pass) in
            [("client", true), ("client-of-namesake", false), ("stranger", false)]
        {
            let own = certificate(name).unwrap();
            let host = Host::presenting(own.leaf.fingerprint(), &own.pem);
            let (_, alone) = judged(&POLICIES[1].policy, "/", &host, b"");
            let (reason, outcome) = judged(&POLICIES[1].policy, "/", &host, chain);
            assert_eq!(outcome, alone, "{name}: {reason}");
            let (reason, outcome) = judged(&POLICIES[1].policy, "/bare", &host, chain);
            assert!(may_pass || outcome == Outcome::Denied, "{name}: {reason}");
        }
    }
}

/// An authority of the configuration, or an intermediate of one.
fn authority(der: &[u8]) {
    let text = written("CERTIFICATE", der);
    for entry in [
        json!({"ca": text}),
        json!({"ca": TEXTS["root"], "intermediates": text}),
        json!({"pem": text}),
        json!({"issued": {"by": text, "serial": "01"}}),
    ] {
        let field = if entry.get("issued").is_some() { "deny" } else { "allow" };
        let Ok(policy) = policy(&entry, field) else { continue };
        for name in ["stranger", "client-of-namesake"] {
            let own = certificate(name).unwrap();
            let is_itself = own.leaf.der() == der;
            // Its own authority makes it one of ours.
            let is_trusted = Leaf::parse(der).is_ok_and(|leaf| is_authority(&leaf));
            let host = Host::presenting(own.leaf.fingerprint(), &own.pem);
            let (reason, outcome) = judged(&policy, "/", &host, b"");
            assert!(outcome == Outcome::Denied || is_itself || is_trusted, "{name}: {reason}");
        }
    }
}

/// Whether a certificate has the key of one that issued strangers.
fn is_authority(leaf: &Leaf) -> bool {
    static KEYS: LazyLock<Vec<peergate::KeyHash>> = LazyLock::new(|| {
        let names = ["stranger-root", "namesake-root", "namesake-intermediate"];
        names.iter().map(|name| certificate(name).unwrap().leaf.key()).collect()
    });
    KEYS.contains(&leaf.key())
}

/// A revocation list of the configuration: nobody who is revoked gets in by another one.
fn revocation_list(der: &[u8]) {
    let text = written("X509 CRL", der);
    for (crl, name) in [
        (json!(text), "revoked"),
        (json!({"pem": format!("{text}{}", TEXTS["list"])}), "revoked"),
        (
            json!({"pem": format!("{}{text}", TEXTS["list"]), "depth": "chain"}),
            "client-of-namesake",
        ),
    ] {
        let entry =
            json!({"ca": TEXTS["root"], "intermediates": TEXTS["intermediate"], "crl": crl});
        let Ok(policy) = policy(&entry, "allow") else { continue };
        let own = certificate(name).unwrap();
        let host = Host::presenting(own.leaf.fingerprint(), &own.pem);
        let (reason, outcome) = judged(&policy, "/", &host, b"");
        // An older list of the same issuer may be from before it was revoked.
        let is_real = TEXTS.iter().any(|(name, text)| {
            name.starts_with("list")
                && pem::revocation_lists(text).is_ok_and(|lists| lists[0] == der)
        });
        assert!(outcome == Outcome::Denied || is_real, "{name}: {reason}");
    }
}

fn policy(entry: &serde_json::Value, field: &str) -> Result<Policy, peergate::Problems> {
    let pinned = json!({"sha256": "ab".repeat(32)});
    let document = json!({
        "version": 1,
        "lists": {"one": {"entries": [entry]}, "other": {"entries": [pinned]}},
        "apis": [{"name": "a", "policy": "mandatory",
            "certificate": if field == "deny" { json!({"allow": ["other"], "deny": ["one"]}) } else { json!({"allow": ["one"]}) }}],
    });
    Policy::read(document.to_string().as_bytes())
}

fn judged(policy: &Policy, path: &str, host: &Host, chain: &[u8]) -> (Reason, Outcome) {
    let xfcc = [b"Hash=ab;Chain=\"", chain, b"\""].concat();
    let mut pairs = vec![
        (&b":method"[..], &b"GET"[..]),
        (b":authority", b"api.example.com"),
        (b":path", path.as_bytes()),
    ];
    if !chain.is_empty() {
        pairs.push((b"x-forwarded-client-cert", &xfcc));
    }
    let verdict = policy.judge(&Headers::new(pairs), host, &mut Memory::default());
    (verdict.reason(), verdict.outcome())
}
