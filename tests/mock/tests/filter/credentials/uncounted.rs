//! A host that fails while requests are counted: what is not counted does not pass.

use std::time::Duration;

use peergate_mock::SharedData;

use super::faults::check_refused;
use super::*;
use crate::dynamic::running::Clock;

/// A filter under which a key may make a hundred requests and has made one, and the key of its slot in shared
/// data.
fn limited() -> (Running<Filter>, Vec<u8>) {
    let rate = json!({"requests": 100, "per": "100s"});
    let filter = running(&policy(&json!(["api_key"])), json!({ "rate": rate }));
    let before = SharedData::current().keys();
    assert!(filter.send(&by_key()).passed());
    let mut new = SharedData::current().keys();
    new.retain(|key| !before.contains(key) && key != SALT);
    assert_eq!(new.len(), 1);
    (filter, new.remove(0))
}

const SALT: &[u8] = b"peergate/salt";

#[test]
fn what_is_not_counted_does_not_pass() {
    let (filter, slot) = limited();
    for is_empty in [false, true] {
        if is_empty {
            filter.clock.pass(Duration::from_secs(1000));
            SharedData::current().set(&slot, "");
            assert_eq!(filter.send(&by_key()).reason(), "rate_limited");
            filter.clock.pass(Duration::from_secs(1));
        }
        for (fault, reason) in [
            (Fault::status(Call::SharedData, Status::INTERNAL_FAILURE).nth(2), "internal"),
            (Fault::empty(Call::SharedData).nth(2), "internal"),
            (Fault::status(Call::SetSharedData, Status::INTERNAL_FAILURE), "internal"),
            (Fault::status(Call::SetSharedData, Status::BAD_ARGUMENT), "internal"),
            (Fault::status(Call::SetSharedData, Status::CAS_MISMATCH), "rate_limited"),
        ] {
            let answer = filter.send(&by_key().fault(fault));
            assert_eq!(answer.reason(), reason, "{is_empty}");
            check_refused(&answer, reason);
        }
        assert!(filter.send(&by_key()).passed());
    }
}

#[test]
fn whoever_loses_four_swaps_waits_a_second() {
    let (filter, _) = limited();
    let lost = |times| {
        let fault = |nth| Fault::status(Call::SetSharedData, Status::CAS_MISMATCH).nth(nth);
        filter.send(&(1..=times).map(fault).fold(by_key(), Request::fault))
    };
    for times in 1..4 {
        let answer = lost(times);
        assert!(answer.passed(), "{times}: {}", answer.reason());
        assert_eq!(answer.count(Call::SetSharedData), times + 1);
    }
    for times in 4..7 {
        let answer = lost(times);
        assert_eq!((answer.reason(), answer.status()), ("rate_limited", Some(429)));
        assert_eq!(answer.reply().unwrap().header("retry-after"), Some("1"));
        assert_eq!(answer.count(Call::SetSharedData), 4);
        check_refused(&answer, "lost");
    }
}

#[test]
fn a_slot_that_was_written_over_refuses_until_its_time_has_passed() {
    let (filter, slot) = limited();
    for garbage in [&b""[..], b"x", &[0xff; 17], &[1; 400]] {
        SharedData::current().set(&slot, garbage);
        let answer = filter.send(&by_key());
        assert_eq!(answer.reason(), "rate_limited", "{garbage:?}");
        check_refused(&answer, "garbage");
        assert_eq!(filter.send(&by_key()).reason(), "rate_limited");
        filter.clock.pass(Duration::from_secs(1));
        assert!(filter.send(&by_key()).passed());
        assert_eq!(filter.send(&by_key()).reason(), "rate_limited");
    }
}

#[test]
fn nothing_is_counted_without_a_clock() {
    let mut policy = policy(&json!({"any_of": ["api_key", "jwt"]}));
    policy["lists"]["registered"]["when_stale"] = "keep".into();
    policy["apis"][0]["rate"] = json!({"requests": 100, "per": "100s"});
    let filter = running(&policy, json!({}));
    for request in [by_key(), request().jwt_payload(TOKEN)] {
        for fault in [
            Fault::status(Call::Monotonic, Status::INTERNAL_FAILURE),
            Fault::empty(Call::Monotonic),
        ] {
            let answer = filter.send(&request.clone().fault(fault));
            assert_eq!((answer.reason(), answer.count(Call::SetSharedData)), ("internal", 0));
            check_refused(&answer, "clock");
        }
        assert!(filter.send(&request).passed());
    }
}

#[test]
fn where_requests_are_counted_is_agreed_upon_or_nobody_passes() {
    let mut policy = policy(&json!(["jwt"]));
    policy["apis"][0]["rate"] = json!({"requests": 100, "per": "100s"});
    let token = || request().jwt_payload(TOKEN);
    let slots = [(); 3].map(|()| {
        let filter = Running::filter(&policy, &Clock::new());
        for fault in [
            Fault::status(Call::SharedData, Status::INTERNAL_FAILURE).nth(1),
            Fault::empty(Call::SharedData).nth(1),
            Fault::status(Call::SetSharedData, Status::INTERNAL_FAILURE).nth(1),
            // Somebody else was faster, and then nothing is there.
            Fault::status(Call::SetSharedData, Status::CAS_MISMATCH).nth(1),
        ] {
            let answer = filter.send(&token().fault(fault));
            assert_eq!(answer.reason(), "internal");
            check_refused(&answer, "salt");
        }
        assert!(filter.send(&token()).passed());
        let salt = SharedData::current().get(SALT).unwrap();
        // The next one takes what is there.
        let other = Running::filter(&policy, &filter.clock);
        let late = Fault::status(Call::SharedData, Status::NOT_FOUND).nth(1);
        assert!(other.send(&token().fault(late)).passed());
        assert_eq!(SharedData::current().get(SALT), Some(salt));
        let keys = SharedData::current().keys();
        assert_eq!(keys.len(), 2, "the salt, and a slot for both");
        keys.into_iter().find(|key| key != SALT).unwrap()
    });
    // No client can tell where it is: the same one lies elsewhere every time.
    assert!(slots[0] != slots[1] || slots[1] != slots[2], "{slots:?}");
}
