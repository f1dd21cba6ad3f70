//! Nobody gets more than his rate and his burst, whatever he tries, nor much less if he wants it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use peergate_e2e::{Gateway, keyed};
use peergate_lab::client::{H1, Request};
use peergate_lab::pki::Identity;
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::stage::{Stage, with};

/// Each by 32 connections over both workers, all at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_pass_than_the_rate_and_the_burst() {
    for (version, time) in [("1.40.0", 2500), ("1.36.4", 1500)] {
        let limit = Limit { requests: 40.0, per: 1.0, burst: 30.0 };
        let rate = json!({ "requests": 40, "per": "1s", "burst": 30 });
        let stage = Stage::start_with(version, rate, |bootstrap| bootstrap.options.concurrency = 2);
        let stage = stage.await;
        let gateway = stage.gateway();
        let floods = [
            ("a certificate's entry", Some(&stage.people.alice), super::stage::get("/certificate")),
            ("a key's entry", None, with("key", "/key")),
            ("a token's API", None, stage.of("ada", "/token")),
        ];
        let mut connections = Vec::new();
        for (_, identity, _) in &floods {
            connections.push(connect(gateway, *identity).await);
        }
        assert!(are_both_hit(gateway), "connections on both workers");
        let start = Arc::new(Barrier::new(3 * CONNECTIONS));
        let mut running = Vec::new();
        for ((_, _, request), connections) in floods.iter().zip(connections) {
            running.push(flood(connections, request, &start, Duration::from_millis(time)));
        }
        for ((what, ..), running) in floods.iter().zip(running) {
            let mut granted: Vec<Granted> = Vec::new();
            let mut all = Vec::new();
            for (own, asked) in running.join_all().await {
                granted.extend(own);
                all.extend(asked);
            }
            limit.check(&format!("{what} on Envoy {version}"), &granted, &all);
        }
        assert_eq!(gateway.count("internal"), 0);
        assert!(gateway.is_whole());
    }
}

/// Where everything is to pass, workers write over each other's marks as often as they can: who loses too often
/// is refused, and that is rare.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contention_refuses_few() {
    let stage = Stage::shared().await;
    let mut entry = keyed("busy", "acme/busy");
    entry["rate"] = json!({ "requests": 1_000_000_000, "per": "1s" });
    stage.register(entry).await;
    let connections = connect(stage.gateway(), None).await;
    assert!(are_both_hit(stage.gateway()), "connections on both workers");
    let start = Arc::new(Barrier::new(CONNECTIONS));
    let running = flood(connections, &with("busy", "/key"), &start, Duration::from_secs(1));
    let (mut granted, mut all) = (0, 0);
    for (own, asked) in running.join_all().await {
        granted += own.len();
        all += asked.len();
    }
    println!("{} of {all} requests lost to others of the moment", all - granted);
    assert!(all - granted <= all / 100, "{granted} of {all}");
    assert!(stage.gateway().is_whole());
}

/// What may pass: so many in so many seconds, and so many at once.
struct Limit {
    requests: f64,
    per: f64,
    burst: f64,
}

/// When a request was sent that passed, and when it was answered.
type Granted = (Instant, Instant);

impl Limit {
    fn most(&self, time: Duration) -> f64 {
        self.burst + self.requests * time.as_secs_f64() / self.per
    }

    /// Looks at every window that begins and ends with a quarter of a second.
    fn check(&self, what: &str, granted: &[Granted], all: &[Granted]) {
        let first = all.iter().map(|(sent, _)| *sent).min().expect("requests");
        let last = all.iter().map(|(_, answered)| *answered).max().expect("requests");
        let step = Duration::from_millis(250);
        let steps = u32::try_from((last - first).as_millis() / step.as_millis()).unwrap();
        for from in 0..=steps {
            for to in from + 1..=steps + 1 {
                let (from, to) = (first + from * step, first + to * step);
                let within = |(sent, answered): &&Granted| *sent >= from && *answered <= to;
                let count = granted.iter().filter(within).count();
                assert!(count as f64 <= self.most(to - from), "{what}: {count} in {:?}", to - from);
            }
        }
        assert!(granted.len() as f64 <= self.most(last - first), "{what}: {}", granted.len());
        // Who asks all the time gets what he may have until he asks for the last time.
        let asked = all.iter().map(|(sent, _)| *sent).max().expect("requests") - first;
        let share = granted.len() as f64 / self.most(asked);
        let (passed, all) = (granted.len(), all.len());
        println!("{what}: {passed} of {all} in {asked:.2?}, {:.1} % of the limit", 100.0 * share);
        assert!(all > 2 * passed, "{what}: more was wanted: {passed} of {all}");
        assert!(share >= 0.9, "{what}: {share} of the limit, {passed} of {all}");
    }
}

async fn connect(gateway: &Gateway, identity: Option<&Identity>) -> Vec<H1> {
    let client = gateway.client(identity);
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(client.h1(gateway.address()).await.expect("a connection"));
    }
    connections
}

/// Has each connection ask as fast as it can, from the moment on at which all of them are ready.
fn flood(
    connections: Vec<H1>,
    request: &Request,
    start: &Arc<Barrier>,
    time: Duration,
) -> JoinSet<(Vec<Granted>, Vec<Granted>)> {
    let mut running = JoinSet::new();
    for mut h1 in connections {
        let (request, start) = (request.clone(), Arc::clone(start));
        running.spawn(async move {
            let (mut granted, mut all) = (Vec::new(), Vec::new());
            start.wait().await;
            let end = Instant::now() + time;
            while Instant::now() < end {
                let sent = Instant::now();
                let status = h1.send(&request).await.expect("an answer").status;
                let asked = (sent, Instant::now());
                assert!([200, 429].contains(&status), "{status}");
                all.push(asked);
                if status == 200 {
                    granted.push(asked);
                }
            }
            (granted, all)
        });
    }
    running
}

/// Whether each of two workers has its part of the connections.
fn are_both_hit(gateway: &Gateway) -> bool {
    let stats = gateway.envoy.stats("listener.").expect("stats");
    let of = |worker: &str| {
        let suffix = format!("{}.{worker}.downstream_cx_active", gateway.address().port());
        stats.iter().find(|(name, _)| name.ends_with(&suffix)).map_or(0, |(_, count)| *count)
    };
    of("worker_0") >= 8 && of("worker_1") >= 8
}

const CONNECTIONS: usize = 32;
