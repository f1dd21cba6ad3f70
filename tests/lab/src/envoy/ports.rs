//! Ports that nobody else will take.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

use super::binary::workspace;

/// Returns a port on 127.0.0.1 that is free and stays reserved until this process ends.
///
/// A collision would go unseen: Envoy listens with `SO_REUSEPORT`, so that two of them share a port
/// and its connections. Hence a lock file for each port, held against other processes, and a range
/// below the ephemeral one, out of which the kernel serves whoever asks for port 0 or connects.
///
/// # Panics
///
/// When the whole range is taken.
pub fn free_port() -> u16 {
    let mut reserved = RESERVED.lock().expect("nobody panics with the list");
    let dir = workspace().join("target/ports");
    fs::create_dir_all(&dir).expect("the target directory can be written");

    let start = RandomState::new().hash_one(0) % u64::from(LAST - FIRST);
    let start = FIRST + u16::try_from(start).expect("an offset within the range");
    for port in (start..LAST).chain(FIRST..start) {
        let Ok(lock) = File::create(dir.join(port.to_string())) else { continue };
        if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            reserved.push(lock);
            return port;
        }
    }
    panic!("no port is free between {FIRST} and {LAST}");
}

/// The locks of the ports handed out.
static RESERVED: Mutex<Vec<File>> = Mutex::new(Vec::new());

const FIRST: u16 = 20_000;

/// Linux's ephemeral ports begin here (`net.ipv4.ip_local_port_range`), those of others later.
const LAST: u16 = 32_768;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_port_is_handed_out_twice() {
        let ports: BTreeSet<_> = (0..200).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 200);
        assert!(ports.iter().all(|port| (FIRST..LAST).contains(port)));
    }
}
