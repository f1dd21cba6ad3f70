//! A set of bucket numbers.

use crate::dynamic::BucketNumber;

/// Some of a list's buckets, in 8 KiB at the most.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    /// A bit for each number, the lowest first.
    words: Vec<u64>,
    /// The first word that may have a bit that is set.
    at: usize,
}

impl Numbers {
    /// All that a list has.
    pub(super) fn all() -> Self {
        Self { words: vec![u64::MAX; WORDS], at: 0 }
    }

    pub(super) fn insert(&mut self, number: BucketNumber) {
        let place = usize::from(number) >> SHIFT;
        if self.words.len() <= place {
            self.words.resize(place.saturating_add(1), 0);
        }
        if let Some(word) = self.words.get_mut(place) {
            *word |= 1 << (u64::from(number) & MASK);
        }
        self.at = self.at.min(place);
    }

    /// The lowest.
    pub(super) fn first(&mut self) -> Option<BucketNumber> {
        while *self.words.get(self.at)? == 0 {
            self.at = self.at.saturating_add(1);
        }
        let bit = self.words.get(self.at)?.trailing_zeros();
        BucketNumber::try_from((self.at << SHIFT) | usize::try_from(bit).ok()?).ok()
    }

    /// Takes the lowest out.
    pub(super) fn drop_first(&mut self) {
        // Of the bits that are set the lowest goes.
        if let Some(word) = self.words.get_mut(self.at) {
            *word &= word.saturating_sub(1);
        }
    }
}

/// How many buckets a list has. Those of the tests of this crate lie in the first ones: a walk over all of
/// them is what takes time there.
const BUCKETS: usize = if cfg!(test) { 64 } else { 65_536 };

const WORDS: usize = BUCKETS >> SHIFT;
const SHIFT: u32 = 6;
const MASK: u64 = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn taken(mut numbers: Numbers) -> Vec<BucketNumber> {
        let next = || {
            let first = numbers.first();
            numbers.drop_first();
            first
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn they_come_in_order_and_once() {
        let mut numbers = Numbers::default();
        for number in [64, 65_535, 0, 63, 64, 1] {
            numbers.insert(number);
        }
        assert_eq!(taken(numbers), [0, 1, 63, 64, 65_535]);
        assert!(taken(Numbers::default()).is_empty());
        assert_eq!(taken(Numbers::all()), (0..64).collect::<Vec<_>>());
    }
}
