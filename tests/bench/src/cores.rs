//! Who runs where.

use std::fs;
use std::io;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Nothing but Envoy runs on one of two cores.
#[derive(Clone, Copy, Debug)]
pub struct Cores {
    /// Everybody else's.
    load: usize,
    /// Envoy's.
    pub envoy: usize,
}

impl Cores {
    /// The first and the last core that this process may use.
    pub fn find() -> io::Result<Self> {
        let all = sched_getaffinity(None)?;
        let mut usable = (0..CpuSet::MAX_CPU).filter(|&core| all.is_set(core));
        let (Some(load), Some(envoy)) = (usable.next(), usable.next_back()) else {
            return Err(io::Error::other("two cores are needed: one for Envoy, one for the load"));
        };
        Ok(Self { load, envoy })
    }

    /// Keeps this process to its core, and what it starts later.
    pub fn keep_to_load(self) -> io::Result<()> {
        pin(std::process::id(), self.load)
    }

    /// Keeps this thread to Envoy's core.
    pub fn keep_thread_to_envoy(self) -> io::Result<()> {
        Ok(sched_setaffinity(None, &only(self.envoy))?)
    }

    /// Keeps an Envoy to its core.
    pub fn pin(self, process: u32) -> io::Result<()> {
        pin(process, self.envoy)
    }
}

/// Moves all threads of a process to a core; those that they start later inherit that.
fn pin(process: u32, core: usize) -> io::Result<()> {
    let set = only(core);
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let name = task?.file_name();
        let id = name.to_str().and_then(|it| it.parse().ok()).and_then(Pid::from_raw);
        sched_setaffinity(id, &set)?;
    }
    Ok(())
}

fn only(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}
