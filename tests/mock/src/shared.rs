//! What the plugins of several workers share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::status::Status;
use crate::world;

/// Data that the plugins of several workers share, as those of one `vm_id` do in Envoy.
///
/// Each thread's VM has data of its own, which goes with the thread's last [`Filter`](crate::Filter). To
/// let filters on several threads share data, make them all [`join`](Self::join) the same; to look at
/// what a filter shares, or to share in its place, use a handle to it.
///
/// # Example
/// ```
/// use peergate_mock::{Filter, SharedData};
///
/// let shared = SharedData::new();
/// shared.set("lease", "held by another worker");
/// let workers: Vec<_> = (0..2)
///     .map(|_| {
///         let shared = shared.clone();
///         std::thread::spawn(move || {
///             shared.join();
///             let filter = Filter::unconfigured();
///             filter.tick("2026-11-22T00:00:00Z").is_ok()
///         })
///     })
///     .collect();
/// assert!(workers.into_iter().all(|worker| worker.join().unwrap()));
/// assert_eq!(shared.get("lease").as_deref(), Some(&b"held by another worker"[..]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct SharedData(Arc<Mutex<Entries>>);

/// Values by their keys, each with the number of the compare-and-swap that would replace it.
#[derive(Debug, Default)]
struct Entries {
    values: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    /// How many numbers were given out: one counter for all keys.
    numbers: u32,
}

impl SharedData {
    /// Data that nobody has joined yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the filters of this thread share now.
    pub fn current() -> Self {
        world::shared_data()
    }

    /// Makes the filters of this thread, those to come too, share this data. It holds until the thread
    /// joins other data.
    pub fn join(&self) {
        world::join(self.clone());
    }

    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.numbered(key.as_ref()).map(|(value, _)| value)
    }

    /// Sets a key unconditionally, as any other plugin may: compare-and-swap calls that have read the value
    /// before fail.
    pub fn set(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        // Without a number to compare there is nothing that could fail.
        let _ = self.replace(key.as_ref(), value.as_ref(), UNCONDITIONALLY);
    }

    /// All keys that were ever set: Envoy forgets none.
    pub fn keys(&self) -> Vec<Vec<u8>> {
        self.entries().values.keys().cloned().collect()
    }

    /// How many bytes all keys and values have: what they take of Envoy's memory, but for what it adds to
    /// each.
    pub fn bytes(&self) -> usize {
        let entries = self.entries();
        let sizes =
            entries.values.iter().map(|(key, (value, _))| key.len().saturating_add(value.len()));
        sizes.fold(0, usize::saturating_add)
    }

    /// A value and its number.
    pub(crate) fn numbered(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.entries().values.get(key).cloned()
    }

    /// Sets a key if its value has this number still. An absent key has none to compare with, and is set
    /// under any.
    pub(crate) fn replace(&self, key: &[u8], value: &[u8], number: u32) -> Result<(), Status> {
        let mut entries = self.entries();
        let found = entries.values.get(key);
        if found.is_some_and(|(_, own)| number != UNCONDITIONALLY && number != *own) {
            return Err(Status::CAS_MISMATCH);
        }
        // The first number is 1.
        entries.numbers = entries.numbers.saturating_add(1);
        let number = entries.numbers;
        entries.values.insert(key.to_vec(), (value.to_vec(), number));
        Ok(())
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // No entry is ever half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number that stands for none.
const UNCONDITIONALLY: u32 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_replaced_by_who_read_it_last() {
        let shared = SharedData::new();
        // Nothing is there to compare with, whatever the number.
        shared.replace(b"a", b"1", u32::MAX).unwrap();
        let (value, number) = shared.numbered(b"a").unwrap();
        assert_eq!((value.as_slice(), number), (&b"1"[..], 1));
        assert_eq!(shared.replace(b"a", b"2", u32::MAX), Err(Status::CAS_MISMATCH));
        assert_eq!(shared.replace(b"a", b"2", number), Ok(()));
        assert_eq!(shared.replace(b"a", b"3", number), Err(Status::CAS_MISMATCH));
        assert_eq!(shared.replace(b"a", b"4", 0), Ok(()));
        assert_eq!(shared.get("a").as_deref(), Some(&b"4"[..]));
        assert_eq!(shared.bytes(), 2);
    }

    #[test]
    fn numbers_are_counted_over_all_keys() {
        let shared = SharedData::new();
        for key in ["a", "b", "a"] {
            shared.set(key, "");
        }
        assert_eq!(shared.numbered(b"a"), Some((Vec::new(), 3)));
        assert_eq!(shared.numbered(b"b"), Some((Vec::new(), 2)));
        assert_eq!(shared.numbered(b"c"), None);
        assert_eq!(shared.keys(), [b"a", b"b"]);
        assert_eq!(shared.replace(b"a", b"1", 2), Err(Status::CAS_MISMATCH));
    }

    #[test]
    fn one_of_many_is_first() {
        let shared = SharedData::new();
        let workers: Vec<_> = (0..8_u8)
            .map(|worker| {
                let shared = shared.clone();
                std::thread::spawn(move || shared.replace(b"leader", &[worker], u32::MAX).is_ok())
            })
            .collect();
        let elected = workers.into_iter().filter_map(|worker| worker.join().ok());
        assert_eq!(elected.filter(|first| *first).count(), 1);
    }
}
