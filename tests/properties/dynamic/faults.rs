//! A feed at its worst: the list stays as it is, or becomes what it should be, and the feed is not asked more
//! often than it can bear.

use std::time::Duration;

use peergate::feed::Request;
use peergate::follower::Event;
use serde_json::{Value, json};

use super::feed::{Feed, LATENCY, entry, fingerprint};
use super::world::{Life, Reply};

/// A fault, as a request meets it.
type Fault = fn(&Feed, &Request, u64) -> Reply;

/// Faults that are failed polls, each with the word that is told.
const FAULTS: [(&str, &str, Fault); 20] = [
    ("no connection", "unreachable", |_, _, now| refused(now, None)),
    ("status 500", "status", |_, _, now| refused(now, Some(500))),
    ("status 301", "status", |_, _, now| refused(now, Some(301))),
    ("status 404", "status", |_, _, now| refused(now, Some(404))),
    ("no answer in time", "unreachable", |_, request, now| {
        let at = now + request.timeout.as_nanos() as u64;
        Reply { at: Some(at), ..Reply::default() }
    }),
    ("no end, which the host should not let happen", "unreachable", |_, _, _| Reply::default()),
    ("cut short", "malformed", |feed, _, now| {
        let mut body = feed.whole();
        body.truncate(body.len() / 2);
        answer(now, body)
    }),
    ("empty", "malformed", |_, _, now| answer(now, "")),
    ("garbage", "malformed", |_, _, now| answer(now, "\u{0}\u{1}<html>{\"version\":")),
    ("a list", "malformed", |_, _, now| answer(now, "[1, \"c\", false, false, []]")),
    ("another type of version", "malformed", |_, _, now| with(now, "version", json!("7"))),
    ("another type of cursor", "malformed", |_, _, now| with(now, "cursor", json!(7))),
    ("another type of more", "malformed", |_, _, now| with(now, "more", json!("yes"))),
    ("another type of changes", "malformed", |_, _, now| with(now, "changes", json!({}))),
    ("a member that nobody knows", "malformed", |_, _, now| with(now, "resets", json!(true))),
    ("a delete of nothing", "malformed", |_, _, now| {
        let put = json!({ "put": entry(1000, "not yet") });
        with(now, "changes", json!([put, { "delete": { "certificate": "ff" } }]))
    }),
    ("a replica of yesterday", "rollback", |_, _, now| {
        let put = json!({ "put": entry(1000, "long gone") });
        answer(
            now,
            json!({ "version": 3, "cursor": "3", "reset": true, "changes": [put] }).to_string(),
        )
    }),
    ("a loop", "loop", |feed, _, now| {
        let cursor = (feed.version() - 2).to_string();
        answer(
            now,
            json!({ "version": 9999, "cursor": cursor, "more": true, "changes": [] }).to_string(),
        )
    }),
    ("too large", "too_large", |_, _, now| answer(now, " ".repeat(1_048_577))),
    ("nothing new, and no page before it", "status", |_, request, now| {
        match request.path.contains("after") {
            true => refused(now, Some(410)),
            false => refused(now, Some(204)),
        }
    }),
];

#[test]
fn a_failed_poll_changes_nothing() {
    for (name, word, fault) in FAULTS {
        for wait in ["0s", "10s"] {
            let (mut feed, mut life) = loaded(json!(wait));
            life.told();
            feed.delete(0);
            feed.put(1, "changed");
            // What was asked before is answered still.
            life.run(Duration::from_secs(11), |request, now| fault(&feed, request, now));
            let accepted_at = life.standing().accepted_at;
            let mut asked = Vec::new();
            life.run(MINUTES * 10, |request, now| {
                asked.push(now);
                fault(&feed, request, now)
            });
            let (was, is) = (loaded_feed(), life.standing());
            assert_eq!(is.accepted_at, accepted_at, "{name}: {is:?}");
            assert_eq!(is.count.entries(), was.entries.len() as u64, "{name}");
            assert_holds(&life, &was, name);
            assert_eq!(failures(&life), [word], "{name}");
            // Once soon, then ever later.
            let pauses: Vec<u64> = asked.windows(2).map(|two| two[1] - two[0]).collect();
            assert!(pauses.iter().all(|pause| *pause >= 500 * MILLISECOND), "{name}: {pauses:?}");
            assert!(
                pauses.iter().all(|pause| *pause <= 87_000 * MILLISECOND),
                "{name}: {pauses:?}"
            );
            assert!((10..120).contains(&asked.len()), "{name}: {}", asked.len());

            let healed = life.now();
            life.run_until(&mut |request, now| feed.answer(request, now), |life| {
                life.standing().accepted_at > accepted_at || life.now() > healed + HOUR
            });
            // The longest pause, and the last answer that never comes.
            let most = healed + 87_000 * MILLISECOND;
            assert!(life.now() < most, "{name}: {}", (life.now() - healed) / MILLISECOND);
            assert_holds(&life, &feed, name);
            assert_eq!(life.judge(&fingerprint(0)), Err("certificate_not_allowed"), "{name}");
            assert_eq!(
                life.told().iter().filter(|line| line.contains("recovered")).count(),
                1,
                "{name}"
            );
        }
    }
}

