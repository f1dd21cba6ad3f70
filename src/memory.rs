//! What a policy remembers of the clients it has seen, bounded.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::rc::Rc;

use crate::authority::Path;
use crate::certificate::Leaf;
use crate::decision::Pass;
use crate::digest::{Digest, Fingerprint};
use crate::policy::{ListId, Place};
use crate::reason::Reason;

/// The memory of one policy; it dies with it, since what lists and authorities say is part of what is
/// remembered.
///
/// Of clients that were admitted, or to whom a path was found: their parsed leaf, which is a function of its
/// fingerprint, and the paths, each with the time in which all of it is valid. Of certificates that were
/// refused: the reason, for a short time, in a place of its own: strangers make as many certificates as they
/// like, and must not push out anybody who is admitted. Of requests that a certificate alone let pass: what they
/// passed with.
#[derive(Debug, Default)]
pub struct Memory {
    admitted: Generations<Digest, Rc<Client>>,
    refused: Generations<Digest, Refusal>,
    passes: Generations<PassKey, Rc<Pass>>,
}

/// A client that some list holds.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) leaf: Rc<Leaf>,
    holdings: Vec<(ListId, Rc<PathHolding>)>,
}

impl Client {
    /// The paths by which lists hold it.
    pub(crate) fn holdings(&self) -> &[(ListId, Rc<PathHolding>)] {
        &self.holdings
    }

    /// The path by which a list holds it.
    pub(crate) fn holding(&self, list: ListId) -> Option<&Rc<PathHolding>> {
        self.holdings.iter().find(|(of, _)| *of == list).map(|(_, holding)| holding)
    }
}

/// That a list admits a leaf by a path to one of its authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathHolding {
    /// The place of the entry in its list.
    pub(crate) entry: usize,
    /// The identity that was taken from the leaf.
    pub(crate) identity: Option<Box<str>>,
    pub(crate) path: Rc<Path>,
}

/// The digits of a fingerprint, since most requests need no more of it than that they have come before, as numbers:
/// those are compared and copied eight bytes at a time, without anybody's help.
#[derive(Clone, Copy, Debug, Eq)]
struct PassKey {
    digits: [u64; 8],
    place: Place,
}

impl PassKey {
    /// `None` if these are not as many digits.
    fn new(digits: &[u8], place: Place) -> Option<Self> {
        let digits: &[u8; 64] = digits.as_array()?;
        let (words, _) = digits.as_chunks();
        let mut numbers = [0; 8];
        for (number, word) in numbers.iter_mut().zip(words) {
            *number = u64::from_le_bytes(*word);
        }
        Some(Self { digits: numbers, place })
    }
}

impl PartialEq for PassKey {
    fn eq(&self, other: &Self) -> bool {
        let mut digits = self.digits.iter().zip(&other.digits);
        self.place == other.place && digits.all(|(one, other)| one == other)
    }
}

impl Hash for PassKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As much as of any other digest.
        let [first, second, ..] = self.digits;
        state.write_u128(u128::from(second) << 64 | u128::from(first));
        self.place.hash(state);
    }
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    reason: Reason,
    /// Seconds since the Unix epoch.
    at: i64,
}

impl Memory {
    /// What is known of a client.
    pub(crate) fn client(&mut self, fingerprint: Fingerprint) -> Option<Rc<Client>> {
        self.admitted.find(&fingerprint.digest(), ADMITTED).map(Rc::clone)
    }

    /// Keeps what is known of a client that some list holds.
    pub(crate) fn keep(&mut self, leaf: &Rc<Leaf>, holdings: &[(ListId, Rc<PathHolding>)]) {
        let key = leaf.fingerprint().digest();
        let mut kept = match self.admitted.find(&key, ADMITTED) {
            Some(client) => client.holdings.clone(),
            None => Vec::new(),
        };
        kept.retain(|(list, _)| holdings.iter().all(|(newer, _)| newer != list));
        kept.extend_from_slice(holdings);
        let weight = leaf.der().len().saturating_add(kept.len().saturating_mul(HOLDING));
        let client = Client { leaf: Rc::clone(leaf), holdings: kept };
        self.admitted.keep(key, Rc::new(client), weight, ADMITTED);
    }

