//! Everything that a feed can do wrong: meanwhile nobody passes who must not, those pass who may, and
//! afterwards the list goes on without help. Prints a table: `cargo test … faults -- --nocapture`.

mod cast;
mod troubles;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use peergate_e2e::{Fed, Gateway, registered};
use peergate_lab::feed::{CHANGES, Change, Feed};
use peergate_lab::pki::Authority;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use super::visitor::PATIENCE;
use super::with_and_without_service;
use cast::{Cast, Who};
use troubles::{Kind, Trouble, troubles};

#[test]
fn every_fault_of_a_feed_is_survived() {
    let [by_service, by_filter] = with_and_without_service(survives);
    println!("\nWith a sync service:\n\n{by_service}\nWithout:\n\n{by_filter}");
}

/// One Envoy, and a list with a feed of its own for each fault. Returns the table.
async fn survives(has_service: bool) -> String {
    let authority = Authority::new("corporate authority");
    let troubles = troubles();
    let feeds: Vec<Feed> = troubles.iter().map(|_| Feed::start().unwrap()).collect();
    let policy = policy(&troubles);
    let mut setup = Fed::setup(&authority, &policy).service(has_service);
    for (trouble, feed) in troubles.iter().zip(&feeds) {
        setup = setup.beside(trouble.name, feed);
    }
    let fed = setup.start_with(Feed::start().unwrap(), |bootstrap| {
        bootstrap.options.concurrency = 2;
    });
    let gateway = Arc::new(fed.gateway);
    let cast = Arc::new(Cast::new(&gateway, &authority).await);

    let mut rows = JoinSet::new();
    for (place, (trouble, feed)) in troubles.into_iter().zip(feeds).enumerate() {
        let (cast, gateway) = (Arc::clone(&cast), Arc::clone(&gateway));
        rows.spawn(async move { (place, undergo(&gateway, &cast, trouble, feed).await) });
    }
    let mut rows = rows.join_all().await;
    rows.sort_by_key(|(place, _)| *place);

    let mut table = "| the feed … | what polls came to | a change meanwhile | time to recover |\n\
                     |---|---|---|---|\n"
        .to_owned();
    for (_, Row { trouble, recovery, meanwhile, .. }) in &rows {
        let failed = failed_polls(&gateway, trouble.name);
        let words = failed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let words = if words.is_empty() { "none".to_owned() } else { words };
        let (arrives, time) = match meanwhile {
            true => ("arrives while it lasts", "–".to_owned()),
            false => ("arrives after it", format!("{:.1} s", recovery.as_secs_f64())),
        };
        table += &format!("| {} | {words} | {arrives} | {time} |\n", trouble.title);
        let is_known = failed.iter().all(|word| trouble.words.contains(&word.as_str()));
        let is_one = trouble.words.is_empty() || !failed.is_empty();
        assert!(is_known && is_one, "{}: {failed:?}", trouble.name);
    }
    assert_eq!(gateway.count("internal"), 0);
    assert!(gateway.is_whole(), "{}", gateway.story());
    let stats = gateway.envoy.stats("").unwrap();
    let reloads =
        stats.into_iter().filter(|(name, count)| name.contains("vm_reload") && *count > 0);
    assert_eq!(reloads.collect::<Vec<_>>(), []);
    table
}

/// What became of a trouble.
struct Row {
    trouble: Trouble,
    /// From its end to where the list says what the feed says.
    recovery: Duration,
    /// Whether what changed arrived before its end.
    meanwhile: bool,
    /// Goes on until all have been counted.
    _feed: Feed,
}

