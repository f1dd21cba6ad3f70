//! What the list takes of Envoy's memory.

use std::time::Duration;

use peergate_e2e::Fed;
use serde_json::Value;

use crate::World;

/// An Envoy through a fill, a reset to the same entries, and one to none.
pub(crate) async fn measure(world: &World) {
    println!("memory an entry, above an Envoy whose list has one entry");
    let fed = world.gateway(world.feed(1));
    fed.settle("registered").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = Memory::of(&fed);
    fed.feed.put_all_texts(world.texts(world.entries));
    let tell = async |what: &str, entries: usize| {
        fed.wait_long_for_version("registered", fed.feed.version(), entries as u64).await;
        // Envoy gives back what is free little by little.
        tokio::time::sleep(Duration::from_secs(8)).await;
        let Memory { resident, allocated } = Memory::of(&fed);
        let each = |now: u64, before: u64| (now as f64 - before as f64) / world.entries as f64;
        println!(
            "  {what:<28}{:>8.1} bytes of the process, {:>8.1} of what it has allocated",
            each(resident, before.resident),
            each(allocated, before.allocated)
        );
    };
    tell("filled", world.entries).await;
    for what in ["after a reset", "after another reset"] {
        fed.feed.replace_all(entries(world));
        tell(what, world.entries).await;
    }
    fed.feed.replace_all([]);
    tell("after a reset to nothing", 0).await;
    fed.feed.replace_all(entries(world));
    tell("filled again", world.entries).await;
    println!();
}

fn entries(world: &World) -> impl Iterator<Item = Value> {
    world.texts(world.entries).map(|(_, text)| serde_json::from_str(&text).expect("JSON"))
}

struct Memory {
    resident: u64,
    allocated: u64,
}

impl Memory {
    fn of(fed: &Fed) -> Self {
        let envoy = &fed.gateway.envoy;
        let memory: Value =
            serde_json::from_str(&envoy.admin_get("/memory").expect("memory")).expect("JSON");
        let allocated = memory["allocated"].as_str().and_then(|text| text.parse().ok());
        Self {
            resident: envoy.resident().expect("resident"),
            allocated: allocated.expect("a number"),
        }
    }
}
