//! A policy that changes while clients keep asking.
//!
//! Every policy has a number, which the upstream is told of an accepted client: so each answer tells which
//! policy it was given under.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peergate_control_planes::envoy_gateway::{Gateway, HOST, Setup};
use peergate_control_planes::{People, sent};
use peergate_lab::client::{Client, Response};
use serde_json::Value;
use tokio::task::JoinSet;

/// The policy of a number.
pub(crate) fn policy(people: &People, number: usize) -> Value {
    let mut policy = people.policy();
    policy["lists"]["partners"]["entries"][0]["labels"]["tier"] = number.to_string().into();
    policy
}

/// The number of the policy under which a request was answered.
///
/// # Panics
/// If it was refused.
pub(crate) fn number(response: &Response) -> usize {
    assert_eq!(response.status, 200, "{}", response.text());
    sent(&response.json(), "x-client-tier").concat().parse().expect("a number")
}

/// An answer: when it was asked for, under which policy it was given.
struct Answer {
    asked: Instant,
    number: usize,
}

/// What a client saw that asked without a pause.
#[derive(Default)]
struct Seen {
    answers: Vec<Answer>,
    connections: usize,
}

/// Asks over HTTP/1.1, and connects again where it is told that the connection ends.
async fn ask_h1(client: Client, address: std::net::SocketAddr, over: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    while !over.load(Ordering::Relaxed) {
        let mut connection = client.h1(address).await.expect("a connection");
        seen.connections += 1;
        while !over.load(Ordering::Relaxed) {
            let asked = Instant::now();
            let response =
                connection.get(HOST, "/employee", &[]).await.expect("no request is dropped");
            seen.answers.push(Answer { asked, number: number(&response) });
            if response.header("connection") == Some("close") {
                break;
            }
        }
    }
    seen
}

/// Asks over HTTP/2, and connects again where the connection takes no more requests.
async fn ask_h2(client: Client, address: std::net::SocketAddr, over: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    while !over.load(Ordering::Relaxed) {
        let connection = client.h2(address).await.expect("a connection");
        seen.connections += 1;
        let mut is_first = true;
        while !over.load(Ordering::Relaxed) {
            let asked = Instant::now();
            match connection.get(HOST, "/employee", &[]).await {
                Ok(response) => seen.answers.push(Answer { asked, number: number(&response) }),
                // A request that a connection which ends does not begin with is not sent.
                Err(error) => {
                    assert!(!is_first, "no request is dropped: {error}");
                    break;
                }
            }
            is_first = false;
        }
    }
    seen
}

/// Waits until a new connection meets the policy of a number, and returns when.
pub(crate) async fn until(gateway: &Gateway, people: &People, wanted: usize) -> Instant {
    let client = gateway.client(Some(&people.alice));
    let is_there = async || {
        let mut connection = client.h1(gateway.address()).await.expect("a connection");
        let response = connection.get(HOST, "/employee", &[]).await.expect("an answer");
        number(&response) == wanted
    };
    gateway.wait(is_there).await;
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_policy_or_module_takes_effect_and_no_request_is_dropped() {
    let people = People::new();
    let mut gateway = Setup::new(&people.authority, &policy(&people, 0)).start().await;
    until(&gateway, &people, 0).await;
    let over = Arc::new(AtomicBool::new(false));
    let (mut h1, mut h2) = (JoinSet::new(), JoinSet::new());
    for _ in 0..3 {
        let client = gateway.client(Some(&people.alice));
        h1.spawn(ask_h1(client.clone(), gateway.address(), Arc::clone(&over)));
        h2.spawn(ask_h2(client, gateway.address(), Arc::clone(&over)));
    }
    let mut changes = vec![(Instant::now(), Instant::now())];
    let modules = [gateway.modules.url("/peergate_http.wasm"), gateway.put_another_module()];
    for count in 1..=CHANGES {
        // With the second policy comes another module, and with the third one the first comes back.
        gateway.set_module(&modules[usize::from(count == 2)]);
        let applied = Instant::now();
        gateway.apply_policy(&policy(&people, count)).expect("a good policy");
        changes.push((applied, until(&gateway, &people, count).await));
        // Longer than HTTP/2 connections may go on.
        tokio::time::sleep(Duration::from_secs(7)).await;
    }
    over.store(true, Ordering::Relaxed);
    for (name, mut asking) in [("HTTP/1.1", h1), ("HTTP/2", h2)] {
        let (mut answers, mut connections, mut longest) = (0, 0, Duration::ZERO);
        while let Some(seen) = asking.join_next().await {
            let seen = seen.expect("no request is dropped");
            answers += seen.answers.len();
            connections += seen.connections;
            for Answer { asked, number } in seen.answers {
                // When a new connection met the policy after it.
                let Some((_, replaced)) = changes.get(number + 1) else { continue };
                longest = longest.max(asked.saturating_duration_since(*replaced));
            }
        }
        println!(
            "{name}: {answers} answers over {connections} connections, {CHANGES} changes; the last request \
             under an old policy was {longest:?} after the first connection under the next one"
        );
        assert!(connections > 3 * CHANGES, "each change ends the connections: {connections}");
        assert!(longest < Duration::from_secs(7), "{name}: {longest:?}");
    }
    for (applied, there) in changes.into_iter().skip(1) {
        println!("applied, and met by a new connection after {:?}", there - applied);
    }
}

const CHANGES: usize = 3;
