//! Ten million requests to one Envoy, with changes of policy and of lists meanwhile: `scripts/endurance
//! [REQUESTS]`.
//!
//! One Envoy with two workers, and the listener that `peergate render envoy` makes; Envoy itself answers what is
//! let through, and says in a header who it was, so that every answer is held against what is due. All the
//! while the policy is replaced, now and then by a broken one, the feed changes its list, and strangers come
//! whom nobody has seen. Told is what Envoy's memory is at every fiftieth of the run.
//!
//! What a policy remembers of clients dies with it, so that here it never comes to its bound.

mod asks;
mod cast;
mod connection;
mod feed;
mod gateway;
mod guests;
mod judgement;
mod live;
mod memory;
mod policies;
mod report;
mod strangers;
mod tally;
mod traffic;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use crate::cast::Cast;
use crate::report::Report;
use crate::tally::Tally;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let requests = std::env::args().nth(1).map_or(Ok(10_000_000), |text| text.parse());
    let Ok(requests) = requests else {
        eprintln!("usage: scripts/endurance [REQUESTS]");
        return ExitCode::from(2);
    };
    let cast = Arc::new(Cast::new());
    let fed = Arc::new(gateway::start(&cast).await);
    let tally = Arc::new(Tally::new(requests));

    let samples = {
        let (fed, tally) = (Arc::clone(&fed), Arc::clone(&tally));
        thread::spawn(move || memory::watch(&fed, &tally))
    };
    let policies = {
        let (fed, tally, cast) = (Arc::clone(&fed), Arc::clone(&tally), Arc::clone(&cast));
        thread::spawn(move || policies::keep_changing(&fed, &cast, &tally))
    };
    let changes = {
        let (fed, tally, cast) = (Arc::clone(&fed), Arc::clone(&tally), Arc::clone(&cast));
        thread::spawn(move || feed::keep_changing(&fed, &cast, &tally))
    };
    traffic::run(&fed, &cast, &tally).await;

    // Without all three there is nothing to say of the run.
    tally.stop();
    let ends = (samples.join(), policies.join(), changes.join());
    let (Ok(samples), Ok(policies), Ok(lists)) = ends else {
        eprintln!("endurance: nobody changed or measured any more");
        return ExitCode::FAILURE;
    };
    let report = Report::new(&fed, &tally, samples, policies, lists);
    print!("{report}");
    ExitCode::from(u8::from(!report.is_good()))
}
