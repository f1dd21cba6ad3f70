//! What an Envoy has spent, and what else ran on its core.

use std::time::{Duration, Instant};
use std::{fs, io};

use peergate_lab::envoy::Envoy;

/// An Envoy's processor time at some instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    at: Instant,
    user: Duration,
    system: Duration,
    /// What all processes have spent on its core.
    core: Duration,
}

/// What was spent between two readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    /// How long that was.
    pub(crate) elapsed: Duration,
    /// In the process itself.
    pub(crate) user: Duration,
    /// In the kernel on its behalf.
    pub(crate) system: Duration,
    /// By all processes on its core.
    core: Duration,
}

impl Reading {
    /// Reads it. The whole is exact to 10 ms; how it divides is what the kernel saw at its ticks.
    pub(crate) fn of(envoy: &Envoy, core: usize) -> io::Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let core = busy(&stat, core).ok_or_else(|| io::Error::other("unread /proc/stat"))?;
        let cpu = envoy.cpu()?;
        Ok(Self { at: Instant::now(), user: cpu.user, system: cpu.system, core })
    }

    /// What was spent after an earlier reading.
    pub(crate) fn since(&self, earlier: &Self) -> Spent {
        Spent {
            elapsed: self.at.saturating_duration_since(earlier.at),
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            core: self.core.saturating_sub(earlier.core),
        }
    }
}

impl Spent {
    /// How much of its core Envoy has used: 1 is all of it.
    pub(crate) fn busy(&self) -> f64 {
        (self.user + self.system).as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// How much of Envoy's core others have used.
    pub(crate) fn others(&self) -> f64 {
        let others = self.core.saturating_sub(self.user + self.system);
        others.as_secs_f64() / self.elapsed.as_secs_f64()
    }
}

/// What processes, and other guests of the machine's host, have spent on a core: user, nice, system and steal
/// of proc_stat(5), in ticks of 1/100 s. Interrupts are left out: those of a process's own traffic are among
/// them.
fn busy(stat: &str, core: usize) -> Option<Duration> {
    let name = format!("cpu{core}");
    let line = stat.lines().find(|line| line.split(' ').next() == Some(&name))?;
    let ticks: Vec<u64> = line.split(' ').skip(1).map_while(|it| it.parse().ok()).collect();
    let [user, nice, system, _, _, _, _, steal, ..] = ticks[..] else { return None };
    Some(Duration::from_millis((user + nice + system + steal) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_is_found_by_its_whole_name() {
        let stat =
            "cpu  9 9 9 9 9 9 9 9 0 0\ncpu10 8 8 8 8 8 8 8 8 0 0\ncpu1 1 2 3 4 5 6 7 8 0 0\n";
        assert_eq!(busy(stat, 1), Some(Duration::from_millis(140)));
        assert_eq!(busy(stat, 2), None);
    }

    #[test]
    fn what_envoy_did_not_spend_others_did() {
        let [elapsed, user, system, core] = [1000, 500, 200, 800].map(Duration::from_millis);
        let spent = Spent { elapsed, user, system, core };
        assert_eq!((spent.busy() * 10.0).round(), 7.0);
        assert_eq!((spent.others() * 10.0).round(), 1.0);
    }
}
