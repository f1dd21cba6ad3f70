//! What Linux knows of a process.

use std::time::Duration;
use std::{fs, io};

/// Sums user and system time over all threads, also those that have ended. Counts in 10 ms.
pub(super) fn cpu(pid: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let ticks = ticks(&stat).ok_or_else(|| io::Error::other(format!("unread stat `{stat}`")))?;
    Ok(Duration::from_millis(ticks * 10))
}

/// Reads the resident memory in bytes.
pub(super) fn resident(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes: Option<u64> = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok());
    kilobytes.map(|it| it * 1024).ok_or_else(|| io::Error::other("no VmRSS in the status"))
}

/// Adds utime and stime, fields 14 and 15 of proc_pid_stat(5), in ticks of 1/100 s. The second
/// field is a name that may hold spaces.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 0 0 0 120 34 0 0 20 0 9 0";
        assert_eq!(ticks(stat), Some(154));
    }
}
