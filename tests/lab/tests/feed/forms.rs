//! The other forms, and long polls.

use std::time::{Duration, Instant};

use peergate_lab::feed::{CLIENT_SSL_AUTH, PLAIN};
use serde_json::json;
use tokio::time::sleep;

use super::{MOMENT, after, changes, connect, cursor, digest, entry, feed, get, key, load};

#[tokio::test]
async fn a_plain_file_is_one_reset_with_a_tag() {
    let feed = feed(1500);
    let mut h1 = connect(&feed).await;
    let answer = get(&mut h1, &format!("{PLAIN}?after=1&limit=2&wait=9&other=1")).await;
    let page = answer.json();
    assert_eq!(changes(&page).len(), 1500);
    assert_eq!((&page["more"], &page["reset"]), (&json!(false), &json!(true)));

    let tag = answer.header("etag").expect("a tag");
    let headers = [("if-none-match", tag)];
    let answer = h1.get("a", PLAIN, &headers).await.expect("an answer");
    assert_eq!((answer.status, answer.header("etag")), (304, Some(tag)));
    feed.delete(key(1));
    let answer = h1.get("a", PLAIN, &headers).await.expect("an answer");
    assert_eq!((answer.status, changes(&answer.json()).len()), (200, 1499));
    assert_ne!(answer.header("etag"), Some(tag));
}

#[tokio::test]
async fn client_ssl_auth_lists_the_certificates_that_are_active() {
    let feed = feed(2);
    let mut inactive = entry(2);
    inactive["active"] = json!(false);
    feed.put_all([inactive, json!({ "deny": { "certificate": digest(3) } })]);
    let mut h1 = connect(&feed).await;
    let answer = get(&mut h1, CLIENT_SSL_AUTH).await;
    let entries = [0, 1].map(|it| json!({ "fingerprint_sha256": digest(it) }));
    assert_eq!(answer.json(), json!({ "certificates": entries }));
    let headers = [("if-none-match", answer.header("etag").expect("a tag"))];
    assert_eq!(h1.get("a", CLIENT_SSL_AUTH, &headers).await.expect("an answer").status, 304);
}

#[tokio::test]
async fn a_long_poll_ends_with_a_change_or_its_time() {
    let feed = feed(1);
    let mut h1 = connect(&feed).await;
    let page = load(&mut h1, 10).await.remove(0);
    let since = Instant::now();
    assert_eq!(get(&mut h1, &after(cursor(&page), "&wait=1")).await.status, 204);
    assert!(since.elapsed().as_millis() >= 1000);

    let path = after(cursor(&page), "&wait=60");
    let poll = tokio::spawn(async move { get(&mut h1, &path).await.json() });
    feed.wait_until_held().await;
    feed.set_version(9);
    sleep(MOMENT).await;
    assert_eq!((poll.is_finished(), feed.held()), (false, 1));
    feed.put(entry(2));
    let page = poll.await.expect("an answer before long");
    assert_eq!(page["version"], 10);
    assert_eq!(changes(&page), [json!({ "put": entry(2) })]);
    assert_eq!(feed.held(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_is_not_held() {
    let feed = feed(1);
    let mut h1 = connect(&feed).await;
    let page = load(&mut h1, 10).await.remove(0);
    let path = after(cursor(&page), "&wait=60");
    tokio::select! {
        _ = h1.get("a", &path, &[]) => panic!("there is nothing to say"),
        () = feed.wait_until_held() => {}
    }
    assert_eq!(feed.held(), 1);
    drop(h1);
    while feed.held() > 0 {
        sleep(Duration::from_millis(1)).await;
    }
}
