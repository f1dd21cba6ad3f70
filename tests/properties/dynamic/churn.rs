//! A day in which 10,000 entries an hour are replaced: nothing may grow.

use std::time::Duration;

use serde_json::json;

use super::feed::{Feed, fingerprint};
use super::world::Life;

#[test]
fn a_day_of_changes_leaves_no_trace() {
    let mut feed = Feed::default();
    let mut life = Life::new(json!({
        "feed": { "cluster": "c", "path": "/p", "wait": "30s", "page": 2000, "max_bytes": 8_388_608 },
    }));
    (0..REPLACED).for_each(|client| feed.put(client, "first"));
    let mut sizes = Vec::new();
    for hour in 1..=HOURS {
        // Twice a minute: what has come up in the meantime.
        for part in 0..PARTS {
            let (first, end) = (REPLACED * part / PARTS, REPLACED * (part + 1) / PARTS);
            for client in first..end {
                feed.put(REPLACED * hour + client, &format!("hour-{hour:02}"));
                feed.delete(REPLACED * (hour - 1) + client);
            }
            life.run(HOUR / PARTS as u32, |request, now| feed.answer(request, now));
        }
        life.run(HOUR / 60, |request, now| feed.answer(request, now));
        check(&life, &feed, hour);
        feed.forget();
        sizes.push((life.size(), memory(&life)));
    }
    assert_flat(&sizes);
}

#[test]
fn a_day_of_files_leaves_no_trace() {
    let mut feed = Feed::default();
    let mut life = Life::new(json!({
        "feed": { "cluster": "c", "path": "/list.json", "max_bytes": 8_388_608 },
    }));
    (0..REPLACED).for_each(|client| feed.put(client, "first"));
    let mut sizes = Vec::new();
    for hour in 1..=HOURS {
        for client in 0..REPLACED {
            feed.put(REPLACED * hour + client, &format!("hour-{hour:02}"));
            feed.delete(REPLACED * (hour - 1) + client);
        }
        life.run(HOUR, |request, now| feed.file(request, now));
        check(&life, &feed, hour);
        feed.forget();
        sizes.push((life.size(), memory(&life)));
    }
    assert_flat(&sizes);
}

fn check(life: &Life, feed: &Feed, hour: u64) {
    let standing = life.standing();
    assert_eq!(standing.version, feed.version() as u64);
    assert_eq!((standing.count.certificates, standing.count.entries()), (REPLACED, REPLACED));
    assert!(life.now() - standing.accepted_at < 60_000_000_000, "{}", standing.accepted_at);
    for client in [0, 1, REPLACED / 2, REPLACED - 1] {
        let new = life.judge(&fingerprint(REPLACED * hour + client));
        assert_eq!(new, Ok(format!("hour-{hour:02}")));
        let old = life.judge(&fingerprint(REPLACED * (hour - 1) + client));
        assert_eq!(old, Err("certificate_not_allowed"));
    }
}

/// What a follower has of its own, by what it shows of itself.
fn memory(life: &Life) -> usize {
    format!("{:?}", life.follower).len()
}

/// Of a list as large as ever nothing is larger after a day than after an hour.
fn assert_flat(sizes: &[((usize, usize), usize)]) {
    // A bucket that was ever used stays, and takes so much when it is empty.
    let of_entries = |(keys, bytes): (usize, usize)| bytes - keys * (18 + 9);
    let (first, first_memory) = sizes[0];
    for (size, memory) in sizes {
        assert!(size.0 <= 65_536 + 2, "{sizes:?}");
        assert!(of_entries(*size) <= of_entries(first) + 64, "{sizes:?}");
        assert!(*memory <= first_memory + 64, "{sizes:?}");
    }
}

const HOURS: u64 = 24;
const HOUR: Duration = Duration::from_secs(3600);
/// Entries that are replaced in an hour: all that there are.
const REPLACED: u64 = 10_000;
/// An hour's changes come in so many parts.
const PARTS: u64 = 120;
