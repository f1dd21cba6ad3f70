//! Whose code lies where in a process.

/// Who an instruction belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    /// Envoy, or a library that it has loaded.
    Envoy,
    /// The filter, as an engine has compiled it while Envoy runs.
    Filter,
}

/// Where executable memory lies, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map(Vec<Region>);

#[derive(Clone, Copy, Debug)]
struct Region {
    start: u64,
    end: u64,
    side: Side,
}

impl Map {
    /// Reads `/proc/PID/maps` (proc_pid_maps(5)). Lines that cannot be read are left out.
    pub(crate) fn parse(text: &str) -> Self {
        let mut regions: Vec<Region> = text.lines().filter_map(Region::parse).collect();
        regions.sort_unstable_by_key(|it| it.start);
        Self(regions)
    }

    /// Whose code lies at an address, if any does.
    pub(crate) fn side(&self, address: u64) -> Option<Side> {
        let after = self.0.partition_point(|it| it.start <= address);
        let region = self.0[..after].last()?;
        (address < region.end).then_some(region.side)
    }
}

impl Region {
    /// Of one line, if what it tells of may be executed: `START-END PERMISSIONS OFFSET DEVICE INODE NAME`. Only
    /// the name may be missing, or have spaces.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let is_executable = words.next()?.contains('x');
        let name = words.nth(3);
        let number = |text| u64::from_str_radix(text, 16).ok();
        let region = Self { start: number(start)?, end: number(end)?, side: side(name) };
        is_executable.then_some(region)
    }
}

/// Whose memory has such a name: a file's path, `[vdso]` and the like, `[anon:NAME]` where a process has named
/// memory that belongs to no file, or none.
fn side(name: Option<&str>) -> Side {
    match name {
        None => Side::Filter,
        Some(name) if name.starts_with("[anon:") => Side::Filter,
        Some(_) => Side::Envoy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
5600000a0000-5600000b0000 r--p 00000000 fe:01 77                         /opt/envoy/envoy
5600000b0000-5600000c0000 r-xp 00010000 fe:01 77                         /opt/envoy/envoy
7f0000000000-7f0000001000 r-xp 00000000 00:00 0
7f0000001000-7f0000002000 rw-p 00000000 00:00 0
7f0000002000-7f0000003000 rwxp 00000000 00:00 0                          [anon:v8]
7f0000100000-7f0000200000 r-xp 00026000 fe:01 12                         /usr/lib/libc.so.6
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
7f0000300000-7f0000301000 r-xp 00000000 fe:01 78                         /tmp/a b (deleted)
nonsense
";

    #[test]
    fn what_belongs_to_no_file_is_the_filter() {
        let map = Map::parse(MAPS);
        assert_eq!(map.side(0x7f00_0000_0000), Some(Side::Filter));
        assert_eq!(map.side(0x7f00_0000_2fff), Some(Side::Filter));
    }

    #[test]
    fn files_and_the_kernels_page_are_envoys() {
        let map = Map::parse(MAPS);
        for address in [0x5600_000b_0000, 0x7f00_001f_ffff, 0x7ffd_0000_1000, 0x7f00_0030_0000] {
            assert_eq!(map.side(address), Some(Side::Envoy), "{address:x}");
        }
    }

    #[test]
    fn data_and_gaps_are_nobodys_code() {
        let map = Map::parse(MAPS);
        for address in [0, 0x5600_000a_0000, 0x5600_000c_0000, 0x7f00_0000_1000, u64::MAX] {
            assert_eq!(map.side(address), None, "{address:x}");
        }
    }
}
