//! How long a callback works at the most, whatever a feed says: nothing else happens meanwhile on its thread.

use serde_json::json;

use super::feed::{Feed, LATENCY, entry, fingerprint};
use super::world::{Life, Reply};

#[test]
fn no_callback_goes_on_longer_than_it_may() {
    let mut feed = Feed::default();
    (0..65_536).for_each(|client| feed.put(client, "one"));
    let mut life = Life::new(json!({
        "feed": {
            "cluster": "c", "path": "/p", "interval": "1s", "page": 100_000, "max_bytes": 8_388_608,
        },
        "work_per_tick": "3ms",
    }));
    life.world.cost.set(MICROSECOND);
    let mut ticks = 0_u64;
    for reset in [true, false] {
        let end = feed.version() as u64;
        life.run_until(&mut |request, now| feed.answer(request, now), |life| {
            ticks += 1;
            life.standing().version == end && life.standing().is_loaded
        });
        assert_eq!(life.standing().count.certificates, 65_536, "{reset}");
        (0..65_536).for_each(|client| feed.put(client, "other"));
    }
    assert_eq!(life.judge(&fingerprint(7)).as_deref(), Ok("other"));
    // A look at the clock is due after eight steps of two accesses each. Before the work, the lease is seen to.
    let most = (3000 + 8 * 2 + 8) * MICROSECOND;
    assert!(life.longest <= most, "{}", life.longest);
    assert!(ticks > 100, "{ticks}");
}

#[test]
fn a_large_page_is_read_in_small_steps() {
    let mut life = Life::new(json!({
        "feed": { "cluster": "c", "path": "/p", "interval": "1s", "max_bytes": 8_388_608 },
        "work_per_tick": "1ms",
    }));
    // A clock that is always late: every callback does no more than it must.
    life.world.cost.set(1_000_000);
    let mut body = Feed::default().whole();
    let put = json!({ "put": entry(1, "a") }).to_string();
    let puts = 8_388_000 / (put.len() + 1);
    body = body.replace("[]", &format!("[{}]", vec![put; puts].join(",")));
    assert!(body.len() > 8_380_000 && body.len() <= 8_388_608, "{}", body.len());
    let reply = Reply { status: Some(200), body: body.into(), ..Reply::default() };
    let mut callbacks = 0;
    life.run_until(&mut |_, now| Reply { at: Some(now + LATENCY), ..reply.clone() }, |life| {
        callbacks += 1;
        life.standing().is_loaded
    });
    assert_eq!(life.standing().count.certificates, 1);
    // To be read, and twice to be sorted.
    assert!(callbacks > puts / 16 + 2 * puts / (32 * 8), "{callbacks}");
}

const MICROSECOND: u64 = 1000;