/// Undergoes a trouble, and looks all the time who passes.
async fn undergo(gateway: &Gateway, cast: &Cast, trouble: Trouble, feed: Feed) -> Row {
    let list = trouble.name;
    let of = |who: Who| registered(cast.identity(who), "acme");
    let delete = |who| Change::Delete(json!({ "certificate": cast.identity(who).fingerprint() }));
    feed.put_all([Who::Listed, Who::Leaving, Who::Revoked, Who::Poisoned].map(of));
    for who in [Who::Listed, Who::Leaving, Who::Revoked, Who::Poisoned] {
        cast.until(list, who, true).await;
    }
    feed.apply([delete(Who::Revoked)]);
    cast.until(list, Who::Revoked, false).await;

    // More than a page has.
    let changes = [Who::Coming, Who::Listed, Who::Other].map(|who| Change::Put(of(who)));
    let changes = || changes.clone().into_iter().chain([delete(Who::Leaving)]);
    let remaining = [Who::Coming, Who::Listed, Who::Other, Who::Poisoned].map(of);
    let (address, version) = (feed.address(), feed.version());
    let mut state = None;
    let mut feed = match &trouble.kind {
        Kind::Fault(fault) => {
            feed.fail(fault.clone());
            feed.apply(changes());
            Some(feed)
        }
        Kind::Poison(fault) => {
            feed.fail(fault(&cast.identity(Who::Poisoned).fingerprint()));
            feed.apply(changes());
            Some(feed)
        }
        Kind::Killed => {
            state = Some(feed.stop());
            None
        }
        Kind::Replaced => {
            drop(feed);
            None
        }
        Kind::Restored => {
            drop(feed);
            let feed = Feed::start_at(address).unwrap();
            feed.put(of(Who::Revoked));
            feed.set_version(version - 1);
            Some(feed)
        }
    };
    let begin = Instant::now();
    let is_seen = || match trouble.kind {
        // Proxies do not all come at the same time to load a whole list.
        Kind::Restored => gateway.polls(list, "rollback") > 0,
        _ => true,
    };
    while begin.elapsed() < LASTS || !is_seen() {
        assert!(begin.elapsed() < PATIENCE, "{list}: {}", gateway.story());
        cast.must_be_right(list).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let meanwhile = has_changed(cast, list).await;

    match &trouble.kind {
        Kind::Fault(_) | Kind::Poison(_) => feed.as_ref().unwrap().heal(),
        Kind::Killed => {
            let again = Feed::resume(state.take().unwrap()).unwrap();
            again.apply(changes());
            feed = Some(again);
        }
        Kind::Replaced => {
            let again = Feed::start_at(address).unwrap();
            again.set_version(version + 10);
            again.put_all(remaining);
            feed = Some(again);
        }
        Kind::Restored => {
            let feed = feed.as_ref().unwrap();
            feed.set_version(version + 10);
            feed.reset_all(remaining);
        }
    }
    let end = Instant::now();
    while !has_changed(cast, list).await {
        assert!(end.elapsed() < PATIENCE, "{list}: {}", gateway.story());
        cast.must_be_right(list).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let recovery = end.elapsed();

    let feed = feed.unwrap();
    let is_poisoned = matches!(trouble.kind, Kind::Poison(_));
    assert_eq!(cast.passes(list, Who::Poisoned).await, !is_poisoned, "{list}");
    feed.apply([delete(Who::Other), Change::Put(of(Who::Poisoned))]);
    cast.until(list, Who::Other, false).await;
    cast.until(list, Who::Poisoned, true).await;
    cast.must_be_right(list).await;
    assert!(!cast.passes(list, Who::Leaving).await, "{list}");
    assert!(cast.passes(list, Who::Coming).await, "{list}");
    Row { trouble, recovery, meanwhile, _feed: feed }
}

/// Whether the list knows of the change that was made while the trouble lasted.
async fn has_changed(cast: &Cast, list: &str) -> bool {
    !cast.passes(list, Who::Leaving).await
        && cast.passes(list, Who::Coming).await
        && cast.passes(list, Who::Other).await
}

/// The words of polls that failed.
fn failed_polls(gateway: &Gateway, list: &str) -> BTreeSet<String> {
    let prefix = format!("wasmcustom.peergate.list.{list}.poll.");
    let polls = gateway.envoy.stats(&prefix).unwrap();
    let words = polls.keys().map(|name| name[prefix.len()..].to_owned());
    words.filter(|word| !matches!(&**word, "ok" | "nothing_new")).collect()
}

/// An API and a list of its own for each trouble.
fn policy(troubles: &[Trouble]) -> Value {
    let mut policy = Fed::policy("30s");
    let lists = troubles.iter().map(|trouble| {
        let feed = json!({ "cluster": trouble.name, "path": CHANGES, "wait": "1s", "page": 2 });
        (trouble.name.to_owned(), json!({ "feed": feed }))
    });
    let apis = troubles.iter().map(|Trouble { name, .. }| {
        json!({
            "name": name, "match": { "path": format!("/{name}") },
            "certificate": { "allow": [name], "deny": [name] }, "policy": "mandatory",
        })
    });
    policy["lists"].as_object_mut().unwrap().extend(lists.collect::<Map<_, _>>());
    policy["apis"].as_array_mut().unwrap().extend(apis);
    policy["global"] = json!({});
    policy
}

/// How long a trouble lasts at the least.
const LASTS: Duration = Duration::from_secs(3);