    /// What a request of a certificate, by the digits of its fingerprint as the host writes them, passed with under
    /// the rules of a place.
    pub(crate) fn pass(&mut self, digits: &[u8], place: Place) -> Option<Rc<Pass>> {
        self.passes.find(&PassKey::new(digits, place)?, PASSES).map(Rc::clone)
    }

    /// Keeps what a request passed with.
    pub(crate) fn keep_pass(&mut self, fingerprint: Fingerprint, place: Place, pass: Pass) {
        if let Some(key) = PassKey::new(&fingerprint.hex(), place) {
            let weight = pass.weight();
            self.passes.keep(key, Rc::new(pass), weight, PASSES);
        }
    }

    /// Why a leaf was refused a moment ago, if it was.
    pub(crate) fn refusal(&mut self, key: Digest, now: i64) -> Option<Reason> {
        let refusal = self.refused.find(&key, REFUSED)?;
        (0..REFUSED_FOR).contains(&now.saturating_sub(refusal.at)).then_some(refusal.reason)
    }

    /// Keeps why a leaf is refused. The key stands for all that the refusal depends on, but for the time.
    pub(crate) fn refuse(&mut self, key: Digest, reason: Reason, now: i64) {
        self.refused.keep(key, Refusal { reason, at: now }, HOLDING, REFUSED);
    }
}

/// Two generations: what was asked for lately survives, what was not goes, and a flood costs at most the
/// memory of both.
#[derive(Debug)]
struct Generations<K, T> {
    young: Table<K, T>,
    old: Table<K, T>,
    /// Of the young, in bytes.
    weight: usize,
}

type Table<K, T> = HashMap<K, (T, usize), Secret>;

impl<K, T> Default for Generations<K, T> {
    fn default() -> Self {
        let secret = Secret::default();
        let [young, old] = [(); 2].map(|()| HashMap::with_hasher(secret));
        Self { young, old, weight: 0 }
    }
}

impl<K: Copy + Eq + Hash, T> Generations<K, T> {
    /// Finds a value, and keeps it from going with the old ones while the young are at most so heavy.
    fn find(&mut self, key: &K, most: usize) -> Option<&T> {
        if !self.old.is_empty() && !self.young.contains_key(key) {
            return self.find_old(key, most);
        }
        self.young.get(key).map(|(value, _)| value)
    }

    #[inline(never)]
    fn find_old(&mut self, key: &K, most: usize) -> Option<&T> {
        let (_, weight) = self.old.get(key)?;
        if self.weight.saturating_add(*weight) > most {
            return self.old.get(key).map(|(value, _)| value);
        }
        let (value, weight) = self.old.remove(key)?;
        self.insert(*key, value, weight);
        self.young.get(key).map(|(value, _)| value)
    }

    fn keep(&mut self, key: K, value: T, weight: usize, most: usize) {
        self.old.remove(&key);
        let weight = weight.saturating_add(OVERHEAD);
        if self.weight.saturating_add(weight) > most {
            self.old = std::mem::replace(&mut self.young, HashMap::with_hasher(*self.old.hasher()));
            self.weight = 0;
        }
        self.insert(key, value, weight);
    }

    fn insert(&mut self, key: K, value: T, weight: usize) {
        let replaced = self.young.insert(key, (value, weight)).map_or(0, |(_, weight)| weight);
        self.weight = self.weight.saturating_add(weight).saturating_sub(replaced);
    }
}

/// Hashes digests by one product of their beginning with what nobody outside knows: strangers choose their
/// certificates, and could look for some whose digests begin alike.
#[derive(Clone, Copy, Debug)]
struct Secret([u64; 2]);

