//! Somebody else writes over a list: nobody is let in by that, and it is loaded anew.

use std::time::Duration;

use serde_json::json;

use super::feed::{Feed, LATENCY, entry, fingerprint};
use super::world::{Life, Reply};

/// What is written over.
type IsHit = fn(&[u8], &[u8]) -> bool;

/// By their lengths, which are of no others: buckets, the head record and the lease.
const HITS: [(&str, IsHit, &[u8]); 10] = [
    ("garbage in a bucket", |key, old| key.len() == 18 && old.len() > 9, b"garbage"),
    ("garbage in all buckets", |key, _| key.len() == 18, b"garbage"),
    // Which reads as one of the last term that there can be.
    ("a bucket of a later term", |key, old| key.len() == 18 && old.len() > 9, &[0xff; 8]),
    ("a bucket that is emptied", |key, old| key.len() == 18 && old.len() > 9, b""),
    ("garbage in the head", |key, _| key.len() == 20, b"garbage"),
    ("a head that is emptied", |key, _| key.len() == 20, b""),
    ("garbage in the lease", |key, _| key.len() == 21, b"garbage"),
    ("garbage in head and lease", |key, _| key.len() > 18, b"garbage"),
    ("garbage in everything", |_, _| true, b"garbage"),
    ("everything emptied", |_, _| true, b""),
];

#[test]
fn what_somebody_else_has_written_over_is_loaded_anew() {
    for (number, (name, is_hit, garbage)) in HITS.into_iter().enumerate() {
        // Pages, or a plain file.
        let is_file = number % 2 == 0;
        let mut feed = Feed::default();
        (0..20).for_each(|client| feed.put(client, "first"));
        let mut life = Life::new(json!({
            "feed": { "cluster": "c", "path": "/p", "interval": "2s", "page": 6 },
        }));
        let whole = |feed: &Feed, request: &_, now| match is_file {
            true => feed.file(request, now),
            false => feed.answer(request, now),
        };
        life.run(MINUTE, |request, now| whole(&feed, request, now));
        life.told();
        life.world.write_over(is_hit, garbage);
        // Changes of every bucket: nothing else has a leader look at them.
        for client in 0..20 {
            feed.put(client, "second");
        }
        feed.delete(0);
        life.run(MINUTE, |request, now| whole(&feed, request, now));
        for client in 0..20 {
            let expected = if client == 0 { Err("certificate_not_allowed") } else { Ok("second") };
            let found = life.judge(&fingerprint(client));
            assert_eq!(found.as_deref().map_err(|why| *why), expected, "{name}: client {client}");
        }
        assert_eq!(life.standing().count.entries(), 19, "{name}");
        let told = life.told().join("\n");
        let is_lease = name == "garbage in the lease";
        assert_eq!(told.contains("corrupt"), !is_lease, "{name}: {told}");
    }
}

#[test]
fn a_head_that_is_written_over_during_a_reset_brings_nothing_back() {
    let mut feed = Feed::default();
    (0..20).for_each(|client| feed.put(client, "first"));
    let mut life = Life::new(json!({
        "feed": { "cluster": "c", "path": "/p", "interval": "2s", "page": 6 },
    }));
    // The first part of the first reset, and no other: what it puts is not seen, then or later.
    let mut is_first = true;
    life.run(MINUTE, |_, now| {
        let part = json!({
            "version": 20, "cursor": "part", "more": true, "reset": true,
            "changes": [{ "put": entry(99, "never") }],
        });
        let status = Some(if is_first { 200 } else { 500 });
        is_first = false;
        Reply { at: Some(now + LATENCY), status, body: part.to_string().into(), ..Reply::default() }
    });
    life.world.write_over(|key, _| key.len() == 20, b"garbage");
    feed.put(20, "second");
    feed.put(21, "second");
    life.run(MINUTE * 3, |request, now| feed.answer(request, now));
    assert_eq!(life.judge(&fingerprint(99)), Err("certificate_not_allowed"));
    assert_eq!(life.judge(&fingerprint(20)).as_deref(), Ok("second"));
    assert_eq!(life.standing().count.entries(), 22);
    // Nor is an older list taken, although all is asked for.
    life.world.write_over(|key, _| key.len() == 20, b"garbage");
    let mut asked = Vec::new();
    life.run(MINUTE, |request, now| {
        asked.push(request.path.contains("after"));
        let body = Feed::default().whole().into();
        let status = Some(if request.path.contains("after") { 204 } else { 200 });
        Reply { at: Some(now + LATENCY), status, body, ..Reply::default() }
    });
    assert!(asked.iter().take(3).all(|has_cursor| !has_cursor), "{asked:?}");
    assert_eq!(life.judge(&fingerprint(20)).as_deref(), Ok("second"));
}

const MINUTE: Duration = Duration::from_secs(60);
