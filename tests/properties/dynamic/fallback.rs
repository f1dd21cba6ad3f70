//! Two feeds: the second one stands in while the first does not answer, and no longer.

use std::time::Duration;

use serde_json::json;

use super::feed::{Feed, LATENCY, fingerprint};
use super::world::{Life, Reply};

#[test]
fn the_second_feed_stands_in_while_the_first_fails() {
    let mut life = Life::new(json!({
        "feed": [
            { "cluster": "c", "path": "/p", "interval": "5s" },
            { "cluster": "d", "path": "/q", "wait": "10s" },
        ],
        "fallback_after": "60s", "max_age": "10m",
    }));
    let mut feeds = [Feed::default(), Feed::default()];
    feeds.iter_mut().for_each(|feed| (0..20).for_each(|client| feed.put(client, "both")));
    feeds[0].put(100, "first");
    // Versions are one line for both.
    feeds[1].put(101, "second");
    let mut is_there = true;
    for (minutes, identities, told, by_fallback) in [
        (2, [Ok("first"), Err(REFUSED)], vec!["leads", "loaded"], false),
        // Failing is told; that it has recovered, of the other one.
        (5, [Err(REFUSED), Ok("second")], vec!["failing", "recovered", "loaded", "switched"], true),
        (5, [Ok("first"), Err(REFUSED)], vec!["loaded", "switched"], false),
    ] {
        let mut asked = [0, 0];
        life.run(Duration::from_secs(minutes * 60), |request, now| {
            asked[usize::from(request.feed)] += 1;
            let feed = &feeds[usize::from(request.feed)];
            match request.feed == 0 && !is_there {
                true => Reply { at: Some(now + LATENCY), status: Some(503), ..Reply::default() },
                false => feed.answer(request, now),
            }
        });
        let found = [100, 101].map(|client| life.judge(&fingerprint(client)));
        assert_eq!(found.each_ref().map(|found| found.as_deref().map_err(|why| *why)), identities);
        assert_eq!(life.judge(&fingerprint(3)).as_deref(), Ok("both"));
        let mut states = states(&life);
        // While it stands in, the first one is tried now and then.
        states.dedup();
        assert_eq!(&states[..told.len()], told, "{states:?}");
        assert_eq!(life.standing().is_by_fallback, by_fallback);
        if by_fallback {
            assert!((5..20).contains(&asked[0]) && asked[1] > 15, "{asked:?}");
        }
        is_there = !is_there;
    }
}

/// The states that were told of.
fn states(life: &Life) -> Vec<String> {
    let state = |line: &String| line.split('"').nth(3).unwrap().to_owned();
    life.told().iter().map(state).collect()
}

const REFUSED: &str = "certificate_not_allowed";