impl Default for Secret {
    fn default() -> Self {
        // The keys of a hasher are random, and so is what it makes of anything.
        let random = RandomState::new();
        Self([0_u8, 1].map(|number| random.hash_one(number)))
    }
}

impl BuildHasher for Secret {
    type Hasher = Product;

    fn build_hasher(&self) -> Product {
        Product { secret: self.0, product: 0 }
    }
}

#[derive(Debug)]
struct Product {
    secret: [u64; 2],
    product: u64,
}

impl Hasher for Product {
    fn finish(&self) -> u64 {
        self.product
    }

    fn write(&mut self, bytes: &[u8]) {
        self.write_u128(bytes.first_chunk().copied().map_or(0, u128::from_le_bytes));
    }

    fn write_u128(&mut self, number: u128) {
        let halves = number.to_le_bytes();
        let (halves, _) = halves.as_chunks();
        let [first, second] = halves else { return };
        let [first, second] = [first, second].map(|half| u64::from_le_bytes(*half));
        let [one, other] = self.secret;
        let (low, high) = (first ^ one).carrying_mul(second ^ other, 0);
        self.product ^= low ^ high;
    }

    /// The length of a digest, which all have in common, and places in the policy, of which there are few.
    fn write_usize(&mut self, number: usize) {
        self.product = self.product.rotate_left(5) ^ u64::try_from(number).unwrap_or_default();
    }
}

/// Bytes of a generation of admitted clients: some 4,000 of them with certificates of ordinary size.
const ADMITTED: usize = 4_194_304;

/// Bytes of a generation of what requests passed with: some 4,000 of ordinary size.
const PASSES: usize = 4_194_304;

/// Bytes of a generation of refusals: some 4,000.
const REFUSED: usize = 1_048_576;

/// Seconds for which a refusal is remembered: whatever it depended on that was not part of its key, such as
/// an intermediate that was not valid yet, is looked at again after that.
const REFUSED_FOR: i64 = 10;

/// Bytes of an entry beside what it holds, roughly.
const OVERHEAD: usize = 128;

/// Bytes of a path that is remembered, roughly.
const HOLDING: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn key(number: u32) -> Digest {
        let mut key = Digest::default();
        key[..4].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn what_is_asked_for_survives_any_flood_and_memory_is_bounded() {
        let mut memory = Memory::default();
        memory.refuse(key(0), Reason::ChainInvalid, 0);
        for number in 1..100_000 {
            memory.refuse(key(number), Reason::CertificateNotAllowed, 0);
            if number % 1000 == 0 {
                assert_eq!(memory.refusal(key(0), 0), Some(Reason::ChainInvalid), "{number}");
            }
        }
        let kept = memory.refused.young.len() + memory.refused.old.len();
        assert!(kept <= 2 * REFUSED / OVERHEAD, "{kept}");
        assert_eq!(memory.refusal(key(1), 0), None);
    }

    #[test]
    fn asking_for_the_old_again_and_again_makes_no_more_room() {
        let mut memory = Memory::default();
        for round in 0..12 {
            // New ones until the young are full, then all that is old.
            for number in 0..8_000 {
                memory.refuse(key(round * 8_000 + number), Reason::ChainInvalid, 0);
            }
            for number in 0..(round + 1) * 8_000 {
                memory.refusal(key(number), 0);
            }
        }
        let kept = memory.refused.young.len() + memory.refused.old.len();
        assert!(kept <= 2 * REFUSED / OVERHEAD, "{kept}");
    }

    #[test]
    fn a_refusal_is_forgotten_soon_and_when_the_clock_is_set_back() {
        let mut memory = Memory::default();
        memory.refuse(key(1), Reason::ChainInvalid, 100);
        assert_eq!(memory.refusal(key(1), 100), Some(Reason::ChainInvalid));
        assert_eq!(memory.refusal(key(1), 99 + REFUSED_FOR), Some(Reason::ChainInvalid));
        assert_eq!(memory.refusal(key(1), 100 + REFUSED_FOR), None);
        assert_eq!(memory.refusal(key(1), 99), None);
    }
}
