//! The linear memories of the Wasm VMs in a process.
//!
//! Envoy has no figure for them, but Linux has. V8 reserves 8 GiB of addresses for each memory of 32 bits (twice
//! what an offset can reach) and makes only the memory itself accessible, which begins where the reservation
//! does. So a mapping without access of more than 4 GiB and less than 8 GiB is the rest of such a reservation,
//! what it lacks of 8 GiB is the size of a linear memory, and what lies directly before it is that memory.

use std::{fs, io};

/// The linear memories of all VMs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Guests {
    /// How many there are.
    pub(crate) count: u64,
    /// Their sizes in bytes, as the guests see them.
    pub(crate) size: u64,
    /// How much of it is resident, in bytes.
    pub(crate) resident: u64,
}

impl Guests {
    /// Of a process (Linux).
    ///
    /// # Errors
    ///
    /// When the process is gone, or has no such memory.
    pub(crate) fn of(process: u32) -> io::Result<Self> {
        let guests = Self::parse(&fs::read_to_string(format!("/proc/{process}/smaps"))?);
        if guests.count == 0 {
            return Err(io::Error::other("no linear memory is found"));
        }
        Ok(guests)
    }

    /// Reads proc_pid_smaps(5).
    fn parse(smaps: &str) -> Self {
        let mut guests = Self::default();
        let mut last = Mapping::default();
        for line in smaps.lines() {
            if let Some(mapping) = Mapping::parse(line) {
                let rest = mapping.end.saturating_sub(mapping.start);
                let is_rest = !mapping.is_accessible && (RESERVED / 2..RESERVED).contains(&rest);
                if is_rest && last.is_accessible && last.end == mapping.start {
                    guests.count += 1;
                    guests.size += RESERVED - rest;
                    guests.resident += last.resident.min(RESERVED - rest);
                }
                last = mapping;
            } else if let Some(kilobytes) = line.strip_prefix("Rss:") {
                let kilobytes = kilobytes.trim().trim_end_matches(" kB").parse::<u64>();
                last.resident = kilobytes.unwrap_or_default() * 1024;
            }
        }
        guests
    }
}

/// A line of addresses, with what follows of it.
#[derive(Clone, Copy, Debug, Default)]
struct Mapping {
    start: u64,
    end: u64,
    /// Readable and writable, against neither.
    is_accessible: bool,
    resident: u64,
}

impl Mapping {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let address = |text| u64::from_str_radix(text, 16).ok();
        let is_accessible = words.next()?.starts_with("rw");
        Some(Self { start: address(start)?, end: address(end)?, is_accessible, resident: 0 })
    }
}

/// What V8 reserves for a memory.
const RESERVED: u64 = 8 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_memory_is_what_its_reservation_makes_accessible() {
        let smaps = "\
7f2591340000-7f2591460000 rw-p 00000000 00:00 0 
Size:               1152 kB
Rss:                  92 kB
VmFlags: rd wr mr mw me nr sd 
7f2591460000-7f2791340000 ---p 00000000 00:00 0 
Size:            8387456 kB
Rss:                   0 kB
7f2791340000-7f2791480000 rw-p 00000000 00:00 0 
Rss:                 128 kB
7f2791480000-7f2991340000 ---p 00000000 00:00 0 
Rss:                   0 kB
";
        let sizes = (0x12_0000_u64, 0x14_0000_u64);
        let all = Guests { count: 2, size: sizes.0 + sizes.1, resident: 220 * 1024 };
        assert_eq!(Guests::parse(smaps), all);
    }

    #[test]
    fn other_mappings_are_none() {
        let smaps = "\
10e100000000-10e13d000000 ---p 00000000 00:00 0 
10e13d000000-10e140000000 rw-p 00000000 00:00 0 
Rss:               46000 kB
7f29f1b4e000-7f29f234e000 rw-p 00000000 00:00 0 
7f29f3470000-7f2bf3350000 ---p 00000000 00:00 0 
564d14c44000-564d14fd1000 r--p 098 08:01 7 /usr/bin/envoy
";
        assert_eq!(Guests::parse(smaps), Guests::default());
    }
}
