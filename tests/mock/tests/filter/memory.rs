//! What the filter remembers from request to request, and for whom.

use crate::{NOW, PARTNER, STRANGER, filter, load, policy, request, send};
use peergate_mock::{Answer, Call, Filter, Request};

const WHOLE: &str = "connection.peer_certificate";

#[test]
fn a_certificate_is_parsed_once() {
    let filter = filter();
    let first = send(&filter, request().certificate(PARTNER));
    assert!(first.passed() && first.reads(WHOLE));
    let second = send(&filter, request().certificate(PARTNER));
    assert!(second.passed() && !second.reads(WHOLE), "{:?}", second.host_calls());
    assert_eq!(second.count(Call::Property), first.count(Call::Property) - 1);
    // Its dates are looked at anew.
    let third = send(&filter, request().certificate(PARTNER).at("2027-06-01T00:00:00Z"));
    assert_eq!(third.reason(), "certificate_expired");
}

#[test]
fn what_a_client_says_of_itself_is_taken_away_by_memory_too() {
    // A label that this client does not have, under the longest name that there may be.
    let long = &*format!("x-{}", "l".repeat(62));
    let (folded, longer) = (&*long.replace('-', "_"), &*format!("{long}l"));
    let mut policy = policy();
    policy["forward"]["labels"]["plan"] = long.into();
    let warm = load(&policy);
    let usual = upstream(&send(&warm, request().certificate(PARTNER)));
    // What a client sends, and what of it is left.
    let cases: [(&[Pair<'_>], &[Pair<'_>]); 9] = [
        (&[("x-client-identity", "eve")], &[]),
        (&[("x-client-identity", "eve"), ("x-client-identity", "eve")], &[]),
        (&[("x_client_auth", "a"), ("x_client_auth", "b"), ("x-client-auth", "c")], &[]),
        (&[(long, "all"), (folded, "all"), (longer, "a")], &[(longer, "a")]),
        (&[(CARRIER, "a"), ("x_forwarded_client_cert", "b")], &[(CARRIER, "a")]),
        (&[("connection", "x-client-identity"), ("", "a")], &[("", "a")]),
        (&[("connection", " a ,\tX_Client.Auth\t,,b")], &[("connection", "a, , b")]),
        (&[("connection", "a"), ("connection", long)], &[("connection", "a")]),
        (&[("connection", CARRIER), ("connection_", "a")], &[("connection_", "a")]),
    ];
    for (sent, left) in cases {
        let add = |request: Request, (name, value): &Pair<'_>| request.header(name, value);
        let request = sent.iter().fold(request().certificate(PARTNER), add);
        let (judged, recalled) = (send(&load(&policy), request.clone()), send(&warm, request));
        assert!(judged.reads(WHOLE) && !recalled.reads(WHOLE));
        assert_eq!(upstream(&recalled), upstream(&judged), "{sent:?}");
        let mut found = upstream(&judged);
        found.retain(|pair| !usual.contains(pair));
        let left = left.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(found, left.collect::<Vec<_>>(), "{sent:?}");
        assert!(usual.iter().all(|pair| upstream(&judged).contains(pair)), "{sent:?}");
    }
}

/// A header.
type Pair<'a> = (&'a str, &'a str);

const CARRIER: &str = "x-forwarded-client-cert";

fn upstream(answer: &Answer) -> Vec<(String, String)> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    answer.all_upstream_headers().map(|(name, value)| (text(name), text(value))).collect()
}

#[test]
fn a_certificate_of_another_connection_is_not_taken_from_memory() {
    let filter = filter();
    assert!(send(&filter, request().certificate(PARTNER)).passed());
    let answer = send(&filter, request().certificate(STRANGER));
    assert_eq!(answer.reason(), "certificate_not_allowed");
}

#[test]
fn two_plugins_of_a_vm_share_nothing() {
    let mut strict = policy();
    strict["lists"]["partners"]["entries"][0]["sha256"] = "00".repeat(32).into();
    let (open, strict) = (filter(), load(&strict));

    assert!(send(&open, request().certificate(PARTNER)).passed());
    let answer = send(&strict, request().certificate(PARTNER));
    assert_eq!(answer.reason(), "certificate_not_allowed");
    assert!(send(&open, request().certificate(PARTNER)).passed());

    // Each counts for itself, by counters of its own.
    let allowed = "peergate.api.employee.outcome.allowed.reason.allowed";
    let denied = "peergate.api.employee.outcome.denied.reason.certificate_not_allowed";
    assert_eq!((open.metric(allowed), open.metric(denied)), (2, 0));
    assert_eq!((strict.metric(allowed), strict.metric(denied)), (0, 1));

    // Each limits its own audit lines.
    for _ in 0..9 {
        send(&strict, request());
    }
    assert_eq!(send(&strict, request()).logs().len(), 0);
    assert_eq!(send(&open, request()).logs().len(), 1);
    assert_eq!((open.logs().len(), strict.logs().len()), (1, 6));
}

#[test]
fn a_certificate_that_one_plugin_parsed_is_read_anew_by_another() {
    let (one, other) = (filter(), filter());
    assert!(send(&one, request().certificate(PARTNER)).reads(WHOLE));
    assert!(send(&other, request().certificate(PARTNER)).reads(WHOLE));
    let answer = send(&other, request().fingerprint_of(PARTNER));
    assert!(answer.passed(), "it is remembered: {}", answer.reason());
    let third = filter();
    assert_eq!(send(&third, request().fingerprint_of(PARTNER)).reason(), "certificate_unavailable");
}

#[test]
fn a_plugin_survives_the_end_of_another() {
    let (one, other) = (filter(), filter());
    drop(one);
    assert!(send(&other, request().certificate(PARTNER)).passed());
    let again = filter();
    assert!(send(&again, request().certificate(PARTNER)).passed());
    assert!(Filter::load("{}").is_err());
    assert!(send(&other, request().certificate(PARTNER)).passed());
}

#[test]
fn workers_run_side_by_side() {
    let allowed = "peergate.api.employee.outcome.allowed.reason.allowed";
    let workers: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let filter = filter();
                for _ in 0..50 {
                    assert!(send(&filter, request().certificate(PARTNER).at(NOW)).passed());
                }
                filter.metric(allowed)
            })
        })
        .collect();
    for worker in workers {
        assert_eq!(worker.join().unwrap(), 50);
    }
}
