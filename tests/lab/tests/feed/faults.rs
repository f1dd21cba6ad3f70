//! Each fault, and the end of it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use peergate_lab::client::Client;
use peergate_lab::feed::{CHANGES, CLIENT_SSL_AUTH, Fault, Feed, Member, PLAIN};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{MOMENT, after, changes, connect, cursor, digest, entry, feed, get, key, load, once};

#[tokio::test]
async fn an_answer_may_be_slow() {
    let feed = feed(1);
    feed.fail_next(1, Fault::Slow(Duration::from_millis(200)));
    for slow in [true, false] {
        let since = Instant::now();
        assert_eq!(once(&feed, CHANGES).await.expect("an answer").status, 200);
        assert_eq!(since.elapsed().as_millis() >= 200, slow);
    }
    assert!(feed.journal()[0].fault.is_some() && feed.journal()[1].fault.is_none());
}

#[tokio::test]
async fn an_answer_may_stall_or_be_cut_short() {
    let feed = feed(20);
    let whole = once(&feed, CHANGES).await.expect("an answer").body;
    for fault in [Fault::Stalled, Fault::Truncated] {
        feed.fail_next(1, fault.clone());
        let mut h1 = connect(&feed).await;
        let head = format!("GET {CHANGES} HTTP/1.1\r\nhost: a\r\n\r\n");
        h1.send_raw(head.as_bytes()).await.expect("bytes sent");
        let mut received = Vec::new();
        let ended = loop {
            match timeout(MOMENT, h1.read_raw()).await {
                Ok(Ok(bytes)) if !bytes.is_empty() => received.extend(bytes),
                Ok(_) => break true,
                Err(_) => break false,
            }
        };
        assert_eq!(ended, fault == Fault::Truncated);
        let text = String::from_utf8(received).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
        assert!(head.contains(&format!("content-length: {}", whole.len())));
        assert!(whole.starts_with(body.as_bytes()) && body.len() == whole.len() / 2);
        assert_eq!(feed.journal().last().expect("an answer").fault, Some(fault));
        assert_eq!(once(&feed, CHANGES).await.expect("an answer").body, whole);
    }
}

#[tokio::test]
async fn an_answer_may_be_no_json_or_no_answer_at_all() {
    let feed = feed(1);
    for path in [CHANGES, PLAIN, CLIENT_SSL_AUTH] {
        feed.fail(Fault::Garbage);
        let answer = once(&feed, path).await.expect("an answer");
        assert_eq!(answer.status, 200);
        serde_json::from_slice::<Value>(&answer.body).expect_err("no JSON");
        feed.fail(Fault::Status(503));
        assert_eq!(once(&feed, path).await.expect("an answer").status, 503);
        feed.fail(Fault::Reset);
        let error = once(&feed, path).await.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        feed.fail(Fault::Huge);
        let answer = once(&feed, path).await.expect("an answer");
        assert_eq!(answer.body.len(), Fault::HUGE);
        serde_json::from_slice::<Value>(&answer.body).expect("JSON all the same");
    }
    assert_eq!(feed.journal().iter().filter(|it| it.status.is_none()).count(), 3);
    assert_eq!(feed.last_answer_with_version(1), None);
}

#[tokio::test]
async fn each_member_may_have_a_wrong_type() {
    let feed = feed(1);
    let good = once(&feed, CHANGES).await.expect("an answer").json();
    let members = [
        ("version", Member::Version),
        ("cursor", Member::Cursor),
        ("more", Member::More),
        ("reset", Member::Reset),
        ("changes", Member::Changes),
    ];
    for (name, member) in members {
        feed.fail(Fault::WrongTypes(member));
        let page = once(&feed, CHANGES).await.expect("an answer").json();
        for (it, value) in page.as_object().expect("an object") {
            let same = std::mem::discriminant(value) == std::mem::discriminant(&good[it]);
            assert_eq!(same, it != name, "{it}");
        }
    }
    let list = once(&feed, CLIENT_SSL_AUTH).await.expect("an answer").json();
    assert_eq!(list, json!({ "certificates": {} }));
}

#[tokio::test]
async fn pages_may_come_twice() {
    let feed = feed(5);
    feed.fail(Fault::DuplicatePages);
    let pages = load(&mut connect(&feed).await, 2).await;
    let sizes: Vec<_> = pages.iter().map(|it| changes(it).len()).collect();
    assert_eq!(sizes, [2, 2, 2, 2, 1]);
    assert_eq!((&pages[0], &pages[2]), (&pages[1], &pages[3]));
    // The last one as well, and then nothing.
    let path = after(cursor(&pages[4]), "&limit=2");
    assert_eq!(once(&feed, &path).await.expect("an answer").json(), pages[4]);
    assert_eq!(once(&feed, &path).await.expect("an answer").status, 204);
}

