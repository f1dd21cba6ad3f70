//! Everybody who asks, all at once.

use std::rc::Rc;
use std::sync::Arc;

use peergate_e2e::Fed;
use tokio::task::{JoinSet, LocalSet};

use crate::asks::{Caller, callers};
use crate::cast::Cast;
use crate::tally::Tally;
use crate::{connection, live, strangers};

/// Asks until enough is answered.
pub(crate) async fn run(fed: &Arc<Fed>, cast: &Arc<Cast>, tally: &Arc<Tally>) {
    let local = LocalSet::new();
    let mut all = JoinSet::new();
    for (place, caller) in callers(cast, |who| fed.gateway.client(who)).into_iter().enumerate() {
        let caller = Rc::new(caller);
        // Most of the traffic is that of the first. One connection in four has many requests at once.
        for number in 0..if place < 3 { 8 } else { 4 } {
            let (fed, caller, tally) = (Arc::clone(fed), Rc::clone(&caller), Arc::clone(tally));
            let is_h2 = number % 4 == 0;
            all.spawn_local_on(
                async move { keep_asking(&fed, &caller, is_h2, &tally).await },
                &local,
            );
        }
    }
    for kind in strangers::Kind::ALL {
        let (fed, cast, tally) = (Arc::clone(fed), Arc::clone(cast), Arc::clone(tally));
        all.spawn_local_on(
            async move { strangers::keep_coming(&fed, &cast, kind, &tally).await },
            &local,
        );
    }
    for is_registered in [true, false] {
        let (fed, cast, tally) = (Arc::clone(fed), Arc::clone(cast), Arc::clone(tally));
        let watch = async move { live::keep_watching(&fed, &cast, is_registered, &tally).await };
        all.spawn_local_on(watch, &local);
    }
    local
        .run_until(async {
            while let Some(end) = all.join_next().await {
                if let Err(error) = end {
                    tally.wrong(error.to_string());
                }
            }
        })
        .await;
}

/// Asks over one connection after another.
async fn keep_asking(fed: &Fed, caller: &Caller, is_h2: bool, tally: &Arc<Tally>) {
    let address = fed.gateway.address();
    while !tally.is_over() {
        tally.keep().connections += 1;
        let protocol = if is_h2 { "h2" } else { "http/1.1" };
        let end = match caller.client.open(address, protocol).await {
            Err(error) => Err(error),
            Ok(stream) if is_h2 => connection::h2(stream, &caller.asks, LONG, tally).await,
            Ok(stream) => connection::h1(stream, &caller.asks, SHORT, tally).await,
        };
        if let Err(error) = end {
            tally.wrong(format!("{protocol}, {}: {error}", caller.asks[0].kind));
        }
    }
}

/// Requests over one connection of HTTP/2.
const LONG: usize = 16_000;

/// Requests over one connection of HTTP/1.1.
const SHORT: usize = 2_000;
