//! A policy that changes many times while clients keep asking over open connections.
//!
//! Every policy has a number, its generation, which the upstream is told of an accepted client; and every
//! second one refuses another client. So each answer tells which policy gave it.

mod asking;
mod figures;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::asking::{Answers, Asker};
pub use self::figures::Figures;
use crate::gateway::Gateway;
use crate::live::{replace_policy, with_policy};
use crate::people::People;

/// A gateway whose policy changes.
pub struct Changes {
    people: People,
    gateway: Arc<Gateway>,
}

/// When a policy was put in place, and when Envoy said that every worker has it.
#[derive(Clone, Copy, Debug)]
struct Change {
    put: Instant,
    acknowledged: Instant,
}

impl Changes {
    /// Starts Envoy 1.40 with two workers and the first policy.
    pub fn start() -> Self {
        let people = People::new();
        let gateway = Gateway::start_with(&people, &policy(&people, 0), |bootstrap| {
            bootstrap.options.concurrency = 2;
        });
        Self { people, gateway: Arc::new(gateway) }
    }

    /// Changes the policy so many times, the next time some milliseconds after Envoy acknowledged the last.
    pub async fn run(&self, count: usize) -> Figures {
        let (is_over, start) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let before = self.memory();
        let mut asking = JoinSet::new();
        for asker in self.askers().await {
            asking.spawn(asker.ask(Arc::clone(&is_over)));
        }
        let (changer, over) = (self.changer(), Arc::clone(&is_over));
        let policies: Vec<_> = (0..count).map(|number| policy(&self.people, number + 1)).collect();
        let first = Change { put: start, acknowledged: start };
        let changes = tokio::task::spawn_blocking(move || {
            let changes: Vec<_> = std::iter::once(first)
                .chain(policies.iter().enumerate().map(|it| changer.change(it)))
                .collect();
            over.store(true, Ordering::Relaxed);
            changes
        });
        let changes = changes.await.expect("every change is acknowledged");
        let mut answers = Answers::default();
        while let Some(part) = asking.join_next().await {
            answers.add(part.expect("an asker does not panic"));
        }
        Figures::new(&changes, answers, [before, self.memory()])
    }

    /// The gateway.
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    fn changer(&self) -> Changer {
        Changer { gateway: Arc::clone(&self.gateway) }
    }

    /// Clients of both kinds over both protocols, some of whose requests take longer than a change does.
    async fn askers(&self) -> Vec<Asker> {
        let address = self.gateway.address();
        let mut askers = Vec::new();
        for _ in 0..2 {
            for (path, identity) in [("/who", &self.people.alice), ("/gate", &self.people.bob)] {
                let client = self.gateway.client(Some(identity));
                askers.push(Asker::h1(path, client.h1(address).await.expect("a connection")));
                let h2 = Arc::new(client.h2(address).await.expect("a connection"));
                askers.push(Asker::h2(path, &h2));
                askers.push(Asker::h2(path, &h2));
            }
            // Only where it is accepted: a refusal before the body has come ends an HTTP/1.1 connection.
            let client = self.gateway.client(Some(&self.people.alice));
            askers.push(Asker::slow("/who", client.h1(address).await.expect("a connection")));
        }
        askers
    }

    /// Envoy's resident memory in bytes, and how many VMs it has.
    fn memory(&self) -> (u64, u64) {
        let vms = self.gateway.envoy.stat("wasm.envoy.wasm.runtime.v8.active").expect("stats");
        (self.gateway.envoy.resident().expect("memory"), vms.unwrap_or_default())
    }
}

struct Changer {
    gateway: Arc<Gateway>,
}

impl Changer {
    fn change(&self, (number, policy): (usize, &Value)) -> Change {
        // Not in step with anything.
        std::thread::sleep(Duration::from_millis((number as u64 * 7) % 20));
        let directory = self.gateway.directory();
        let resource = with_policy(directory, policy).to_string();
        let known = self.acknowledged();
        let put = Instant::now();
        replace_policy(directory, &resource);
        while self.acknowledged() == known {
            assert!(put.elapsed() < Duration::from_secs(30), "{}", self.gateway.story());
            std::thread::sleep(Duration::from_millis(1));
        }
        let acknowledged = Instant::now();
        // What Envoy has refused counts as reloaded, too.
        assert_eq!(self.gateway.discovery("config_fail"), 0, "{}", self.gateway.story());
        self.gateway.upstream.forget();
        Change { put, acknowledged }
    }

    /// How many policies all workers have taken.
    fn acknowledged(&self) -> u64 {
        let name = "extension_config_discovery.http_filter.peergate.config_reload";
        let text = self.gateway.envoy.admin_get(&format!("/stats?filter=^{name}$"));
        let text = text.expect("stats");
        let count = text.trim().rsplit(' ').next().and_then(|count| count.parse().ok());
        count.unwrap_or_default()
    }
}

/// The policy of a generation: `/who` tells its number, and `/gate` is open in the even ones.
fn policy(people: &People, generation: usize) -> Value {
    let listed = if generation.is_multiple_of(2) { &people.bob } else { &people.karl };
    let entry = |of: String| json!({ "sha256": of, "identity": "client" });
    let mut alice = entry(people.alice.fingerprint());
    alice["labels"] = json!({ "generation": generation.to_string() });
    json!({
        "version": 1,
        "lists": {
            "known": { "entries": [alice] },
            "gate": { "entries": [entry(listed.fingerprint())] },
        },
        "apis": [
            { "name": "who", "match": { "path_prefix": "/who" },
              "certificate": { "allow": ["known"] }, "policy": "mandatory" },
            { "name": "gate", "match": { "path_prefix": "/gate" },
              "certificate": { "allow": ["gate"] }, "policy": "mandatory" },
        ],
        "forward": { "identity": "x-client-identity", "labels": { "generation": GENERATION } },
    })
}

/// The header by which the upstream learns of the policy's number.
const GENERATION: &str = "x-policy-generation";
