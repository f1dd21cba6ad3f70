//! A host that fails while tokens and keys are looked at: nobody passes by that.

use std::collections::HashMap;

use peergate::metadata::{JWT_AUTHN, write};
use peergate_mock::{HostCall, SharedData};

use super::*;

/// Statuses of the ABI, and some that are none.
const STATUSES: [u32; 8] = [1, 2, 4, 7, 8, 10, 12, u32::MAX];

/// Everything at once: a certificate, a token and a key, both of them bound, and rates for all.
fn thorough() -> Running<Filter> {
    let mut policy = policy(&json!(["certificate", "jwt", "api_key"]));
    policy["apis"][0]["strip"] = true.into();
    policy["apis"][0]["rate"] = json!({"requests": 1000, "per": "1s"});
    policy["forward"] = json!({"identity": "x-client-identity", "method": "x-client-auth"});
    running(&policy, json!({"certificates": [PARTNER_FINGERPRINT]}))
}

fn whole() -> Request {
    holding().jwt_payload(BOUND).header("x-api-key", KEY)
}

/// What the next one sees of it: nothing.
fn check_next(filter: &Running<Filter>, place: &str) {
    let next = filter.send(&whole());
    assert!(next.passed(), "after {place}: {}", next.reason());
    assert_eq!(next.upstream_headers("x-client-identity"), ["partner-a"]);
    assert_eq!(next.upstream_headers("x-client-auth"), ["certificate+jwt+api_key"]);
    let nobody = filter.send(&request());
    assert_eq!(nobody.reason(), "certificate_required", "after {place}");
}

pub(super) fn check_refused(answer: &Answer, place: &str) {
    assert!(!answer.passed(), "{place}");
    assert_eq!(answer.filter_state("wasm.peergate"), None, "{place}");
    assert_eq!(answer.all_upstream_headers().count(), 0, "{place}");
}

#[test]
fn a_request_passes_on_no_call_that_failed() {
    let list = list_keys();
    let filter = thorough();
    filter.send(&whole());
    for (call, nth) in numbered(&filter.send(&whole())) {
        for status in STATUSES {
            strike(&filter, &call, nth, status, &list);
        }
    }
}

#[test]
fn a_clients_first_request_passes_on_no_call_that_failed() {
    let list = list_keys();
    let filter = thorough();
    let (cold, warm) = (filter.send(&whole()), filter.send(&whole()));
    drop(filter);
    // What a later one asks for no more.
    let only = |(call, _): &(HostCall, usize)| !warm.host_calls().contains(call);
    for (call, nth) in numbered(&cold).into_iter().filter(only) {
        for status in STATUSES.into_iter().step_by(3) {
            strike(&thorough(), &call, nth, status, &list);
        }
    }
}

/// The calls of a request that passed, each with which of its kind it is.
fn numbered(answer: &Answer) -> Vec<(HostCall, usize)> {
    assert!(answer.passed(), "{}", answer.reason());
    let mut seen = HashMap::new();
    let number = |call: &HostCall| {
        let nth = seen.entry(call.clone()).or_insert(0);
        *nth += 1;
        (call.clone(), *nth)
    };
    answer.host_calls().iter().map(number).collect()
}

/// Has a call of a request fail.
fn strike(filter: &Running<Filter>, call: &HostCall, nth: usize, status: u32, list: &[String]) {
    let fault = Fault::status(call.call, Status(status)).on(&call.argument).nth(nth);
    let answer = filter.send(&whole().fault(fault));
    let place = format!("{call} ({nth}.) {status}: {}", answer.reason());
    match expected(call, nth, status, list) {
        "allowed" => assert!(answer.passed(), "{place}"),
        reason => {
            assert_eq!(answer.reason(), reason, "{place}");
            check_refused(&answer, &place);
        }
    }
    check_next(filter, &place);
}

