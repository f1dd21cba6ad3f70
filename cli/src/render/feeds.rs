//! What dynamic lists need around them in Envoy: the clusters of their feeds, and the sync service.

use std::str::FromStr;

use peergate::Policy;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

use super::argument::Endpoint;
use super::quote;
use super::server;
use super::template::fill;

/// Where the feed of a cluster is, as `CLUSTER=HOST:PORT`, or `CLUSTER=https://HOST:PORT` if it is asked over
/// TLS.
#[derive(Clone, Debug)]
pub(crate) struct FeedAddress {
    cluster: String,
    host: String,
    port: u16,
    is_encrypted: bool,
}

impl FromStr for FeedAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected CLUSTER=HOST:PORT or CLUSTER=https://HOST";
        // The address has no `=`, and a cluster's name may have one.
        let (cluster, address) = text.rsplit_once('=').ok_or(EXPECTED)?;
        let cluster = cluster.to_owned();
        let (Endpoint { host, port }, is_encrypted) = Endpoint::of_feed(address).ok_or(EXPECTED)?;
        Ok(Self { cluster, host, port, is_encrypted })
    }
}

/// The clusters that a policy's feeds name, each with its name; `ca` is where Envoy finds the authorities by
/// which those are trusted that are asked over TLS.
///
/// # Errors
/// A cluster without an address, and an address without a cluster.
pub(crate) fn clusters(
    policy: &Policy,
    addresses: &[FeedAddress],
    ca: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let mut named: Vec<(&str, &str)> = Vec::new();
    for list in policy.dynamic_lists() {
        let feeds = &list.keeping().feeds;
        for feed in [Some(&feeds.primary), feeds.fallback.as_ref()].into_iter().flatten() {
            if !named.iter().any(|(cluster, _)| *cluster == &*feed.cluster) {
                named.push((&feed.cluster, list.name()));
            }
        }
    }
    if let Some(address) =
        addresses.iter().find(|address| named.iter().all(|(name, _)| *name != address.cluster))
    {
        let cluster = &address.cluster;
        return Err(Failure::Input(format!("--feed {cluster}=…: no feed of the policy is there")));
    }
    let cluster = |(cluster, list): (&str, &str)| {
        let address = addresses.iter().find(|address| address.cluster == cluster);
        let address = address.ok_or_else(|| {
            Failure::Input(format!(
                "lists.{list}.feed: say where it is: --feed {cluster}=HOST:PORT"
            ))
        })?;
        let FeedAddress { host, port, is_encrypted, .. } = address;
        let text = server::cluster(cluster, host, *port, is_encrypted.then_some(ca))?;
        Ok((cluster.to_owned(), text))
    };
    named.into_iter().map(cluster).collect()
}

/// The sync service for a policy's dynamic lists; empty if it has none.
///
/// # Errors
/// As [`fill`].
pub(crate) fn service(policy: &Value, module: &str) -> Result<String, Failure> {
    let lists = policy.get("lists").and_then(Value::as_object);
    let fed: Map<String, Value> = lists
        .into_iter()
        .flatten()
        .filter(|(_, list)| list.get("feed").is_some())
        .map(|(name, list)| (name.clone(), list.clone()))
        .collect();
    if fed.is_empty() {
        return Ok(String::new());
    }
    let lists = quote::json(&json!({ "version": 1, "lists": fed }));
    fill(
        include_str!("templates/sync-service.yaml"),
        &[("module", &quote::text(module)), ("lists", &lists)],
    )
}
