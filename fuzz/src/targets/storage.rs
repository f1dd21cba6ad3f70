//! What lies in the data that workers share, where any other plugin may write: no bytes make its readers panic,
//! and whom they let in they name. The first byte says what they are.

use std::cell::RefCell;

use peergate::dynamic::{Offline, Standing};
use peergate::{Headers, KeyDigest, Memory, Outcome, Reason};

use crate::certificates::certificate;
use crate::host::Host;
use crate::policies::POLICIES;

pub(crate) fn run(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else { return };
    if kind % 2 == 0 { head(bytes) } else { bucket(bytes) }
}

fn head(bytes: &[u8]) {
    for list in POLICIES[2].policy.dynamic_lists() {
        let Ok(standing) = Standing::read(Some(bytes)) else { continue };
        for now in [0, standing.accepted_at, Offline::NOW, u64::MAX] {
            let gauges = standing.gauges(list, now);
            assert!(gauges.iter().all(|(name, _)| name.starts_with("peergate.list.")));
            assert!(!list.is_current(&standing, now) || standing.is_loaded);
        }
        assert!(!standing.is_changed(&standing));
    }
}

/// A bucket, a count of requests, and all else that may lie there.
fn bucket(bytes: &[u8]) {
    let own = certificate("partner").unwrap();
    let fingerprint = own.leaf.fingerprint();
    // The bucket's number says the first two bytes.
    let is_named = |hex: &str| bytes.windows(30).any(|part| hex[4..] == hexadecimal(part));
    for path in ["/ending", "/kept", "/"] {
        let host = Host {
            garbage: Some(RefCell::new(bytes.to_vec())),
            ..Host::presenting(fingerprint, &own.pem)
        };
        let (outcome, reason) = judged(2, path, &host, b"");
        assert!(outcome == Outcome::Denied || is_named(&fingerprint.to_string()), "{reason}");
    }
    for (path, hash) in
        [("/", KeyDigest::Sha256), ("/secret", KeyDigest::Hmac(b"at least 16 bytes"[..].into()))]
    {
        let host = Host { garbage: Some(RefCell::new(bytes.to_vec())), ..Host::plaintext() };
        let (outcome, reason) = judged(4, path, &host, b"a key");
        assert!(outcome == Outcome::Denied || is_named(&hash.hex(b"a key").unwrap()), "{reason}");
    }
}

fn judged(policy: usize, path: &str, host: &Host, key: &[u8]) -> (Outcome, Reason) {
    let pairs = vec![
        (&b":method"[..], &b"GET"[..]),
        (b":authority", b"a.example"),
        (b":path", path.as_bytes()),
        (b"x-api-key", key),
    ];
    let policy = &POLICIES[policy].policy;
    let verdict = policy.judge(&Headers::new(pairs), host, &mut Memory::default());
    (verdict.outcome(), verdict.reason())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
