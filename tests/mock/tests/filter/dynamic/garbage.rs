//! Shared data that somebody else has written to: nobody passes by it, and the leader mends it.

use super::*;
use crate::{PARTNER, PARTNER_FINGERPRINT, STRANGER};

/// Garbage of many kinds. Some of it looks like a value at its beginning.
const GARBAGE: [&[u8]; 10] = [
    b"",
    b"x",
    b"\x01",
    b"garbage!",
    b"garbage!!",
    &[0; 9],
    &[0xff; 9],
    &[1; 40],
    b"\x01\0\0\0\0\0\0\0\0\xff",
    b"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
];

/// The keys of the list: its head, its lease, and its buckets, in this order.
fn keys() -> (Vec<u8>, Vec<u8>, Vec<Vec<u8>>) {
    let keys = SharedData::current().keys();
    let ending = |end: &[u8]| keys.iter().find(|key| key.ends_with(end)).unwrap().clone();
    let (head, lease) = (ending(b"head"), ending(b"lease"));
    let buckets = keys.iter().filter(|key| key.len() == 18).cloned().collect();
    (head, lease, buckets)
}

/// The list of these tests admits the partner, and knows the stranger and denies it.
fn changes() -> [Value; 3] {
    let denied = json!({"put": {"deny": {"certificate": STRANGER_FINGERPRINT}}});
    [put(PARTNER_FINGERPRINT), put(STRANGER_FINGERPRINT), denied]
}

fn reasons(filter: &Running<Filter>) -> (String, String) {
    let reason = |request| filter.send(&request).reason().to_owned();
    (reason(holding(PARTNER)), reason(holding(STRANGER)))
}

/// As it is meant to be.
fn whole() -> (String, String) {
    ("allowed".to_owned(), "certificate_denied".to_owned())
}

fn bucket_of(fingerprint: &str) -> Vec<u8> {
    let number = u16::from_str_radix(&fingerprint[..4], 16).unwrap().to_be_bytes();
    keys().2.into_iter().find(|key| key.ends_with(&number)).unwrap()
}

/// Until the list is as it was, the stranger must not pass, and the partner only as itself.
fn check(filter: &Running<Filter>, place: &str) {
    let (partner, stranger) = reasons(filter);
    assert!(["allowed", "internal", "list_stale"].contains(&&*partner), "{place}: {partner}");
    assert!(
        ["certificate_denied", "internal", "list_stale"].contains(&&*stranger),
        "{place}: {stranger}"
    );
}

/// Has the feed answer for a while, as a feed that knows its list does, and checks all along. Ends when
/// all is as it was.
fn mend(filter: &Running<Filter>, others: &[&Running<Filter>], place: &str) {
    let all = || others.iter().copied().chain([filter]);
    for _ in 0..200 {
        for plugin in all() {
            plugin.tick();
            check(plugin, place);
        }
        for call in filter.plugin.pending() {
            let path = call.header(":path").unwrap();
            let answer = if path.contains("after") { page(9, []) } else { reset(9, changes()) };
            filter.set_clock();
            filter.plugin.answer_call(call.token, answer, NOW).unwrap();
            all().for_each(|plugin| check(plugin, place));
            if all().all(|plugin| reasons(plugin) == whole()) {
                return;
            }
        }
        filter.clock.pass(Duration::from_millis(100));
    }
    panic!("{place}: {:?}", filter.states());
}

fn loaded() -> Running<Filter> {
    let filter = Running::loaded(&denying(&policy()), changes());
    assert_eq!(reasons(&filter), whole());
    filter
}

