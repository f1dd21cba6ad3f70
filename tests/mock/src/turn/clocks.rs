//! Clocks: the time of day, and one that only ever goes forward.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use super::Turn;
use crate::call::Call;
use crate::status::Status;

impl Turn {
    /// Nanoseconds since the Unix epoch.
    pub(crate) fn time(&mut self) -> Result<u64, Status> {
        if self.note(Call::Time, String::new())?.is_some() {
            return Ok(0);
        }
        Ok(self.clock.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
        }))
    }

    /// A clock of WASI by its number, in nanoseconds. Envoy has these two.
    pub(crate) fn wasi_time(&mut self, clock: u32) -> Result<u64, Status> {
        match clock {
            REAL_TIME => self.time(),
            MONOTONIC => self.monotonic(),
            _ => Err(NOT_SUPPORTED),
        }
    }

    fn monotonic(&mut self) -> Result<u64, Status> {
        if self.note(Call::Monotonic, String::new())?.is_some() {
            return Ok(0);
        }
        let time = self.monotonic.unwrap_or_else(|| {
            // One beginning for all threads, whose times then compare.
            static BEGINNING: OnceLock<Instant> = OnceLock::new();
            BEGINNING.get_or_init(Instant::now).elapsed()
        });
        Ok(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }
}

const REAL_TIME: u32 = 0;
const MONOTONIC: u32 = 1;

/// WASI's own number, not one of proxy-wasm's.
const NOT_SUPPORTED: Status = Status(58);
