//! What Linux knows of a process.

use std::time::Duration;
use std::{fs, io};

/// The processor time that a process has spent, over all its threads, also those that have ended.
/// It counts in steps of 10 ms.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cpu {
    /// In the process itself.
    pub user: Duration,
    /// In the kernel on its behalf.
    pub system: Duration,
}

impl Cpu {
    /// Returns both together.
    pub fn total(self) -> Duration {
        self.user + self.system
    }

    /// Returns what was spent after an earlier reading.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }
}

/// Reads the processor time.
pub(super) fn cpu(pid: u32) -> io::Result<Cpu> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    times(&stat).ok_or_else(|| io::Error::other(format!("unread stat `{stat}`")))
}

/// Reads the resident memory in bytes.
pub(super) fn resident(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes: Option<u64> = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    kilobytes.map(|it| it * 1024).ok_or_else(|| io::Error::other("no VmRSS in the status"))
}

/// Reads utime and stime, fields 14 and 15 of proc_pid_stat(5), in ticks of 1/100 s. The second
/// field is a name that may hold spaces.
fn times(stat: &str) -> Option<Cpu> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut time = || Some(Duration::from_millis(fields.next()?.parse::<u64>().ok()? * 10));
    Some(Cpu { user: time()?, system: time()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 0 0 0 120 34 0 0 20 0 9 0";
        let cpu = times(stat).unwrap();
        assert_eq!((cpu.user.as_millis(), cpu.system.as_millis()), (1200, 340));
        assert_eq!(cpu.total().as_millis(), 1540);
        let earlier = Cpu { user: Duration::from_secs(1), ..Cpu::default() };
        assert_eq!(cpu.since(earlier).total().as_millis(), 540);
    }

    #[test]
    fn a_short_line_is_unread() {
        assert_eq!(times("7 (a) S 1 7"), None);
        assert_eq!(times(""), None);
    }
}
