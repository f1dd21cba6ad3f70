//! Shared data as a leader sees it: values under keys, replaced by compare-and-swap.

use crate::evidence::Unreadable;

/// What the VMs of one process share.
pub trait Store {
    /// The value of a key, and the number that replacing it takes.
    ///
    /// # Errors
    /// [`Unreadable`], here and below, if the host fails.
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable>;

    /// Replaces the value that [`get`](Self::get) gave with this number. With [`ONLY_IF_ABSENT`] sets it if
    /// there is none. `false` if somebody else was faster.
    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable>;
}

/// A number that no value has: Envoy looks at it only where there is a value, and then refuses it.
pub const ONLY_IF_ABSENT: u32 = u32::MAX;
