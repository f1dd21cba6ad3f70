//! What the filter leaves behind: counters and audit lines.

use crate::{PARTNER, PARTNER_FINGERPRINT, STRANGER, filter, load, policy, request, send};
use peergate_mock::{Answer, Call, Level, Request};
use serde_json::Value;

#[test]
fn verdicts_are_counted_by_api_outcome_and_reason() {
    let filter = filter();
    for _ in 0..3 {
        send(&filter, request().certificate(PARTNER));
    }
    send(&filter, request());
    send(&filter, request().certificate(STRANGER));
    send(&filter, Request::get("https://example.org/"));
    send(&filter, request().header(":path", "//"));
    let expected = [
        ("employee.outcome.allowed.reason.allowed", 3),
        ("employee.outcome.denied.reason.certificate_not_allowed", 1),
        ("employee.outcome.denied.reason.certificate_required", 1),
        ("_unmatched.outcome.denied.reason.bad_target", 1),
        ("_unmatched.outcome.denied.reason.no_matching_api", 1),
    ];
    for (name, count) in expected {
        assert_eq!(filter.metric(&format!("peergate.api.{name}")), count, "{name}");
    }
    assert_eq!(filter.metrics().len(), expected.len(), "{:?}", filter.metrics());
}

#[test]
fn a_counter_is_defined_once() {
    let filter = filter();
    assert_eq!(send(&filter, request()).count(Call::DefineMetric), 1);
    let answer = send(&filter, request());
    assert_eq!((answer.count(Call::DefineMetric), answer.count(Call::IncrementMetric)), (0, 1));
}

#[test]
fn a_refusal_is_logged_without_secrets() {
    let answer = send(
        &filter(),
        Request::post("https://api.example.com/employee?token=secret")
            .at(crate::NOW)
            .certificate(STRANGER)
            .header("authorization", "Bearer secret")
            .header("x-request-id", "7f"),
    );
    let line = audit(&answer).unwrap();
    assert!(!line.to_string().contains("secret"), "{line}");
    for (field, value) in [
        ("event", "peergate"),
        ("outcome", "denied"),
        ("reason", "certificate_not_allowed"),
        ("api", "employee"),
        ("method", "POST"),
        ("host", "api.example.com"),
        ("path", "/employee"),
        ("request_id", "7f"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
    let passed = send(&filter(), request().certificate(PARTNER));
    assert_eq!((passed.logs().len(), passed.count(Call::Log)), (0, 0));
}

#[test]
fn audit_lines_are_limited_and_the_next_window_says_how_many_were_left_out() {
    let filter = filter();
    let denied = |second: u64| send(&filter, request().at_unix(1_795_305_600 + second));
    let logged = |answer: &Answer| audit(answer).is_some();
    for _ in 0..5 {
        assert!(logged(&denied(0)));
    }
    let sixth = denied(9);
    assert_eq!(sixth.reason(), "certificate_required");
    assert!(!logged(&sixth));
    assert!(!logged(&denied(9)));
    // Another reason has a window of its own.
    assert!(logged(&send(&filter, request().certificate(STRANGER).at_unix(1_795_305_609))));
    let next = audit(&denied(10)).unwrap();
    assert_eq!(next["left_out"], 2, "{next}");
    assert_eq!(audit(&denied(11)).unwrap().get("left_out"), None);
    assert_eq!(filter.logs().len(), 8);
    let name = "peergate.api.employee.outcome.denied.reason.certificate_required";
    assert_eq!(filter.metric(name), 9);
}

#[test]
fn a_shadowed_refusal_is_counted_and_logged() {
    let mut policy = policy();
    policy["apis"][0]["enforcement"] = "shadow".into();
    let filter = load(&policy);
    let answer = send(&filter, request().fingerprint(PARTNER_FINGERPRINT));
    assert_eq!(audit(&answer).unwrap()["outcome"], "shadowed");
    let name = "peergate.api.employee.outcome.shadowed.reason.certificate_unavailable";
    assert_eq!(filter.metric(name), 1);
}

/// The audit line of a request, if it has one.
fn audit(answer: &Answer) -> Option<Value> {
    let [log] = answer.logs() else {
        assert!(answer.logs().is_empty(), "{:?}", answer.logs());
        return None;
    };
    assert_eq!(log.level, Level::Warn);
    Some(serde_json::from_str(&log.message).unwrap())
}
