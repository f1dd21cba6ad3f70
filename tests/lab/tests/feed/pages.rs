//! Changes and cursors.

use std::time::Instant;

use peergate_lab::feed::{CHANGES, Change, Feed, key_of};
use serde_json::json;

use super::{after, changes, connect, cursor, digest, entry, feed, get, key, load, once};

#[tokio::test]
async fn an_empty_list_is_a_reset() {
    let feed = Feed::start().expect("a feed");
    let page = once(&feed, CHANGES).await.expect("an answer").json();
    assert_eq!((&page["version"], &page["reset"]), (&json!(0), &json!(true)));
    assert_eq!((&page["more"], &page["changes"]), (&json!(false), &json!([])));
    let answer = once(&feed, &after(cursor(&page), "")).await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

#[tokio::test]
async fn a_first_load_is_a_reset_on_every_page() {
    let feed = feed(10);
    let mut h1 = connect(&feed).await;
    for (limit, sizes) in [(4, vec![4, 4, 2]), (5, vec![5, 5]), (10, vec![10]), (11, vec![10])] {
        let pages = load(&mut h1, limit).await;
        assert_eq!(pages.iter().map(|it| changes(it).len()).collect::<Vec<_>>(), sizes);
        for page in &pages {
            assert_eq!((&page["version"], &page["reset"]), (&json!(1), &json!(true)));
        }
        let puts = pages.iter().flat_map(changes);
        assert!(puts.eq(&(0..10).map(|it| json!({ "put": entry(it) })).collect::<Vec<_>>()));
    }
}

#[tokio::test]
async fn what_changes_is_told_once_and_last() {
    let feed = feed(3);
    let mut h1 = connect(&feed).await;
    let loaded = load(&mut h1, 100).await;
    feed.put(entry(1));
    feed.delete(key(2));
    feed.put(entry(2));
    assert_eq!(feed.delete(key(0)), 5);
    let page = get(&mut h1, &after(cursor(&loaded[0]), "&limit=2")).await.json();
    assert_eq!((&page["version"], &page["reset"]), (&json!(5), &json!(false)));
    assert_eq!(changes(&page), [json!({ "put": entry(1) }), json!({ "put": entry(2) })]);
    assert_eq!(page["more"], true);
    let page = get(&mut h1, &after(cursor(&page), "&limit=2")).await.json();
    assert_eq!(changes(&page), [json!({ "delete": key(0) })]);
    assert_eq!((&page["more"], &page["reset"]), (&json!(false), &json!(false)));

    // Whoever loads now has nothing to delete.
    let loaded = load(&mut h1, 100).await;
    assert_eq!(changes(&loaded[0]).len(), 2);
}

#[tokio::test]
async fn a_load_brings_what_changes_meanwhile() {
    let feed = feed(4);
    let mut h1 = connect(&feed).await;
    let page = get(&mut h1, &format!("{CHANGES}?limit=2")).await.json();
    feed.apply([Change::Delete(key(0)), Change::Put(entry(9))]);
    let page = get(&mut h1, &after(cursor(&page), "&limit=3")).await.json();
    let expected =
        [json!({ "put": entry(2) }), json!({ "put": entry(3) }), json!({ "delete": key(0) })];
    assert_eq!(changes(&page), expected);
    let page = get(&mut h1, &after(cursor(&page), "&limit=3")).await.json();
    assert_eq!(changes(&page), [json!({ "put": entry(9) })]);
    assert_eq!((&page["more"], &page["reset"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn unknown_cursors_are_gone_and_unknown_questions_wrong() {
    let feed = feed(1);
    let mut h1 = connect(&feed).await;
    let page = load(&mut h1, 1).await.remove(0);
    for unknown in ["", "x", "1/1", &format!("{}0", cursor(&page))] {
        assert_eq!(get(&mut h1, &after(unknown, "")).await.status, 410, "{unknown}");
    }
    feed.put_all([entry(1), entry(2)]);
    let page = get(&mut h1, &format!("{CHANGES}?limit=1")).await.json();
    let raw = format!("{CHANGES}?after={}", cursor(&page));
    let known = after(cursor(&page), "");
    for wrong in [&raw, &format!("{known}&limit=0"), &format!("{known}&wait=x")] {
        assert_eq!(get(&mut h1, wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(get(&mut h1, "/v1/other").await.status, 404);
    let answer = h1.request("POST", "a", CHANGES, &[], b"").await.expect("an answer");
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn a_forgotten_history_is_gone_or_a_reset() {
    let feed = feed(3);
    let mut h1 = connect(&feed).await;
    let old = load(&mut h1, 100).await.remove(0);
    feed.replace_all([entry(7)]);
    let page = get(&mut h1, &after(cursor(&old), "&wait=9")).await.json();
    assert_eq!((&page["version"], &page["reset"]), (&json!(2), &json!(true)));
    assert_eq!(changes(&page), [json!({ "put": entry(7) })]);
    assert_eq!(feed.reset_all([entry(8)]), 3);
    for page in [&old, &page] {
        assert_eq!(get(&mut h1, &after(cursor(page), "&wait=9")).await.status, 410);
    }
    let page = load(&mut h1, 100).await.remove(0);
    assert_eq!(changes(&page), [json!({ "put": entry(8) })]);
}

#[tokio::test]
async fn a_cursor_survives_a_restart_and_belongs_to_its_server() {
    let feed = feed(3);
    let address = feed.address();
    let mut h1 = connect(&feed).await;
    let old = load(&mut h1, 100).await.remove(0);
    feed.set_version(41);
    let state = feed.stop();
    assert!(h1.get("a", CHANGES, &[]).await.is_err());

    let feed = Feed::resume(state).expect("the same port");
    assert_eq!((feed.address(), feed.version(), feed.put(entry(5))), (address, 41, 42));
    let page = once(&feed, &after(cursor(&old), "")).await.expect("an answer").json();
    assert_eq!(changes(&page), [json!({ "put": entry(5) })]);

    drop(feed);
    let feed = Feed::start_at(address).expect("the same port");
    feed.put_all((0..9).map(entry));
    assert_eq!(once(&feed, &after(cursor(&old), "")).await.expect("an answer").status, 410);
}

#[tokio::test]
async fn keys_are_those_of_deletes() {
    let issued = json!({ "deny": { "issued": { "by_sha256": digest(1), "serial": "0A:1F" } } });
    let mut until = issued.clone();
    until["until"] = json!("2027-01-01T00:00:00Z");
    assert_eq!(key_of(&until), issued);
    assert_eq!(key_of(&entry(1)), key(1));
    let bound = json!({ "api_key": digest(1), "certificates": [digest(2)] });
    assert_eq!(key_of(&bound), json!({ "api_key": digest(1) }));

    let feed = Feed::start().expect("a feed");
    feed.put_all([until, bound, json!("odd")]);
    feed.apply([issued, json!({ "api_key": digest(1) }), json!("odd")].map(Change::Delete));
    let page = once(&feed, CHANGES).await.expect("an answer").json();
    assert_eq!(page["changes"], json!([]));
}

#[tokio::test]
async fn many_entries_are_no_burden() {
    let feed = feed(0);
    feed.put_all_texts((0..100_000).map(|it| (digest(it), entry(it).to_string())));
    feed.put(entry(0));
    let mut h1 = connect(&feed).await;
    let since = Instant::now();
    let pages = load(&mut h1, 5000).await;
    assert_eq!(pages.iter().map(|it| changes(it).len()).sum::<usize>(), 100_000);
    // Twenty pages, and most of the time is the reading here.
    assert!(since.elapsed().as_secs() < 20, "{:?}", since.elapsed());
}
