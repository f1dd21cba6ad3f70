//! How often the host calls a root context.

use std::cell::Cell;
use std::time::Duration;

use crate::host;

/// The pace that the host was told last.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    milliseconds: Cell<u32>,
}

impl Pace {
    /// Asks to be called after a pause, again and again. The host's timer knows milliseconds, one at the
    /// least.
    pub(crate) fn set(&self, pause: Duration) {
        let milliseconds = u32::try_from(pause.as_millis()).unwrap_or(u32::MAX).max(1);
        // What the host has not heard is said again.
        if self.milliseconds.get() != milliseconds && host::set_tick_period(milliseconds).is_ok() {
            self.milliseconds.set(milliseconds);
        }
    }

    /// The same, unless that is later than it would be anyway.
    pub(crate) fn set_sooner(&self, pause: Duration) {
        let milliseconds = self.milliseconds.get();
        if milliseconds == 0 || pause < Duration::from_millis(u64::from(milliseconds)) {
            self.set(pause);
        }
    }
}
