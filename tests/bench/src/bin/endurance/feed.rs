//! The list that changes all the time.

use std::thread::sleep;
use std::time::Duration;

use peergate_e2e::{Fed, registered};
use peergate_lab::feed::Change;
use serde_json::json;

use crate::cast::{Cast, REGISTERED, stranger};
use crate::tally::Tally;

/// How often it has changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lists {
    /// Changes of some entries.
    pub(crate) changes: u64,
    /// Resets to what it was at first.
    pub(crate) resets: u64,
}

/// Changes it until it is over: who is registered at times and who is denied at times, and some who never come.
pub(crate) fn keep_changing(fed: &Fed, cast: &Cast, tally: &Tally) -> Lists {
    let feed = &fed.feed;
    let finn = registered(&cast.finn, "acme/finn");
    let denial = json!({ "deny": { "issued": {
        "by_sha256": cast.authority.identity().fingerprint(), "serial": cast.dina.serial_hex(),
    } } });
    let mut lists = Lists::default();
    for step in 0_u64.. {
        if tally.is_over() {
            break;
        }
        let own = match step % 8 {
            0 => Change::Put(finn.clone()),
            2 => Change::Put(denial.clone()),
            4 => Change::Delete(json!({ "certificate": cast.finn.fingerprint() })),
            6 => Change::Delete(denial.clone()),
            // Taken away again some steps later.
            _ => Change::Put(stranger(REGISTERED + step % GUESTS)),
        };
        let gone = stranger(REGISTERED + (step + GUESTS / 2) % GUESTS);
        let gone = json!({ "certificate": gone["certificate"] });
        match step % RESET {
            0 if step > 0 => {
                let entries = cast.entries();
                // In turn as one that a poll learns of by the answer, and by 410.
                if (step / RESET).is_multiple_of(2) {
                    feed.replace_all(entries);
                } else {
                    feed.reset_all(entries);
                }
                lists.resets += 1;
            }
            _ => {
                feed.apply([own, Change::Delete(gone)]);
                lists.changes += 1;
            }
        }
        feed.forget();
        sleep(PAUSE);
    }
    lists
}

/// Those who come and go.
const GUESTS: u64 = 16;

/// Every so many steps a reset.
const RESET: u64 = 101;

/// Between two steps.
const PAUSE: Duration = Duration::from_millis(150);
