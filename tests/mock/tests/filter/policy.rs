//! What the filter makes of its configuration.

use crate::{PARTNER, filter, policy, request, send};
use peergate_mock::{Call, Fault, Filter, Level, LoadError, Log, Status};
use serde_json::Value;

fn messages(error: &LoadError) -> Vec<&str> {
    error.logs().iter().map(|log| log.message.as_str()).collect()
}

#[test]
fn every_problem_of_a_policy_is_logged() {
    let mut policy = policy();
    policy["apis"][0]["certificate"]["allow"][0] = "nobody".into();
    policy["apis"][0]["polices"] = "open".into();
    policy["default"] = "perhaps".into();
    let error = Filter::load(&policy.to_string()).unwrap_err();
    let lines = messages(&error);
    for expected in [
        "invalid policy: apis[0].certificate.allow[0]: unknown list \"nobody\"",
        "invalid policy: apis[0].polices: ",
        "invalid policy: default: ",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(expected)), "{expected}: {lines:?}");
    }
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(error.logs().iter().all(|Log { level, .. }| *level == Level::Error));
    assert!(error.to_string().contains("unknown list"), "{error}");
}

#[test]
fn what_is_no_policy_is_refused() {
    for bytes in [&b""[..], b"{", b"\xff\xfe", b"\x0a\x02\x0a\x05", b"null"] {
        let error = Filter::load_bytes(bytes).unwrap_err();
        assert!(!error.logs().is_empty(), "{bytes:?}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_refused() {
    let policy = policy().to_string();
    for fault in [
        Fault::status(Call::Buffer, Status::INTERNAL_FAILURE),
        Fault::status(Call::Buffer, Status(999)),
        Fault::empty(Call::Buffer),
        Fault::returns(Call::Buffer, *b"{"),
    ] {
        assert!(Filter::load_with(policy.as_bytes(), [fault.clone()]).is_err(), "{fault:?}");
    }
}

#[test]
fn configuring_depends_on_the_configuration_alone() {
    let filter = filter();
    assert_eq!(filter.host_calls().len(), 2, "{:?}", filter.host_calls());
    assert_eq!((filter.count(Call::Buffer), filter.count(Call::TickPeriod)), (1, 1));
    // What a worker's host makes of the other call is no reason to be without a filter there.
    let failing = Fault::status(Call::TickPeriod, Status::INTERNAL_FAILURE);
    assert!(Filter::load_with(policy().to_string().as_bytes(), [failing]).is_ok());
}

#[test]
fn without_a_policy_every_request_is_refused() {
    let filter = Filter::unconfigured();
    for request in [request(), request().certificate(PARTNER), request().trailer("a", "b")] {
        let answer = send(&filter, request);
        assert!(!answer.passed());
        assert_eq!((answer.status(), answer.reason()), (Some(503), "internal"));
    }
}

#[test]
fn a_struct_is_read_as_its_json() {
    let filter = Filter::load_bytes(&wire(&policy())).unwrap_or_else(|error| panic!("{error}"));
    let answer = send(&filter, request().certificate(PARTNER));
    assert_eq!(answer.upstream_headers("x-client-identity"), ["partner-a"]);
}

/// The wire bytes of a `google.protobuf.Struct`.
fn wire(object: &Value) -> Vec<u8> {
    let fields = object.as_object().unwrap().iter();
    fields
        .flat_map(|(key, value)| {
            message(1, &[message(1, key.as_bytes()), message(2, &wire_value(value))].concat())
        })
        .collect()
}

fn wire_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![0x08, 0],
        Value::Bool(truth) => vec![0x20, u8::from(*truth)],
        Value::Number(number) => [&[0x11][..], &number.as_f64().unwrap().to_le_bytes()].concat(),
        Value::String(text) => message(3, text.as_bytes()),
        Value::Object(_) => message(5, &wire(value)),
        Value::Array(items) => {
            let items: Vec<u8> =
                items.iter().flat_map(|item| message(1, &wire_value(item))).collect();
            message(6, &items)
        }
    }
}

fn message(field: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    let mut length = content.len();
    while length > 0x7f {
        bytes.push(0x80 | u8::try_from(length & 0x7f).unwrap());
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend_from_slice(content);
    bytes
}
