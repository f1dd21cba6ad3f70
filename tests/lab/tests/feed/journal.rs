//! What the feed remembers.

use std::time::{Duration, Instant};

use peergate_lab::feed::{CHANGES, CLIENT_SSL_AUTH, Fault, Kind};
use tokio::time::timeout;

use super::{MOMENT, after, connect, cursor, entry, feed, get, load, once};

#[tokio::test]
async fn every_answer_is_written_down() {
    let feed = feed(3);
    let mut h1 = connect(&feed).await;
    let page = load(&mut h1, 2).await.remove(1);
    get(&mut h1, &after(cursor(&page), "")).await;
    feed.put(entry(9));
    get(&mut h1, &after(cursor(&page), "&limit=7")).await;
    get(&mut h1, &after("?", "")).await;
    get(&mut h1, "/").await;
    get(&mut h1, CLIENT_SSL_AUTH).await;

    let journal = feed.journal();
    let told: Vec<_> =
        journal.iter().map(|it| (it.kind, it.status.unwrap_or(0), it.version)).collect();
    let expected = [
        (Kind::Reset, 200, Some(1)),
        (Kind::Reset, 200, Some(1)),
        (Kind::Nothing, 204, None),
        (Kind::Changes, 200, Some(2)),
        (Kind::Gone, 410, None),
        (Kind::Error, 404, None),
        (Kind::Reset, 200, Some(2)),
    ];
    assert_eq!(told, expected);
    assert_eq!(journal.iter().map(|it| it.changes).collect::<Vec<_>>(), [2, 1, 0, 1, 0, 0, 4]);
    assert_eq!(journal[0].after, None);
    assert_eq!(journal[3].after.as_deref(), Some(cursor(&page)));
    assert!(journal[3].path.ends_with("&limit=7"));
    assert_eq!(journal[3].header("host"), Some(&b"feed.internal"[..]));
    assert!(journal.is_sorted_by_key(|it| it.at));
    assert_eq!(feed.last_answer_with_version(1), Some(journal[1].at));
    assert_eq!(feed.last_answer_with_version(2), Some(journal[6].at));
    assert_eq!(feed.last_answer_with_version(3), None);
    assert_eq!(feed.requests(), 7);
    feed.forget();
    assert!(feed.journal().is_empty());
}

#[tokio::test]
async fn the_time_is_that_of_the_last_byte() {
    let feed = feed(1);
    let mut h1 = connect(&feed).await;
    let late = Duration::from_millis(200);
    feed.fail(Fault::Slow(late));
    let since = Instant::now();
    get(&mut h1, CHANGES).await;
    let at = feed.last_answer_with_version(1).expect("it was answered");
    assert!(at >= since + late && at <= Instant::now());

    // More than the sockets hold: the last byte goes when most of it is read.
    feed.fail(Fault::Huge);
    get(&mut h1, CHANGES).await;
    let huge = &feed.journal()[1];
    assert!(huge.bytes > Fault::HUGE && huge.at <= Instant::now());
    assert_eq!(feed.last_answer_with_version(1), Some(at));
}

#[tokio::test]
async fn a_poll_can_be_waited_for() {
    let feed = feed(1);
    once(&feed, CHANGES).await.expect("an answer");
    let next = feed.wait_for_poll();
    timeout(MOMENT, feed.wait_for_poll()).await.expect_err("nobody asks");
    once(&feed, CHANGES).await.expect("an answer");
    next.await;
    timeout(MOMENT, feed.wait_until_held()).await.expect_err("nobody waits");
}
