//! The host's shared data.

use peergate::Unreadable;
use peergate::dynamic::Store;

use crate::host;

/// What all VMs of the process share that have one `vm_id`.
pub(crate) struct Shared;

impl Store for Shared {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        host::shared(key)
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        host::set_shared(key, value, number)
    }
}
