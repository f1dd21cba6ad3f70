//! Dynamic lists where no proxy runs: for decision cases, and for the command.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::evidence::Unreadable;
use crate::feed::Page;

use super::bucket::{Corrupt, Written};
use super::hand::{Act, Hand, Stop};
use super::head::Head;
use super::lease::Owner;
use super::list::DynamicList;
use super::space::{BucketNumber, Space, bucket_of};
use super::standing::Standing;
use super::store::{ONLY_IF_ABSENT, Store};

/// Shared data that nobody shares: lists are put into it by what writes them in a proxy, and read from it as
/// there. Its monotonic clock stands still, at [`NOW`](Self::NOW).
#[derive(Clone, Debug, Default)]
pub struct Offline {
    values: RefCell<BTreeMap<Vec<u8>, Value>>,
}

/// Bytes, and the number that replacing them takes.
type Value = (Vec<u8>, u32);

/// When the feed of a list was last heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heard {
    /// Just now.
    #[default]
    Now,
    /// Longer ago than the list's `max_age`, by a nanosecond.
    TooLongAgo,
}

impl Offline {
    /// The time, in nanoseconds of the monotonic clock: later than any list may be old.
    pub const NOW: u64 = u64::MAX / 2;

    /// Makes the changes of a page, after which the list is whole: as a leader does that has asked from the
    /// beginning.
    ///
    /// # Errors
    /// [`Unreadable`] if the list was taken from whoever fills it: nobody here does.
    pub fn fill(&self, list: &DynamicList, page: &Page, heard: Heard) -> Result<(), Unreadable> {
        let (hand, _) = Hand::hold(self, list.space(), OWNER, Self::NOW)?.ok_or(Unreadable)?;
        let mut buckets: BTreeMap<BucketNumber, Vec<Written>> = BTreeMap::new();
        for change in &page.changes {
            let number = bucket_of(&change.key().digest);
            buckets.entry(number).or_default().push(Written::from(change));
        }
        let unreadable = |_: Stop| Unreadable;
        let mut edits = Vec::with_capacity(buckets.len());
        for (number, changes) in &buckets {
            edits.push(hand.edit(self, *number, Act::Change(changes)).map_err(unreadable)?);
        }
        let max_age = u64::try_from(list.keeping().max_age.as_nanos()).unwrap_or(u64::MAX);
        let accepted_at = match heard {
            Heard::Now => Self::NOW,
            Heard::TooLongAgo => Self::NOW.saturating_sub(max_age).saturating_sub(1),
        };
        let change = |head: &mut Head| {
            head.is_loaded = true;
            head.accepted_at = accepted_at;
            head.skipped = head.skipped.saturating_add(u64::from(page.skipped));
            head.position.version = page.version.unwrap_or(head.position.version);
            for edit in &edits {
                head.count.take(edit.before);
                head.count.add(edit.after);
            }
        };
        hand.update_head(self, &Head::default(), change).map(drop).map_err(unreadable)
    }

    /// Writes over every bucket of a list what no leader writes.
    pub fn spoil(&self, list: &DynamicList) {
        let space = list.space();
        for (key, (value, _)) in self.values.borrow_mut().iter_mut() {
            if is_bucket(&space, key) {
                *value = b"spoilt".to_vec();
            }
        }
    }

    /// What lies under a key.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.values.borrow().get(key).map(|(value, _)| value.clone())
    }

    /// How a list stands; one that was never filled is not loaded.
    ///
    /// # Errors
    /// [`Corrupt`] if somebody else wrote under its key.
    pub fn standing(&self, list: &DynamicList) -> Result<Standing, Corrupt> {
        Standing::read(self.get(&list.space().head()).as_deref())
    }
}

impl Store for Offline {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        Ok(self.values.borrow().get(key).cloned())
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        let mut values = self.values.borrow_mut();
        let (old, old_number) = values.entry(key.to_vec()).or_insert((Vec::new(), ONLY_IF_ABSENT));
        if *old_number != ONLY_IF_ABSENT && *old_number != number {
            return Ok(false);
        }
        *old = value.to_vec();
        *old_number = old_number.wrapping_add(1);
        Ok(true)
    }
}

/// Whether a key is that of a bucket.
fn is_bucket(space: &Space, key: &[u8]) -> bool {
    let number = key.last_chunk().map(|bytes| BucketNumber::from_be_bytes(*bytes));
    number.is_some_and(|number| space.bucket(number) == *key)
}

/// Whoever fills lists here.
const OWNER: Owner = Owner { id: 1, is_service: false };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamic::{Content, Key, find_in_bucket};
    use crate::feed::{Format, PageReader};

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn list(name: &str) -> DynamicList {
        let text = format!(
            r#"{{"version": 1, "lists": {{"{name}": {{"feed": {{"cluster": "c", "path": "/p"}}}}}}}}"#
        );
        (*DynamicList::read_all(text.as_bytes()).unwrap()[0]).clone()
    }

    fn page(changes: &str) -> Page {
        let text = format!(r#"{{"version": 7, "cursor": "c", "changes": [{changes}]}}"#);
        PageReader::new(text.into(), &Format::Native, u32::MAX).unwrap().finish().unwrap()
    }

    #[test]
    fn what_is_filled_is_read_as_in_a_proxy() {
        let (store, list, other) = (Offline::default(), list("a"), list("b"));
        let hex = "ab".repeat(32);
        assert!(!store.standing(&list).unwrap().is_loaded);
        let put = format!(r#"{{"put": {{"certificate": "{hex}", "apis": ["*"]}}}}"#);
        let deny = format!(r#"{{"put": {{"deny": {{"certificate": "{hex}"}}}}}}"#);
        store.fill(&list, &page(&format!("{put}, {deny}")), Heard::Now).unwrap();
        let standing = store.standing(&list).unwrap();
        assert_eq!((standing.version, standing.count.entries()), (7, 2));
        assert!(list.is_current(&standing, Offline::NOW));
        let fingerprint = hex.parse().unwrap();
        let found = |list: &DynamicList, key: Key| {
            let bucket = store.get(&key.place(&list.space()));
            bucket.map_or(Ok(None), |bucket| find_in_bucket(&bucket, &key))
        };
        assert!(matches!(
            found(&list, Key::certificate(fingerprint)),
            Ok(Some(Content::Session(_)))
        ));
        let denial = Key::deny_certificate(fingerprint);
        assert_eq!(found(&list, denial), Ok(Some(Content::Deny(None))));
        assert_eq!(found(&other, denial), Ok(None));

        let gone = format!(r#"{{"delete": {{"deny": {{"certificate": "{hex}"}}}}}}"#);
        store.fill(&list, &page(&gone), Heard::TooLongAgo).unwrap();
        assert_eq!(found(&list, denial), Ok(None));
        let standing = store.standing(&list).unwrap();
        assert_eq!((standing.count.denials, standing.count.certificates), (0, 1));
        assert!(!list.is_current(&standing, Offline::NOW));
        assert!(list.is_current(&standing, Offline::NOW - 1), "not a moment before");

        store.spoil(&list);
        assert_eq!(found(&list, denial), Err(Corrupt));
        assert!(store.standing(&list).unwrap().is_loaded, "the head is as it was");
    }
}
