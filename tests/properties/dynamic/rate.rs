//! How fast a list is filled where shared data costs next to nothing: a figure, not a test.

use std::time::Instant;

use peergate::feed::{Format, PageReader};
use serde_json::json;

use super::feed::fingerprint;
use super::world::{Life, Reply};

/// `cargo test --release -p peergate --test properties -- --ignored --nocapture a_million`
#[test]
#[ignore = "takes long, and tells a figure"]
fn a_million_entries() {
    let pages = pages();
    let began = Instant::now();
    for page in &pages {
        PageReader::new(page.clone(), &Format::Native, u32::MAX).unwrap().finish().unwrap();
    }
    println!("of which reading takes {:?}", began.elapsed());
    for reset in [true, false] {
        let mut life = Life::new(json!({
            "feed": { "cluster": "c", "path": "/p", "wait": "30s", "page": PAGE },
        }));
        if !reset {
            // An empty list, and changes from then on.
            life.run_until(
                &mut |_, now| {
                    page(now, b"{\"version\":0,\"cursor\":\"0\",\"reset\":true,\"changes\":[]}")
                },
                |life| life.standing().is_loaded,
            );
        }
        let began = Instant::now();
        let mut next = 0;
        life.run_until(
            &mut |_, now| {
                let body = pages.get(next).cloned().unwrap_or_default();
                next += 1;
                let text = if reset { body } else { not_reset(&body) };
                page(now, &text)
            },
            |life| life.standing().count.certificates == MILLION && life.standing().is_loaded,
        );
        let time = began.elapsed();
        let rate = MILLION as f64 / time.as_secs_f64();
        let way = if reset { "a reset" } else { "changes" };
        println!("{MILLION} puts as {way}: {time:?}, {rate:.0} a second; {:?}", life.size());
    }
}

fn page(now: u64, body: &[u8]) -> Reply {
    Reply { at: Some(now), status: Some(200), body: body.to_vec(), ..Reply::default() }
}

/// In no order that digests have.
fn pages() -> Vec<Vec<u8>> {
    let count = MILLION.div_ceil(PAGE);
    let page = |number: u64| {
        let puts = (number * PAGE..MILLION.min((number + 1) * PAGE)).map(|client| {
            let identity = format!("acme/partner-{client}");
            json!({ "put": {
                "certificate": fingerprint(client), "identity": identity, "apis": ["employee"],
            } })
        });
        let page = json!({
            "changes": puts.collect::<Vec<_>>(), "cursor": (number + 1).to_string(),
            "more": number + 1 < count, "reset": true, "version": MILLION,
        });
        page.to_string().into_bytes()
    };
    (0..count).map(page).collect()
}

fn not_reset(page: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(page).unwrap();
    text.replace("\"reset\":true", "\"reset\":false").into_bytes()
}

const MILLION: u64 = 1_000_000;
const PAGE: u64 = 2000;