#[test]
fn a_head_that_was_written_over_is_mended() {
    for garbage in GARBAGE.into_iter().step_by(3) {
        let filter = loaded();
        let place = format!("head {garbage:?}");
        SharedData::current().set(keys().0, garbage);
        // One that has not seen the list before knows nothing of it.
        let new = Running::filter(&denying(&policy()), &filter.clock);
        let (partner, stranger) = reasons(&new);
        assert_ne!(partner, "allowed", "{place}");
        assert_ne!(stranger, "allowed", "{place}");
        mend(&filter, &[&new], &place);
        assert!(filter.states().iter().any(|state| state.starts_with(r#""corrupt""#)));
    }
}

#[test]
fn a_lease_that_was_written_over_is_mended() {
    for garbage in &GARBAGE[..3] {
        let filter = loaded();
        SharedData::current().set(keys().1, garbage);
        mend(&filter, &[], &format!("lease {garbage:?}"));
    }
}

#[test]
fn a_bucket_that_was_written_over_refuses() {
    let filter = loaded();
    for garbage in GARBAGE {
        for bucket in keys().2 {
            let place = format!("bucket {bucket:?} {garbage:?}");
            let value = SharedData::current().get(&bucket).unwrap();
            SharedData::current().set(&bucket, garbage);
            let (partner, stranger) = reasons(&filter);
            assert_eq!(
                [partner, stranger].iter().filter(|reason| *reason == "internal").count(),
                1
            );
            check(&filter, &place);
            SharedData::current().set(&bucket, value);
        }
    }
    assert_eq!(reasons(&filter), whole());
}

#[test]
fn a_bucket_that_was_written_over_is_mended_by_the_leader_that_finds_it() {
    for garbage in [&GARBAGE[0], &GARBAGE[3], &GARBAGE[9]] {
        for bucket in 0..2 {
            // The next leader comes by all of them.
            let filter = loaded();
            let bucket = keys().2.swap_remove(bucket);
            SharedData::current().set(&bucket, garbage);
            SharedData::current().set(keys().1, "no lease");
            mend(&filter, &[], &format!("bucket {bucket:?} {garbage:?}"));
            assert!(filter.states().contains(&r#""corrupt""#.to_owned()), "{:?}", filter.states());
        }
    }
}

#[test]
fn a_bucket_that_is_changed_is_not_taken_for_whole() {
    let filter = loaded();
    let denied = |fingerprint| json!({"put": {"deny": {"certificate": fingerprint}}});
    let stranger = bucket_of(STRANGER_FINGERPRINT);
    SharedData::current().set(&stranger, "garbage");
    // A neighbour in the same bucket is denied, and nothing is said of the stranger.
    let neighbour = [&STRANGER_FINGERPRINT[..4], &"0".repeat(60)].concat();
    filter.poll(page(2, [denied(&neighbour)]));
    assert_eq!(reasons(&filter), ("allowed".to_owned(), "internal".to_owned()));
    assert!(filter.states().contains(&r#""corrupt""#.to_owned()));
    // So all is asked for.
    filter.await_call();
    assert_eq!(filter.call().header(":path"), Some("/v1/changes?limit=1000"));
    // Until it is all there, nothing is concluded.
    let half = json!({
        "version": 2, "cursor": "half", "reset": true, "more": true, "changes": [denied(&neighbour)]
    });
    filter.answer(body(&half));
    assert_eq!(reasons(&filter), ("allowed".to_owned(), "internal".to_owned()));
    let rest = json!({"version": 2, "cursor": "c2", "reset": true, "changes": changes()});
    filter.poll(body(&rest));
    assert_eq!(reasons(&filter), whole());
}

#[test]
fn a_bucket_that_is_written_over_within_a_reset_is_loaded_again() {
    let filter = loaded();
    let page = |cursor: &str, more: bool, changes: &[Value]| {
        body(&json!({
            "version": 2, "cursor": cursor, "reset": true, "more": more, "changes": changes
        }))
    };
    filter.poll(page("half", true, &changes()));
    SharedData::current().set(bucket_of(STRANGER_FINGERPRINT), "garbage");
    filter.poll(page("c2", false, &[]));
    assert_eq!(reasons(&filter), ("allowed".to_owned(), "internal".to_owned()));
    mend(&filter, &[], "reset");
}

#[test]
fn everything_at_once_is_mended() {
    for garbage in [GARBAGE[0], GARBAGE[3]] {
        let filter = loaded();
        let (head, lease, buckets) = keys();
        for key in buckets.iter().chain([&head, &lease]) {
            SharedData::current().set(key, garbage);
        }
        mend(&filter, &[], "everything");
    }
}

#[test]
fn a_term_that_nobody_has_led_in_keeps_no_leader_out() {
    let filter = loaded();
    // Its bucket and head say so, and its lease is there still.
    let (head, _, buckets) = keys();
    for bucket in buckets {
        let mut value = SharedData::current().get(&bucket).unwrap();
        value[4] = 0x7f;
        SharedData::current().set(bucket, value);
    }
    let mut value = SharedData::current().get(&head).unwrap();
    value[1] = 0x7f;
    SharedData::current().set(head, value);
    filter.poll(reset(2, changes()));
    mend(&filter, &[], "term");
}
