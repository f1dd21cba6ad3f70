//! The policy that changes all the time.

use std::thread::sleep;
use std::time::{Duration, Instant};

use peergate_e2e::{Fed, replace_policy, with_policy};
use serde_json::Value;

use crate::cast::Cast;
use crate::tally::Tally;

/// How often it has changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policies {
    /// Policies that Envoy has taken.
    pub(crate) taken: u64,
    /// Broken ones, which it has refused.
    pub(crate) refused: u64,
}

/// Changes it every few seconds until it is over.
pub(crate) fn keep_changing(fed: &Fed, cast: &Cast, tally: &Tally) -> Policies {
    let mut policies = Policies::default();
    for generation in 1_u64.. {
        let start = Instant::now();
        while start.elapsed() < PAUSE && !tally.is_over() {
            sleep(Duration::from_millis(50));
        }
        if tally.is_over() {
            break;
        }
        let is_broken = generation.is_multiple_of(BROKEN);
        let policy = match is_broken {
            true => cast.broken_policy(generation),
            false => cast.policy(generation),
        };
        match (put(fed, &policy), is_broken) {
            (Some(Outcome::Taken), false) => policies.taken += 1,
            (Some(Outcome::Refused), true) => policies.refused += 1,
            // At the end nobody waits for the last one.
            (None, _) if tally.is_over() => {}
            (outcome, _) => tally.wrong(format!("policy {generation}: {outcome:?}")),
        }
    }
    policies
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Outcome {
    Taken,
    Refused,
}

/// Puts one in place, and waits until Envoy has said something of it.
fn put(fed: &Fed, policy: &Value) -> Option<Outcome> {
    let gateway = &fed.gateway;
    // Envoy counts a policy as reloaded that it has refused, too.
    let seen = || (gateway.discovery("config_reload"), gateway.discovery("config_fail"));
    let before = seen();
    replace_policy(gateway.directory(), &with_policy(gateway.directory(), policy).to_string());
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let now = seen();
        if now.1 > before.1 {
            return Some(Outcome::Refused);
        }
        if now.0 > before.0 {
            // Whether it was refused is counted a moment later, if at all.
            sleep(Duration::from_millis(200));
            let is_refused = seen().1 > before.1;
            return Some(if is_refused { Outcome::Refused } else { Outcome::Taken });
        }
        sleep(Duration::from_millis(50));
    }
    None
}

/// Between two of them.
const PAUSE: Duration = Duration::from_secs(3);

/// Each so manieth is broken.
const BROKEN: u64 = 7;

/// How long Envoy may take.
const PATIENCE: Duration = Duration::from_secs(30);