/// What follows from a call that failed.
fn expected(call: &HostCall, nth: usize, status: u32, list: &[String]) -> &'static str {
    let is_absent = status == Status::NOT_FOUND.0;
    match (call.call, &*call.argument) {
        // A count that is lost, and a slot that somebody else was the first to write.
        (Call::DefineMetric | Call::IncrementMetric, _) => "allowed",
        (Call::SetSharedData, _) if status == Status::CAS_MISMATCH.0 => "allowed",
        // To say that there is none is no fault.
        (Call::Property, "connection.peer_certificate") if is_absent => "certificate_unavailable",
        (Call::Property, "connection.sha256_peer_certificate_digest") if is_absent => {
            "binding_mismatch"
        }
        (Call::Property, "metadata") if is_absent => "jwt_required",
        (Call::Property, "plugin_name") if is_absent => "allowed",
        (Call::SharedData, key) if is_absent && list.iter().any(|own| own == key) => {
            "api_key_unknown"
        }
        (Call::SharedData, _) if is_absent && nth == 1 => "allowed",
        _ => "internal",
    }
}

/// The keys of shared data that are of the list, and not of the rates.
fn list_keys() -> Vec<String> {
    let _filter = thorough();
    let keys = SharedData::current().keys();
    keys.iter().map(|key| String::from_utf8_lossy(key).into_owned()).collect()
}

#[test]
fn metadata_that_is_none_tells_nothing() {
    let filter = running(&policy(&json!({"any_of": ["jwt", "anonymous"]})), json!({}));
    let said = json!({ JWT_AUTHN: {"jwt_payload": {"iss": "https://idp.example"}} });
    let good = write(said.as_object().unwrap());
    let huge = vec![0x0a; 1 << 20];
    let cuts = (1..good.len()).map(|end| good[..end].to_vec());
    let spoilt = (0..good.len()).map(|place| {
        let mut bytes = good.clone();
        bytes[place] ^= 0x80;
        bytes
    });
    let odd = [b"\0".to_vec(), vec![0xff; 40], b"{}".to_vec(), huge, good.repeat(2)];
    for bytes in cuts.chain(odd) {
        let fault = Fault::returns(Call::Property, bytes.clone()).on("metadata");
        let answer = filter.send(&request().fault(fault));
        assert_eq!(answer.reason(), "internal", "{bytes:?}");
        check_refused(&answer, "metadata");
    }
    for bytes in spoilt {
        let fault = Fault::returns(Call::Property, bytes.clone()).on("metadata");
        let answer = filter.send(&request().fault(fault));
        // The subject is missing: no payload of these may pass as a token.
        assert_ne!(answer.reason(), "allowed", "{bytes:?}");
    }
    for fault in [
        Fault::status(Call::Property, Status::INTERNAL_FAILURE),
        Fault::status(Call::Property, Status::BAD_ARGUMENT),
    ] {
        let answer = filter.send(&request().jwt_payload(TOKEN).fault(fault.on("metadata")));
        assert_eq!(answer.reason(), "internal");
    }
    assert_eq!(filter.send(&request()).reason(), "anonymous");
    assert_eq!(filter.send(&request().jwt_payload(TOKEN)).reason(), "allowed");
}

#[test]
fn a_list_that_cannot_be_read_holds_no_key() {
    let filter = running(&policy(&json!({"any_of": ["api_key", "anonymous"]})), json!({}));
    for (fault, reason) in [
        (Fault::status(Call::SharedData, Status::INTERNAL_FAILURE), "internal"),
        (Fault::status(Call::SharedData, Status::CAS_MISMATCH), "internal"),
        (Fault::status(Call::SharedData, Status::NOT_FOUND), "api_key_unknown"),
        (Fault::empty(Call::SharedData), "internal"),
        (Fault::returns(Call::SharedData, "garbage"), "internal"),
        (Fault::status(Call::Monotonic, Status::INTERNAL_FAILURE), "internal"),
        (Fault::empty(Call::Monotonic), "internal"),
    ] {
        let answer = filter.send(&by_key().fault(fault));
        assert_eq!(answer.reason(), reason);
        check_refused(&answer, reason);
        assert!(filter.send(&by_key()).passed());
    }
    let buckets = SharedData::current().keys();
    for key in buckets.iter().filter(|key| key.len() == 18) {
        let value = SharedData::current().get(key).unwrap();
        for garbage in [&b""[..], b"\x01", &[0xff; 60]] {
            SharedData::current().set(key, garbage);
            assert_eq!(filter.send(&by_key()).reason(), "internal", "{garbage:?}");
        }
        SharedData::current().set(key, value);
        assert!(filter.send(&by_key()).passed());
    }
}
