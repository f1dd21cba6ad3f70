//! Hosts: compared as Envoy compares the `domains` of a virtual host.

use peergate::{Memory, Reason};
use proptest::prelude::*;
use serde_json::json;

use crate::host::Host;
use crate::{config, policy, request};

/// Few labels, so that they meet.
fn name() -> impl Strategy<Value = String> {
    prop::collection::vec("a|b|example|com|x_y-z", 1..5).prop_map(|labels| labels.join("."))
}

fn host() -> impl Strategy<Value = String> {
    (name(), "\\.?", prop_oneof![2 => Just(""), 1 => Just(":80"), 1 => Just(":8443")], any::<u64>())
        .prop_map(|(name, dot, port, cases)| {
            let text = format!("{name}{dot}{port}");
            let is_upper = |index: usize| cases >> (index % 64) & 1 == 1;
            let characters = text.chars().enumerate();
            let cased =
                characters.map(
                    |(index, found)| {
                        if is_upper(index) { found.to_ascii_uppercase() } else { found }
                    },
                );
            cased.collect()
        })
}

fn pattern() -> impl Strategy<Value = String> {
    (prop_oneof![Just(""), Just("*.")], host()).prop_map(|(star, host)| format!("{star}{host}"))
}

/// Envoy's `findVirtualHost`, for one domain: an exact one, or `*` for at least one byte.
fn is_in_domain(domain: &str, host: &str) -> bool {
    let (domain, host) = (domain.to_lowercase(), host.to_lowercase());
    match domain.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
        None => domain == host,
    }
}

fn judge(pattern: &str, ignore_port: bool, host: &[u8]) -> Reason {
    let policy = policy(&json!({
        "version": 1,
        "global": {"authority": {"ignore_port": ignore_port}},
        "apis": [{"name": "a", "match": {"hosts": [pattern]}, "policy": "open"}],
    }));
    policy.judge(&request(host, b"/"), &Host::plaintext(), &mut Memory::default()).reason()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_host_matches_as_it_matches_a_domain_of_envoys(
        pattern in pattern(),
        host in host(),
        is_own in any::<bool>(),
        ignore_port in any::<bool>(),
    ) {
        // The pattern's own text is the edge: the bare suffix is not below itself.
        let host = if is_own { pattern.trim_start_matches('*').to_owned() } else { host };
        // Such a pattern would be none.
        let ignore_port = ignore_port && !pattern.contains(':');
        let compared = match host.split_once(':') {
            Some((name, _)) if ignore_port => name,
            _ => &host,
        };
        let expected =
            if is_in_domain(&pattern, compared) { Reason::Anonymous } else { Reason::NoMatchingApi };
        prop_assert_eq!(judge(&pattern, ignore_port, host.as_bytes()), expected);
    }

    #[test]
    fn an_odd_host_is_refused_or_matches_as_it_is(
        pattern in pattern(),
        host in prop_oneof!["[a-b.:\\[\\]@ 0-9-]{0,12}", "\\PC{0,8}(example.com)?(:[0-9a-f]{0,6}){0,2}"],
    ) {
        let lower = host.to_ascii_lowercase();
        match judge(&pattern, false, host.as_bytes()) {
            Reason::BadTarget => {}
            reason => {
                let is_in = is_in_domain(&pattern.to_ascii_lowercase(), &lower);
                prop_assert_eq!(reason == Reason::Anonymous, is_in);
            }
        }
    }
}