#[test]
fn one_bad_entry_holds_nothing_back() {
    let (mut feed, mut life) = loaded(json!("10s"));
    let mut bad = entry(1, "changed");
    bad["colour"] = json!("red");
    feed.put_raw(1, "changed", bad);
    feed.delete(0);
    life.run(MINUTES, |request, now| feed.answer(request, now));
    feed.entries.remove(&fingerprint(1));
    assert_holds(&life, &feed, "a bad put");
    assert_eq!(life.judge(&fingerprint(1)), Err("certificate_not_allowed"));
    assert_eq!(life.standing().skipped, 1);
    let told = life.told().join("\n");
    assert!(
        told.contains(r#""state":"skipped","entries":1,"#) && !told.contains("failing"),
        "{told}"
    );
}

#[test]
fn a_page_that_comes_twice_is_followed_by_the_next() {
    let (mut feed, mut life) = loaded(json!("0s"));
    for client in 0..20 {
        feed.put(client, &format!("changed-{client}"));
    }
    let mut last: Option<Reply> = None;
    let mut turn = 0;
    life.run(MINUTES * 5, |request, now| {
        turn += 1;
        let again = last.take().filter(|_| turn % 3 == 0);
        let reply = again.unwrap_or_else(|| feed.answer(request, now));
        last = Some(Reply { at: None, ..reply.clone() });
        Reply { at: Some(now + LATENCY), ..reply }
    });
    assert_holds(&life, &feed, "pages that come twice");
}

#[test]
fn a_forgotten_cursor_has_the_list_loaded_anew() {
    let (mut feed, mut life) = loaded(json!("10s"));
    life.told();
    feed.delete(0);
    feed.forget();
    let began = life.now();
    let version = feed.version() as u64;
    life.run_until(&mut |request, now| feed.answer(request, now), |life| {
        life.standing().version == version
    });
    assert!(life.now() - began < 21_000 * MILLISECOND, "{}", life.now() - began);
    assert_holds(&life, &feed, "a forgotten cursor");
    assert!(failures(&life).is_empty());
}

/// A list that is loaded and well.
fn loaded(wait: Value) -> (Feed, Life) {
    let feed = loaded_feed();
    let mut life = Life::new(json!({
        "feed": { "cluster": "c", "path": "/p", "wait": wait, "interval": "2s", "page": 4 },
        "max_age": "1h",
    }));
    life.run(MINUTES, |request, now| feed.answer(request, now));
    assert_holds(&life, &feed, "at first");
    (feed, life)
}

fn loaded_feed() -> Feed {
    let mut feed = Feed::default();
    (0..20).for_each(|client| feed.put(client, &format!("client-{client}")));
    feed
}

/// Whether the list is what a feed says, and nobody else is on it.
fn assert_holds(life: &Life, feed: &Feed, name: &str) {
    for client in (0..20).chain([1000]) {
        let fingerprint = fingerprint(client);
        let expected = feed.entries.get(&fingerprint).cloned().ok_or("certificate_not_allowed");
        assert_eq!(life.judge(&fingerprint), expected, "{name}: client {client}");
    }
}

/// The words of failures that were told.
fn failures(life: &Life) -> Vec<String> {
    let told = life.world.told.take();
    let word = |(_, event): (u64, Event)| match event {
        Event::Failing(failure) => Some(failure.word().to_owned()),
        Event::Recovered => Some("recovered".to_owned()),
        _ => None,
    };
    told.into_iter().filter_map(word).collect()
}

fn refused(now: u64, status: Option<u16>) -> Reply {
    Reply { at: Some(now + LATENCY), status, ..Reply::default() }
}

fn answer(now: u64, body: impl Into<String>) -> Reply {
    let body = body.into().into_bytes();
    Reply { at: Some(now + LATENCY), status: Some(200), body, ..Reply::default() }
}

/// A page with a put, of which one member is wrong.
fn with(now: u64, name: &str, value: Value) -> Reply {
    let put = json!({ "put": entry(1000, "not yet") });
    let mut page = json!({ "version": 9999, "cursor": "9", "more": false, "changes": [put] });
    page[name] = value;
    answer(now, page.to_string())
}

const MINUTES: Duration = Duration::from_secs(60);
const MILLISECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600_000 * MILLISECOND;
