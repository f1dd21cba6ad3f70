//! A host that fails: whatever it does, nobody passes who would not otherwise.

use std::collections::HashMap;

use crate::{PARTNER, STRANGER, load, policy, request, send};
use peergate_mock::{Answer, Call, Fault, HostCall, Request, Status};
use serde_json::{Value, json};

/// Every status of the ABI, and some that are none.
const STATUSES: [u32; 15] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 999, u32::MAX];

/// A policy that asks for all that there is.
fn thorough() -> Value {
    let mut policy = policy();
    policy["global"] = json!({"sni": "required", "deny": ["blocked"]});
    policy["lists"]["blocked"] =
        json!({"entries": [{"spki_sha256": "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="}]});
    policy["apis"][0]["match"] = json!({"virtual_hosts": ["employee"], "routes": ["employee"]});
    policy["forward"]["client_cert"] = json!({"header": "client-cert", "format": "rfc9440"});
    policy
}

/// A request that passes it, and makes the filter use every call that it has.
fn whole(request: Request) -> Request {
    request
        .virtual_host("employee")
        .route("employee")
        .server_name("api.example.com")
        .header("x-client-identity", "spoofed")
        .header("x_client_tier", "spoofed")
        .header("connection", "x-client-identity")
        .trailer("x-client-identity", "spoofed")
}

fn accepted() -> Request {
    whole(request().certificate_in_filter_state(PARTNER))
}

/// The calls of an answer, each with how often the same was made until then.
fn numbered(answer: &Answer) -> Vec<(HostCall, usize)> {
    let mut seen = HashMap::new();
    let number = |call: &HostCall| {
        let count = seen.entry(call.clone()).or_insert(0);
        *count += 1;
        (call.clone(), *count)
    };
    answer.host_calls().iter().map(number).collect()
}

/// Whether the request may pass although the call fails: counting is no reason to refuse.
fn is_counting(call: Call) -> bool {
    matches!(call, Call::DefineMetric | Call::IncrementMetric)
}

#[test]
fn a_request_passes_on_no_call_that_failed() {
    let first = send(&load(&thorough()), accepted());
    assert!(first.passed(), "{}", first.reason());
    let calls = numbered(&first);
    for used in [
        Call::HeaderPairs,
        Call::Property,
        Call::Time,
        Call::SetProperty,
        Call::RemoveHeader,
        Call::ReplaceHeader,
        Call::DefineMetric,
        Call::IncrementMetric,
    ] {
        assert!(calls.iter().any(|(made, _)| made.call == used), "{used} is not made");
    }
    for (HostCall { call, argument, .. }, nth) in calls {
        for status in STATUSES {
            let filter = load(&thorough());
            let fault = Fault::status(call, Status(status)).on(&argument).nth(nth);
            let answer = send(&filter, accepted().fault(fault));
            let place = format!("{call} {argument} ({nth}.) {status}: {}", answer.reason());
            // This property is not there: to say so is no fault.
            let is_absent = argument == "connection.peer_certificate" && status == 1;
            assert_eq!(answer.passed(), is_counting(call) || is_absent, "{place}");
            if answer.passed() {
                assert_eq!(answer.filter_state("wasm.peergate"), Some("allowed"), "{place}");
                assert_eq!(answer.upstream_headers("x-client-identity"), ["partner-a"]);
            } else {
                assert!(answer.reply().is_some(), "{place}");
            }
            // The next stream knows nothing of it.
            let next = send(&filter, accepted());
            assert!(next.passed(), "after {place}: {}", next.reason());
            assert_eq!(next.upstream_headers("x-client-identity"), ["partner-a"]);
        }
    }
}

#[test]
fn a_request_passes_on_nothing_empty_or_malformed() {
    let calls = numbered(&send(&load(&thorough()), accepted()));
    let reads = calls
        .iter()
        .filter(|(made, _)| matches!(made.call, Call::HeaderPairs | Call::Property | Call::Time));
    let pairs = [&[1_u32, 1, 9].map(u32::to_le_bytes).concat()[..], b"a\0b\0"].concat();
    let garbage = [&b""[..], b"\0", b"\xff\xff\xff\xff", b"-----BEGIN", b"{}", &[7; 300], &pairs];
    for (HostCall { call, argument, .. }, nth) in reads {
        for bytes in garbage {
            let filter = load(&thorough());
            let fault = Fault::returns(*call, bytes).on(argument).nth(*nth);
            let answer = send(&filter, accepted().fault(fault));
            // No trailers are nothing to remove, and this property is not there anyway.
            let is_harmless = bytes.is_empty()
                && matches!(argument.as_str(), "trailers" | "connection.peer_certificate");
            let place = format!("{call} {argument} {bytes:?}: {}", answer.reason());
            assert_eq!(answer.passed(), is_harmless, "{place}");
            assert!(send(&filter, accepted()).passed(), "after {place}");
        }
    }
}

