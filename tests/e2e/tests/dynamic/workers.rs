//! One list for all workers: a change reaches every one of them at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use peergate_e2e::{Fed, Gateway, People, registered};
use peergate_lab::client::{H1, Request};
use peergate_lab::feed::Feed;
use serde_json::json;
use tokio::sync::Barrier;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_first_refusal_nobody_passes_on_any_worker() {
    for has_service in [true, false] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put(registered(&people.alice, "acme/alice"));
        let policy = Fed::policy("30s");
        let setup = Fed::setup(&people.authority, &policy).service(has_service);
        let fed = setup.start_with(feed, |bootstrap| bootstrap.options.concurrency = 2);
        fed.wait_for_status(&people.alice, "/employee", 200).await;

        let client = fed.gateway.client(Some(&people.alice));
        let mut connections = Vec::new();
        while connections.len() < MOST && !are_both_hit(&fed.gateway) || connections.len() < LEAST {
            let mut h1 = client.h1(fed.gateway.address()).await.unwrap();
            assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
            connections.push(h1);
        }
        assert!(are_both_hit(&fed.gateway));

        for _ in 0..3 {
            let start = Arc::new(Barrier::new(connections.len() + 1));
            let asking = connections.drain(..).map(|h1| tokio::spawn(ask(h1, Arc::clone(&start))));
            let asking: Vec<_> = asking.collect();
            start.wait().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
            let mut asked = Vec::new();
            for one in asking {
                let (h1, own) = one.await.unwrap();
                connections.push(h1);
                asked.extend(own);
            }
            let first = asked.iter().filter(|asked| !asked.passed).map(|asked| asked.answered);
            let first = first.min().expect("a refusal");
            let late = asked.iter().filter(|asked| asked.passed && asked.sent > first).count();
            assert_eq!(late, 0, "of {} requests; service: {has_service}", asked.len());

            fed.feed.put(registered(&people.alice, "acme/alice"));
            for h1 in &mut connections {
                while h1.get("localhost", "/employee", &[]).await.unwrap().status != 200 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
        assert_eq!(fed.gateway.count("internal"), 0);
        assert!(fed.gateway.is_whole());
    }
}

/// One request.
struct Asked {
    sent: Instant,
    answered: Instant,
    passed: bool,
}

/// Asks until refused for the tenth time.
async fn ask(mut h1: H1, start: Arc<Barrier>) -> (H1, Vec<Asked>) {
    let request = Request::get("localhost", "/employee");
    let mut asked: Vec<Asked> = Vec::new();
    start.wait().await;
    while asked.iter().filter(|asked| !asked.passed).count() < 10 {
        let sent = Instant::now();
        let passed = h1.send(&request).await.expect("an answer").status == 200;
        asked.push(Asked { sent, answered: Instant::now(), passed });
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (h1, asked)
}

/// Whether each of two workers has several connections.
fn are_both_hit(gateway: &Gateway) -> bool {
    let stats = gateway.envoy.stats("listener.").expect("stats");
    let of = |worker: &str| {
        let suffix = format!("{}.{worker}.downstream_cx_active", gateway.address().port());
        stats.iter().find(|(name, _)| name.ends_with(&suffix)).map_or(0, |(_, count)| *count)
    };
    of("worker_0") >= 2 && of("worker_1") >= 2
}

const LEAST: usize = 6;

const MOST: usize = 60;
