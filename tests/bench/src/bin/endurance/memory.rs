//! What Envoy's memory is, again and again.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use peergate_e2e::Fed;
use serde_json::Value;

use crate::guests::Guests;
use crate::report;
use crate::tally::Tally;

/// Envoy's memory at some time, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// How many requests had been answered.
    pub(crate) requests: u64,
    /// How long that had taken.
    pub(crate) elapsed: Duration,
    /// The resident memory of the process.
    pub(crate) resident: u64,
    /// What Envoy itself has allocated (`/memory`, and `server.memory_allocated`).
    pub(crate) allocated: u64,
    /// What its allocator has of the system, free or not (`server.memory_heap_size`).
    pub(crate) heap: u64,
    /// The linear memories of the VMs.
    pub(crate) guests: Guests,
    /// How many VMs Envoy says there are.
    pub(crate) vms: u64,
}

/// Looks at every fiftieth of the requests, and prints what it sees.
pub(crate) fn watch(fed: &Fed, tally: &Tally) -> Vec<Sample> {
    print!("{}", report::HEAD);
    let (mut samples, mut next) = (Vec::new(), 0);
    loop {
        let is_last = tally.is_over();
        if tally.answered() >= next || is_last {
            match Sample::take(fed, tally) {
                Ok(sample) => {
                    println!("{}", report::row(&sample));
                    samples.push(sample);
                }
                Err(error) => tally.wrong(format!("no sample: {error}")),
            }
            next = (tally.answered() * SAMPLES / tally.target() + 1) * tally.target() / SAMPLES;
        }
        if is_last {
            return samples;
        }
        sleep(Duration::from_millis(10));
    }
}

impl Sample {
    fn take(fed: &Fed, tally: &Tally) -> io::Result<Self> {
        let envoy = &fed.gateway.envoy;
        let memory: Value = serde_json::from_str(&envoy.admin_get("/memory")?)?;
        let figure = |name: &str| -> io::Result<u64> {
            let figure = memory[name].as_str().and_then(|text| text.parse().ok());
            figure.ok_or_else(|| io::Error::other(format!("no {name} in /memory")))
        };
        Ok(Self {
            requests: tally.answered(),
            elapsed: tally.elapsed(),
            resident: envoy.resident()?,
            allocated: figure("allocated")?,
            heap: figure("heap_size")?,
            guests: Guests::of(envoy.pid())?,
            vms: envoy.stat("wasm.envoy.wasm.runtime.v8.active")?.unwrap_or_default(),
        })
    }
}

/// Samples of a run, and one before it.
const SAMPLES: u64 = 50;
