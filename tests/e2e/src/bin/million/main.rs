//! Measures a dynamic list of a million entries: `scripts/million [ENTRIES [ROUNDS
//! [fill|memory|cost]]]`.
//!
//! How long filling it takes and what it does to clients meanwhile, what it takes of Envoy's memory, and
//! what a request costs beside one that asks a list of ten. Latencies and costs are compared within a
//! round, in which each case takes its turn; absolute figures differ between machines.

mod cost;
mod fill;
mod memory;

use std::process::ExitCode;

use peergate_e2e::{CLUSTER, Fed};
use peergate_lab::feed::{CHANGES, Feed};
use peergate_lab::pki::{Authority, Identity, Leaf};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize, default: usize| {
        arguments.get(place).map_or(Ok(default), |text| text.parse())
    };
    let (Ok(entries), Ok(rounds)) = (number(0, 1_000_000), number(1, 5)) else {
        eprintln!("usage: scripts/million [ENTRIES [ROUNDS]]");
        return ExitCode::from(2);
    };
    let world = World::new(entries);
    let only = arguments.get(2).map(String::as_str);
    let wants = |what: &str| only.is_none_or(|only| only == what);
    if wants("fill") {
        fill::measure(&world, rounds).await;
    }
    if wants("memory") {
        memory::measure(&world).await;
    }
    if wants("cost") {
        cost::measure(&world, rounds).await;
    }
    ExitCode::SUCCESS
}

/// What all measurements have in common.
struct World {
    authority: Authority,
    client: Identity,
    entries: usize,
}

impl World {
    fn new(entries: usize) -> Self {
        let authority = Authority::new("corporate authority");
        let client = authority.issue(Leaf::client("alice"));
        Self { authority, client, entries }
    }

    /// A feed of so many entries, the client's among them.
    fn feed(&self, entries: usize) -> Feed {
        let feed = Feed::start().expect("a feed");
        feed.put_all_texts(self.texts(entries));
        feed
    }

    fn texts(&self, entries: usize) -> impl Iterator<Item = (String, String)> {
        let own = (self.client.fingerprint(), entry(&self.client.fingerprint(), "acme/alice"));
        let others = (1..entries).map(|number| {
            let fingerprint = fingerprint(number);
            let text = entry(&fingerprint, &format!("acme/partner-{number}"));
            (fingerprint, text)
        });
        std::iter::once(own).chain(others)
    }

    fn gateway(&self, feed: Feed) -> Fed {
        Fed::start(&self.authority, &policy(), feed)
    }
}

/// A policy that asks a list under `allow` alone.
fn policy() -> Value {
    let mut policy = Fed::policy("30s");
    policy["lists"]["registered"]["feed"] =
        json!({ "cluster": CLUSTER, "path": CHANGES, "wait": "30s", "page": 2000 });
    policy["global"] = json!({});
    policy
}

fn entry(fingerprint: &str, identity: &str) -> String {
    json!({ "certificate": fingerprint, "identity": identity, "apis": ["employee"] }).to_string()
}

/// Sixty-four digits that are spread as digests are.
fn fingerprint(number: usize) -> String {
    let mut state = number as u64;
    let digits = (0..4).map(|_| {
        // SplitMix64, by Sebastiano Vigna, in the public domain.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{:016x}", mixed ^ (mixed >> 31))
    });
    digits.collect()
}

/// The middle one of some figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