#[tokio::test]
async fn a_page_may_lead_nowhere() {
    let feed = feed(5);
    let page = load(&mut connect(&feed).await, 9).await.remove(0);
    feed.fail_next(2, Fault::Loop);
    for changed in [0, 1] {
        let looped = once(&feed, &after(cursor(&page), "")).await.expect("an answer").json();
        assert_eq!((&looped["cursor"], &looped["more"]), (&page["cursor"], &json!(true)));
        assert_eq!(changes(&looped).len(), changed);
        feed.put(entry(7));
    }
    let next = once(&feed, &after(cursor(&page), "")).await.expect("an answer").json();
    assert_ne!(next["cursor"], page["cursor"]);
}

#[tokio::test]
async fn a_replica_may_lag() {
    let feed = feed(2);
    let page = load(&mut connect(&feed).await, 9).await.remove(0);
    feed.fail(Fault::LaggingReplica);
    feed.delete(key(1));
    for _ in 0..2 {
        let old = once(&feed, &after(cursor(&page), "&wait=9")).await.expect("an answer").json();
        assert_eq!((&old["version"], &old["reset"]), (&json!(1), &json!(true)));
        assert_eq!(changes(&old).len(), 2);
        let new = once(&feed, &after(cursor(&page), "&wait=9")).await.expect("an answer").json();
        assert_eq!((&new["version"], &new["reset"]), (&json!(2), &json!(false)));
    }
    feed.heal();
    let new = once(&feed, PLAIN).await.expect("an answer").json();
    assert_eq!(changes(&new).len(), 1);
}

#[tokio::test]
async fn an_odd_change_may_come_first() {
    let feed = feed(2);
    let page = load(&mut connect(&feed).await, 9).await.remove(0);
    feed.delete(key(0));
    for fault in [
        Fault::unknown_member(&digest(1)),
        Fault::bad_date(&digest(1)),
        Fault::long_label(&digest(1), 1 << 20),
    ] {
        feed.fail_next(1, fault.clone());
        let page = once(&feed, &after(cursor(&page), "")).await.expect("an answer").json();
        let Fault::Poisoned(poison) = fault else { panic!("it is a poison") };
        assert_eq!(changes(&page), [json!({ "put": poison }), json!({ "delete": key(0) })]);
    }
    feed.fail_next(1, Fault::BadDelete(json!({ "certificate": 1 })));
    let page = once(&feed, &after(cursor(&page), "")).await.expect("an answer").json();
    assert_eq!(changes(&page)[0], json!({ "delete": { "certificate": 1 } }));
    feed.fail_next(1, Fault::Poisoned(json!({ "fingerprint_sha256": "x" })));
    let list = once(&feed, CLIENT_SSL_AUTH).await.expect("an answer").json();
    assert_eq!(list["certificates"][0]["fingerprint_sha256"], "x");
}

#[tokio::test]
async fn connections_may_be_refused() {
    let feed = feed(1);
    let mut open = connect(&feed).await;
    get(&mut open, CHANGES).await;
    feed.fail_next(2, Fault::Refuse);
    assert!(open.get("a", CHANGES, &[]).await.is_err());
    for _ in 0..2 {
        assert!(once(&feed, CHANGES).await.is_err());
    }
    assert_eq!(once(&feed, CHANGES).await.expect("an answer").status, 200);
    assert_eq!(feed.requests(), 2);
}

#[tokio::test]
async fn a_fault_ends_what_is_held() {
    let feed: Feed = feed(1);
    let page = load(&mut connect(&feed).await, 9).await.remove(0);
    let path = after(cursor(&page), "&wait=60");
    for (fault, status) in [(Fault::Status(500), Some(500)), (Fault::Refuse, None)] {
        let mut h1 = Client::plaintext().h1(feed.address()).await.expect("a connection");
        let path = path.clone();
        let poll = tokio::spawn(async move { h1.get("a", &path, &[]).await });
        feed.wait_until_held().await;
        feed.fail(fault);
        let answer = poll.await.expect("no panic");
        assert_eq!(answer.as_ref().ok().map(|it| it.status), status);
        assert_ne!(answer.err().map(|it| it.kind()), Some(ErrorKind::TimedOut));
        feed.heal();
    }
}
