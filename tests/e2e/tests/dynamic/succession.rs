//! The end of a leader, and a leader that comes too late.

use std::process::Command;
use std::time::{Duration, Instant};

use peergate_e2e::{Fed, Gateway, People, registered};
use peergate_lab::client::H1;
use peergate_lab::feed::{Change, Feed};
use peergate_lab::pki::{Identity, Leaf};
use serde_json::json;
use tokio::task::JoinSet;

use super::surgery::{CUE, sleep_after_cue, trap_on_cue};
use super::visitor::{PATIENCE, Visitor};
use super::with_and_without_service;

#[tokio::test]
async fn another_worker_follows_a_leader_that_traps() {
    follows_a_trap(false).await;
}

#[tokio::test]
async fn a_worker_follows_a_service_that_traps() {
    follows_a_trap(true).await;
}

async fn follows_a_trap(has_service: bool) {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put_all([registered(&people.alice, "alice"), registered(&people.karl, "karl")]);
    feed.put(registered(&people.bob, "bob"));
    let policy = Fed::policy("30s");
    let setup = Fed::setup(&people.authority, &policy).service(has_service);
    let fed = setup.start_with(feed, |bootstrap| {
        bootstrap.options.concurrency = 2;
        match has_service {
            true => bootstrap.change_service(trap_on_cue),
            false => bootstrap.change_module(trap_on_cue),
        }
    });
    fed.wait_for_status(&people.bob, "/employee", 200).await;
    fed.feed.delete(json!({ "certificate": people.bob.fingerprint() }));
    fed.wait_for_status(&people.bob, "/employee", 403).await;
    fed.feed.wait_until_held().await;
    let term = fed.gateway.term("registered");

    fed.feed.fail_next(1, CUE);
    let trapped = Instant::now();
    // The next leader has to do this.
    fed.feed.delete(json!({ "certificate": people.karl.fingerprint() }));
    let mut led = None;
    while led.is_none() || fed.gateway.status(Some(&people.karl), "/employee").await != 403 {
        // Whose worker lost its VM is answered 503 until there is another.
        let bob = fed.gateway.status(Some(&people.bob), "/employee").await;
        assert!([403, 503].contains(&bob), "{bob}");
        let alice = fed.gateway.status(Some(&people.alice), "/employee").await;
        assert!([200, 503].contains(&alice) && (alice == 200 || !has_service), "{alice}");
        if led.is_none() && fed.gateway.term("registered") > term {
            led = Some(trapped.elapsed());
        }
        assert!(trapped.elapsed() < PATIENCE, "{}", fed.gateway.story());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (led, went_on) = (led.unwrap(), trapped.elapsed());
    let who = if has_service { "service" } else { "filter" };
    println!(
        "| the {who}'s VM is killed as it leads | leads: {led:.1?} | goes on: {went_on:.1?} |"
    );
    assert!(led < 2 * LEASE, "{led:?}");
    assert!(!fed.gateway.is_whole(), "it has trapped");

    // Every worker has a VM again.
    for _ in 0..10 {
        fed.wait_for_status(&people.alice, "/employee", 200).await;
        assert_eq!(fed.gateway.status(Some(&people.bob), "/employee").await, 403);
        assert_eq!(fed.gateway.status(Some(&people.karl), "/employee").await, 403);
    }
    fed.feed.put(registered(&people.karl, "karl"));
    fed.wait_for_status(&people.karl, "/employee", 200).await;
    assert_eq!(fed.gateway.count("internal"), 0);
}

#[test]
fn a_leader_that_slept_as_it_wrote_undoes_nothing() {
    with_and_without_service(sleeps_while_it_writes);
}

/// A leader sleeps in the middle of a page that lets clients in. Its successor writes that page, and then
/// one that takes them away.
async fn sleeps_while_it_writes(has_service: bool) {
    for sleep in SLEEPS {
        if sleeps_for(sleep, has_service).await {
            return;
        }
    }
    panic!("the leader before woke up too early to tell anything");
}

/// Whether all was done while it slept.
async fn sleeps_for(sleep: Duration, has_service: bool) -> bool {
    let people = People::new();
    // All of the page, since nobody knows which part of it is written late.
    let comers = (0..24).map(|n| Leaf::client(&format!("comer {n}")));
    let comers: Vec<Identity> = people.authority.issue_many(comers).collect();
    let feed = Feed::start().unwrap();
    feed.put(registered(&people.alice, "alice"));
    let policy = Fed::policy("30s");
    let setup = Fed::setup(&people.authority, &policy).service(has_service);
    let fed = setup.start_with(feed, |bootstrap| {
        bootstrap.options.concurrency = 2;
        let change = |shipped: &[u8]| sleep_after_cue(shipped, 9, sleep);
        match has_service {
            true => bootstrap.change_service(change),
            false => bootstrap.change_module(change),
        }
    });
    fed.wait_for_status(&people.alice, "/employee", 200).await;
    fed.feed.wait_until_held().await;
    let term = fed.gateway.term("registered");

    fed.feed.fail_next(1, CUE);
    fed.feed.put_all(comers.iter().map(|comer| registered(comer, "comer")));
    let began = Instant::now();
    let mut awake: Vec<_> = comers.iter().map(|comer| Awake::new(&fed.gateway, comer)).collect();
    for comer in &mut awake {
        comer.until(200).await;
    }
    let delete = |comer: &Identity| json!({ "certificate": comer.fingerprint() });
    fed.feed.apply(comers.iter().map(|comer| Change::Delete(delete(comer))));
    for comer in &mut awake {
        comer.until(403).await;
    }
    if began.elapsed() >= sleep {
        return false;
    }
    assert!(fed.gateway.term("registered") > term, "another led meanwhile");
    let who = if has_service { "service" } else { "worker" };
    println!("a {who} slept; another had made both changes after {:.1?}", began.elapsed());

    // It wakes up in the middle of the page before, and finds that it no longer leads.
    while began.elapsed() < sleep + Duration::from_secs(3) {
        for comer in &mut awake {
            assert_eq!(comer.ask().await, 403);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let follows = "\"list\":\"registered\",\"state\":\"follows\"";
    fed.gateway.envoy.wait_for_log(follows, PATIENCE).unwrap();
    for comer in &comers {
        assert_eq!(fed.gateway.status(Some(comer), "/employee").await, 403);
    }
    fed.settle("registered").await;
    assert_eq!(fed.gateway.gauge("registered", "entries"), Some(1));
    fed.feed.put(registered(&people.bob, "bob"));
    fed.wait_for_status(&people.bob, "/employee", 200).await;
    assert_eq!(fed.gateway.count("internal"), 0);
    assert!(fed.gateway.is_whole());
    true
}

#[test]
fn an_envoy_that_stood_still_goes_on() {
    with_and_without_service(stands_still);
}

async fn stands_still(has_service: bool) {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put_all([registered(&people.alice, "alice"), registered(&people.bob, "bob")]);
    let policy = Fed::policy("30s");
    let setup = Fed::setup(&people.authority, &policy).service(has_service);
    let fed = setup.start_with(feed, |bootstrap| bootstrap.options.concurrency = 2);
    let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
    let mut bob = Visitor::new(&fed.gateway, &people.bob).await;
    let mut karl = Visitor::new(&fed.gateway, &people.karl).await;
    bob.until("/employee", "allowed").await;
    fed.feed.delete(json!({ "certificate": people.bob.fingerprint() }));
    bob.until("/employee", "certificate_not_allowed").await;

    signal(&fed.gateway, "STOP");
    fed.feed.delete(json!({ "certificate": people.alice.fingerprint() }));
    fed.feed.put(registered(&people.karl, "karl"));
    tokio::time::sleep(LEASE + Duration::from_secs(1)).await;
    signal(&fed.gateway, "CONT");
    for _ in 0..5 {
        assert_eq!(bob.ask("/employee").await, "certificate_not_allowed");
    }
    karl.until("/employee", "allowed").await;
    alice.until("/employee", "certificate_not_allowed").await;
    assert!(fed.gateway.is_whole());
}

/// A client who asks workers that are awake.
struct Awake<'g> {
    gateway: &'g Gateway,
    identity: &'g Identity,
    h1: Option<H1>,
}

impl<'g> Awake<'g> {
    fn new(gateway: &'g Gateway, identity: &'g Identity) -> Self {
        Self { gateway, identity, h1: None }
    }

    async fn ask(&mut self) -> u16 {
        loop {
            let mut h1 = match self.h1.take() {
                Some(h1) => h1,
                None => self.connect().await,
            };
            let answer = h1.get("localhost", "/employee", &[]);
            if let Ok(answer) = tokio::time::timeout(Duration::from_secs(1), answer).await {
                self.h1 = Some(h1);
                return answer.expect("an answer").status;
            }
        }
    }

    async fn until(&mut self, status: u16) {
        let start = Instant::now();
        while self.ask().await != status {
            assert!(start.elapsed() < PATIENCE, "{}", self.gateway.story());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The first of some connections that is there: the kernel chooses whose they are.
    async fn connect(&self) -> H1 {
        let (client, address) = (self.gateway.client(Some(self.identity)), self.gateway.address());
        let mut all = JoinSet::new();
        for _ in 0..6 {
            let client = client.clone();
            all.spawn(async move { client.h1(address).await });
        }
        let first = all.join_next().await.expect("some of them");
        first.expect("it does not panic").expect("a connection")
    }
}

fn signal(gateway: &Gateway, name: &str) {
    let pid = gateway.envoy.pid().to_string();
    let status = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
    assert!(status.success());
}

/// How long a leader leads without a word.
const LEASE: Duration = Duration::from_secs(3);

/// Longer than it takes to take its place and do its work: on most machines, and on a busy one.
const SLEEPS: [Duration; 2] = [Duration::from_secs(12), Duration::from_secs(50)];
