//! A gateway with dynamic lists, and the feed that fills them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use peergate_lab::digest;
use peergate_lab::feed::{CHANGES, Feed};
use peergate_lab::pki::{Authority, Identity};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{Bootstrap, Feeding, Gateway};
use crate::live::PATIENCE;

/// A gateway whose list `registered` comes from a feed. All of it ends with the value.
pub struct Fed {
    /// The gateway.
    pub gateway: Gateway,
    /// The feed.
    pub feed: Feed,
    _directory: TempDir,
}

/// How a gateway with a feed is set up.
pub struct Setup<'s> {
    authority: &'s Authority,
    policy: &'s Value,
    version: &'s str,
    has_service: bool,
    beside: Vec<(String, SocketAddr)>,
}

impl Fed {
    /// A policy whose API `employee` asks for who is registered: `/employee`. `wait` is as long as a feed
    /// may hold an answer back.
    pub fn policy(wait: &str) -> Value {
        json!({
            "version": 1,
            "lists": { "registered": {
                "feed": { "cluster": CLUSTER, "path": CHANGES, "wait": wait, "interval": "1s" },
            } },
            "global": { "deny": ["registered"] },
            "apis": [
                { "name": "employee", "match": { "path_prefix": "/employee" },
                  "certificate": { "allow": ["registered"] }, "policy": "mandatory" },
                { "name": "public", "match": { "path_prefix": "/public" }, "policy": "open" },
            ],
            "forward": { "identity": "x-client-identity", "labels": { "plan": "x-client-plan" } },
            "replies": { "profile": "problem", "detail": "reason" },
        })
    }

    /// Begins to set one up: Envoy 1.40 with a sync service.
    pub fn setup<'s>(authority: &'s Authority, policy: &'s Value) -> Setup<'s> {
        Setup { authority, policy, version: "1.40.0", has_service: true, beside: Vec::new() }
    }

    /// Starts Envoy 1.40 with a policy, and its sync service.
    pub fn start(authority: &Authority, policy: &Value, feed: Feed) -> Self {
        Self::setup(authority, policy).start(feed)
    }

    /// Starts an Envoy of some version, with or without the sync service, after a change to the rendered
    /// bootstrap.
    pub fn start_with(
        version: &str,
        authority: &Authority,
        policy: &Value,
        feed: Feed,
        has_service: bool,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        let setup = Self::setup(authority, policy).version(version).service(has_service);
        setup.start_with(feed, change)
    }

    /// Waits until the gateway has the feed's version of a list.
    pub async fn settle(&self, list: &str) {
        self.wait_for_version(list, self.feed.version()).await;
    }

    /// Waits until the gateway has some version of a list.
    pub async fn wait_for_version(&self, list: &str, version: u64) {
        let is_loaded = || self.gateway.gauge(list, "age_seconds").is_some();
        let has_come = || self.gateway.gauge(list, "version") == Some(version) && is_loaded();
        self.gateway.wait(has_come).await;
    }

    /// Waits for a version of so many entries that takes its time: minutes, if need be.
    pub async fn wait_long_for_version(&self, list: &str, version: u64, entries: u64) {
        let gauge = |name: &str| {
            let name = format!("wasmcustom.peergate.list.{list}.{name}");
            self.gateway.envoy.stat(&name).expect("stats")
        };
        let end = std::time::Instant::now() + Duration::from_secs(180);
        // A page of many has the version of the last one.
        while gauge("version") != Some(version) || gauge("entries") != Some(entries) {
            assert!(std::time::Instant::now() < end, "{}", self.gateway.envoy.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits as long as it takes until a client is answered with a status.
    pub async fn wait_for_status(&self, identity: &Identity, path: &str, status: u16) {
        let end = Instant::now() + PATIENCE;
        loop {
            let found = self.gateway.status(Some(identity), path).await;
            if found == status {
                return;
            }
            assert!(Instant::now() < end, "{found}; {}", self.gateway.story());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl<'s> Setup<'s> {
    /// Another Envoy.
    pub fn version(self, version: &'s str) -> Self {
        Self { version, ..self }
    }

    /// Whether there is a sync service; else a worker of the filter does its work.
    pub fn service(self, has_service: bool) -> Self {
        Self { has_service, ..self }
    }

    /// One more cluster with a feed.
    pub fn beside(mut self, cluster: &str, feed: &Feed) -> Self {
        self.beside.push((cluster.to_owned(), feed.address()));
        self
    }

    /// Starts it.
    pub fn start(self, feed: Feed) -> Fed {
        self.start_with(feed, |_| {})
    }

    /// Starts it after a change to the rendered bootstrap.
    pub fn start_with(self, feed: Feed, change: impl FnOnce(&mut Bootstrap)) -> Fed {
        let directory = TempDir::new().expect("a directory");
        let mut feeds = self.beside;
        feeds.push((CLUSTER.to_owned(), feed.address()));
        let feeding = Feeding { feeds, has_service: self.has_service };
        let Self { version, authority, policy, .. } = self;
        let gateway =
            Gateway::start_fed(directory.path(), version, authority, policy, &feeding, change);
        Fed { gateway, feed, _directory: directory }
    }
}

impl Gateway {
    /// A gauge of a dynamic list.
    pub fn gauge(&self, list: &str, name: &str) -> Option<u64> {
        let name = format!("wasmcustom.peergate.list.{list}.{name}");
        self.envoy.stat(&name).expect("stats")
    }

    /// The term of the last leader of a list.
    pub fn term(&self, list: &str) -> u32 {
        let log = self.envoy.log();
        let leads = format!("\"list\":\"{list}\",\"state\":\"leads\",\"term\":");
        let term = |rest: &str| rest.split('}').next()?.parse().ok();
        log.split(&leads).skip(1).filter_map(term).max().unwrap_or_default()
    }

    /// How many polls of a list came out as this word says.
    pub fn polls(&self, list: &str, word: &str) -> u64 {
        self.gauge(list, &format!("poll.{word}")).unwrap_or_default()
    }
}

/// An entry that registers a client.
pub fn registered(client: &Identity, identity: &str) -> Value {
    json!({ "certificate": client.fingerprint(), "identity": identity, "apis": ["*"] })
}

/// An entry that knows a client by an API key.
pub fn keyed(key: &str, identity: &str) -> Value {
    json!({ "api_key": digest::api_key(key), "identity": identity, "apis": ["*"] })
}

/// The cluster of the feed.
pub const CLUSTER: &str = "peergate-feed";