#[test]
fn what_is_remembered_makes_no_fault_harmless() {
    let filter = load(&thorough());
    send(&filter, accepted());
    let warm = numbered(&send(&filter, accepted()));
    assert!(!warm.iter().any(|(made, _)| made.argument.ends_with("peer_certificate")));
    for (HostCall { call, argument, .. }, nth) in warm {
        let fault = Fault::status(call, Status::INTERNAL_FAILURE).on(&argument).nth(nth);
        let answer = send(&filter, accepted().fault(fault));
        assert_eq!(answer.passed(), is_counting(call), "{call} {argument}");
        assert!(send(&filter, accepted()).passed(), "after {call} {argument}");
    }
}

#[test]
fn a_refusal_stays_one_whatever_fails() {
    let refused = || whole(request().certificate_in_filter_state(STRANGER));
    let calls = numbered(&send(&load(&thorough()), refused()));
    // The clock for the audit line among them.
    assert!(calls.iter().any(|(made, _)| made.call == Call::Time));
    for (HostCall { call, argument, .. }, nth) in calls {
        for status in STATUSES {
            let filter = load(&thorough());
            let fault = Fault::status(call, Status(status)).on(&argument).nth(nth);
            let answer = send(&filter, refused().fault(fault));
            assert!(!answer.passed(), "{call} {argument} {status}");
            assert_eq!(answer.filter_state("wasm.peergate"), None);
            assert_eq!(answer.reply().is_some(), call != Call::LocalResponse);
            assert!(send(&filter, accepted()).passed());
        }
    }
}

#[test]
fn a_reply_that_is_not_sent_leaves_the_request_waiting() {
    let filter = load(&policy());
    for fault in [
        Fault::status(Call::LocalResponse, Status::BAD_ARGUMENT),
        Fault::empty(Call::LocalResponse),
    ] {
        let answer = send(&filter, request().fault(fault));
        assert!(!answer.passed());
        assert_eq!(answer.reply(), None);
        assert_eq!(answer.reason(), "certificate_required");
    }
    let last = filter.logs().iter().any(|log| log.message == "a refusal could not be sent");
    assert!(last, "{:?}", filter.logs());
}

#[test]
fn a_fault_strikes_only_where_it_is_meant() {
    let filter = load(&policy());
    let certificate = || request().certificate(PARTNER);
    let property = || Fault::status(Call::Property, Status::INTERNAL_FAILURE);
    assert!(send(&filter, certificate().fault(property().on("xds.route_name"))).passed());
    assert!(send(&filter, certificate().fault(property().nth(99))).passed());
    let struck = send(&filter, certificate().fault(property().nth(1)));
    assert_eq!((struck.status(), struck.reason()), (Some(503), "internal"));
    assert_eq!(struck.count(Call::Property), 1);
}

#[test]
fn what_was_not_done_leaves_no_trace_of_a_pass() {
    let used = [Call::HeaderPairs, Call::RemoveHeader, Call::ReplaceHeader];
    for fault in used.map(|call| Fault::status(call, Status(10))) {
        let filter = load(&thorough());
        let answer = send(&filter, accepted().fault(fault));
        assert_eq!(answer.reason(), "internal");
        assert_eq!(answer.filter_state("wasm.peergate"), None);
        let verdict = answer.filter_state("wasm.peergate_verdict");
        assert!(verdict.is_some_and(|text| text.starts_with("outcome=denied reason=internal")));
        let counted = "peergate.api._unmatched.outcome.denied.reason.internal";
        assert_eq!(filter.metrics(), [(counted.to_owned(), 1)].into());
        assert!(answer.logs().iter().any(|log| log.message.contains(r#""reason":"internal""#)));
    }
}

#[test]
fn the_guard_is_told_last() {
    let mut policy = policy();
    policy["forward"]["filter_state"] = json!(["identity", "api", "method"]);
    let accepted = || request().certificate(PARTNER).header("x_client_tier", "spoofed");
    // One that is judged, and one that is done by memory.
    for earlier in 0..2 {
        let filter = || {
            let filter = load(&policy);
            (0..earlier).for_each(|_| assert!(send(&filter, accepted()).passed()));
            filter
        };
        let calls = numbered(&send(&filter(), accepted()));
        assert!(calls.iter().any(|(made, _)| made.argument == "peergate_method"), "{calls:?}");
        for (HostCall { call, argument, .. }, nth) in calls {
            let fault = Fault::status(call, Status::INTERNAL_FAILURE).on(&argument).nth(nth);
            let answer = send(&filter(), accepted().fault(fault));
            let guard = answer.passed().then_some("allowed");
            assert_eq!(answer.filter_state("wasm.peergate"), guard, "{call} {argument} ({nth}.)");
        }
    }
}

#[test]
fn a_grpc_client_is_told_of_a_failure_in_its_own_way() {
    let filter = load(&thorough());
    let request = accepted().header("content-type", "application/grpc");
    let answer = send(&filter, request.fault(Fault::status(Call::RemoveHeader, Status(10))));
    let reply = answer.reply().unwrap();
    assert_eq!(reply.grpc_status, Some(13));
    assert_eq!(reply.body, "the request cannot be checked");
}
