//! What the upstream gets: no name under which it believes something, but for what an accepted credential says.

use peergate::{Headers, Memory};

use crate::effects::{apply, folded};
use crate::policies::POLICIES;
use crate::script::Script;

/// The names that the policies forward under, and the carrier's.
const BELIEVED: [&str; 6] = [
    "x-client-identity",
    "x-client-auth",
    "x-client-sha256",
    "client-cert",
    "x-client-tier",
    CARRIER,
];
const CARRIER: &str = "x-forwarded-client-cert";

fn is_believed(name: &[u8]) -> bool {
    BELIEVED.iter().any(|known| known.as_bytes() == folded(name))
}

pub(crate) fn run(input: &[u8]) {
    // Of the first policy, whose every name is forwarded.
    let script = Script::read(input);
    let policy = &POLICIES[0].policy;
    let headers = script.headers();
    let verdict = policy.judge(&headers, &script.host(policy), &mut Memory::default());
    let effects = policy.effects(&verdict, &headers);
    let trailers: Vec<&[u8]> = policy.spoofed_trailers(&headers).collect();
    let expected: Vec<&[u8]> =
        headers.iter().map(|(name, _)| name).filter(|name| is_believed(name)).collect();
    assert_eq!(trailers, expected);
    if !verdict.outcome().passes() {
        assert!(effects.remove.is_empty() && effects.set.is_empty());
        return;
    }
    let upstream = apply(&script.headers, &effects);
    for (name, value) in &upstream {
        let set = effects.set.iter().find(|(own, _)| own.as_bytes() == name);
        let is_own =
            verdict.accepted().is_some() && set.is_some_and(|(_, own)| own[..] == value[..]);
        assert!(
            !is_believed(name) || is_own || name == CARRIER.as_bytes(),
            "{} reaches the upstream",
            String::from_utf8_lossy(name)
        );
        let options = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let options = options.filter(|_| name == b"connection");
        assert!(!options.into_iter().any(is_believed), "the next hop removes what is believed");
    }
    // All else is as it was.
    let kept = |pairs: &mut dyn Iterator<Item = (&[u8], &[u8])>| -> Vec<(Vec<u8>, Vec<u8>)> {
        let kept = pairs.filter(|(name, _)| !is_believed(name) && *name != b"connection");
        kept.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
    };
    let mut after = upstream.iter().map(|(name, value)| (&name[..], &value[..]));
    assert_eq!(kept(&mut headers.iter()), kept(&mut after));
    // And what is clean stays as it is.
    if verdict.accepted().is_none() {
        let again =
            Headers::new(upstream.iter().map(|(name, value)| (&name[..], &value[..])).collect());
        let effects = policy.effects(&verdict, &again);
        assert!(effects.remove.is_empty() && effects.set.is_empty());
    }
}
