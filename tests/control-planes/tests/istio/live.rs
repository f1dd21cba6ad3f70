//! A policy that is edited while clients keep asking over open connections.

mod asking;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peergate_control_planes::People;
use peergate_control_planes::istio::{Gateway, Setup};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use self::asking::{Answer, Asker, Seen};

/// So many edits.
const EDITS: usize = 20;

/// When a policy was put in place, and when Envoy said that every worker has it.
struct Change {
    put: Instant,
    acknowledged: Instant,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_policy_reaches_open_connections_and_drops_no_request() {
    let people = People::new();
    let first = policy(&people, 0);
    let gateway = Arc::new(Setup::new(&people.authority, &first).start().await);
    let (is_over, mut asking) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
    let start = Instant::now();
    let mut changes = vec![Change { put: start, acknowledged: start }];
    for asker in askers(&gateway, &people).await {
        asking.spawn(asker.ask(Arc::clone(&is_over)));
    }
    for number in 1..=EDITS {
        tokio::time::sleep(Duration::from_millis(37 * (number as u64 % 5))).await;
        changes.push(change(&gateway, &policy(&people, number)).await);
    }
    is_over.store(true, Ordering::Relaxed);
    let (mut answers, mut dropped) = (Vec::new(), Vec::new());
    while let Some(part) = asking.join_next().await {
        let (good, bad) = part.expect("an asker does not panic");
        answers.extend(good);
        dropped.extend(bad);
    }

    let late: Vec<_> = answers.iter().filter(|answer| !is_possible(&changes, answer)).collect();
    println!(
        "{} edits, {} requests answered, {} dropped, {} by a policy that was over",
        EDITS,
        answers.len(),
        dropped.len(),
        late.len()
    );
    let spread = |name: &str, mut times: Vec<Duration>| {
        times.sort_unstable();
        println!(
            "  {name}: p50 {:.0?}, longest {:.0?} of {}",
            times[times.len() / 2],
            times[times.len() - 1],
            times.len()
        );
    };
    let edits = || changes.iter().enumerate().skip(1);
    spread("until Envoy acknowledges", edits().map(|(_, it)| it.acknowledged - it.put).collect());
    let first_by = |number: usize| {
        let its = answers
            .iter()
            .filter(|answer| matches!(answer.seen, Seen::Generation(it) if it == number));
        its.map(|answer| answer.read).min()
    };
    spread(
        "until the first answer by it",
        edits().filter_map(|(number, it)| Some(first_by(number)? - it.put)).collect(),
    );
    assert!(dropped.is_empty(), "{:?}", &dropped[..dropped.len().min(5)]);
    assert!(late.is_empty(), "{:?}", &late[..late.len().min(5)]);
    assert!(answers.len() > 1000, "{}", answers.len());
    // All of it over the connections that were open at the start.
    assert_eq!(gateway.log().matches("lds: add/update listener").count(), 1);
}

async fn change(gateway: &Gateway, policy: &Value) -> Change {
    let known = gateway.discovery("config_reload").await;
    let manifests = gateway.render(policy).expect("a good policy");
    let put = Instant::now();
    gateway.apply_rendered(&manifests);
    while gateway.discovery("config_reload").await == known {
        assert!(put.elapsed() < Duration::from_secs(30), "{}", gateway.story());
    }
    let acknowledged = Instant::now();
    assert_eq!(gateway.discovery("config_fail").await, 0, "{}", gateway.story());
    gateway.upstream.forget();
    Change { put, acknowledged }
}

async fn askers(gateway: &Gateway, people: &People) -> Vec<Asker> {
    let mut askers = Vec::new();
    for _ in 0..2 {
        for (path, identity) in [("/who", &people.alice), ("/gate", &people.bob)] {
            let client = gateway.client(Some(identity));
            let h1 = client.h1(gateway.address()).await.expect("a connection");
            askers.push(Asker::h1(path, h1));
            let h2 = Arc::new(client.h2(gateway.address()).await.expect("a connection"));
            // Requests of both run at the same time.
            askers.extend([Asker::h2(path, &h2), Asker::h2(path, &h2)]);
        }
    }
    askers
}

/// Whether one of the policies could give the answer that were in force, or were coming into force, while the
/// request was served.
fn is_possible(changes: &[Change], answer: &Answer) -> bool {
    let oldest = changes.iter().rposition(|change| change.acknowledged <= answer.sent);
    let newest = changes.iter().rposition(|change| change.put <= answer.read);
    let (Some(oldest), Some(newest)) = (oldest, newest) else { return false };
    (oldest..=newest).any(|number| match answer.seen {
        Seen::Generation(generation) => generation == number,
        Seen::Parity(is_even) => is_even == number.is_multiple_of(2),
    })
}

/// The policy of a generation: `/who` tells its number, and `/gate` is open to bob in the even ones.
fn policy(people: &People, generation: usize) -> Value {
    let listed = if generation.is_multiple_of(2) { &people.bob } else { &people.stranger };
    let mut policy = people.policy_of(json!([
        { "name": "who", "match": { "path_prefix": "/who" }, "certificate": { "allow": ["partners"] },
          "policy": "mandatory" },
        { "name": "gate", "match": { "path_prefix": "/gate" }, "certificate": { "allow": ["gate"] },
          "policy": "mandatory" },
    ]));
    policy["lists"]["partners"]["entries"][0]["labels"]["tier"] = generation.to_string().into();
    policy["lists"]["gate"] = json!({ "entries": [{ "sha256": listed.fingerprint() }] });
    policy
}
