//! Lists: who is on them, and whom they refuse.

use crate::certificate::{Leaf, Validity};
use crate::digest::{Fingerprint, KeyHash, NameHash, TbsHash};
use crate::name::Name;
use crate::serial::Serial;

/// A static list, ready for look-ups. What a look-up costs grows with the logarithm of its length.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    /// Sorted by fingerprint.
    pins: Vec<(Fingerprint, usize)>,
    /// Sorted by key.
    keys: Vec<(KeyHash, usize)>,
    /// Sorted.
    tbs: Vec<TbsHash>,
    /// Sorted.
    issued: Vec<(NameHash, Serial)>,
    entries: Vec<Entry>,
    counts: Counts,
}

/// An entry of a list: what it says of the client it admits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Who the client is; `None`: the fingerprint of its certificate.
    pub(crate) identity: Option<Box<str>>,
    /// What else the upstream may learn, sorted by name.
    pub(crate) labels: Box<[(Name, Box<str>)]>,
    /// Dates that are known without the certificate.
    pub(crate) validity: Option<Validity>,
}

impl Entry {
    /// Whether both ends of the certificate's validity are known without it.
    pub(crate) fn knows_all_dates(&self) -> bool {
        self.validity.is_some_and(|validity| validity.not_before > i64::MIN)
    }
}

/// What an entry recognises a certificate by.
#[derive(Clone, Debug)]
pub(crate) enum Pin {
    /// `sha256`: one certificate by its fingerprint.
    Fingerprint(Fingerprint),
    /// `pem`: one certificate given whole.
    Certificate(Box<Leaf>),
    /// `spki_sha256`: every certificate of one key.
    Key(KeyHash),
    /// `issued`: what one issuer issued under one number; it refuses and never admits.
    Issued(NameHash, Serial),
}

/// How many entries of each kind a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// `sha256` entries.
    pub(crate) fingerprints: usize,
    /// `pem` entries.
    pub(crate) certificates: usize,
    /// `spki_sha256` entries.
    pub(crate) keys: usize,
    /// `issued` entries.
    pub(crate) issued: usize,
}

impl Counts {
    /// Whether the list can refuse a certificate only if the whole leaf is known.
    pub(crate) fn refuses_by_leaf(&self) -> bool {
        self.certificates > 0 || self.keys > 0 || self.issued > 0
    }
}

impl List {
    /// Sorts the entries for look-ups.
    ///
    /// # Errors
    /// The positions of two entries that pin the same certificate or key.
    pub(crate) fn new(pinned: Vec<(Pin, Entry)>) -> Result<Self, Duplicate> {
        let mut list = Self::default();
        list.pins.reserve_exact(pinned.len());
        list.entries.reserve_exact(pinned.len());
        let mut issued = Vec::new();
        for (index, (pin, entry)) in pinned.into_iter().enumerate() {
            let count = match pin {
                Pin::Fingerprint(fingerprint) => {
                    list.pins.push((fingerprint, index));
                    &mut list.counts.fingerprints
                }
                Pin::Certificate(leaf) => {
                    list.pins.push((leaf.fingerprint(), index));
                    list.tbs.push(leaf.tbs());
                    &mut list.counts.certificates
                }
                Pin::Key(key) => {
                    list.keys.push((key, index));
                    &mut list.counts.keys
                }
                Pin::Issued(by, serial) => {
                    issued.push(((by, serial), index));
                    &mut list.counts.issued
                }
            };
            *count = count.saturating_add(1);
            list.entries.push(entry);
        }
        sort(&mut list.pins)?;
        sort(&mut list.keys)?;
        sort(&mut issued)?;
        list.issued = issued.into_iter().map(|(issued, _)| issued).collect();
        list.tbs.sort_unstable();
        Ok(list)
    }

    /// How many entries of each kind there are.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The entry that admits a certificate: an exact pin, else a pin of its key.
    pub(crate) fn admits(&self, fingerprint: Fingerprint, leaf: Option<&Leaf>) -> Option<&Entry> {
        let pin = find(&self.pins, &fingerprint);
        let index = pin.or_else(|| find(&self.keys, &leaf?.key()))?;
        self.entries.get(index)
    }

    /// Whether the list refuses a certificate. A `pem` entry refuses what its issuer signed, however the
    /// signature is encoded; dates do not matter.
    pub(crate) fn refuses(&self, fingerprint: Fingerprint, leaf: Option<&Leaf>) -> bool {
        find(&self.pins, &fingerprint).is_some()
            || leaf.is_some_and(|leaf| {
                find(&self.keys, &leaf.key()).is_some()
                    || self.tbs.binary_search(&leaf.tbs()).is_ok()
                    || self.is_issued(leaf)
            })
    }

    fn is_issued(&self, leaf: &Leaf) -> bool {
        let wanted = (&leaf.issuer(), leaf.serial());
        self.issued.binary_search_by(|(by, serial)| (by, serial).cmp(&wanted)).is_ok()
    }
}

/// Two entries of a list that say the same of who they are; positions from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duplicate {
    /// The entry that came first.
    pub(crate) first: usize,
    /// The one that repeats it.
    pub(crate) second: usize,
}

fn sort<K: Ord>(pins: &mut [(K, usize)]) -> Result<(), Duplicate> {
    pins.sort_unstable();
    for pair in pins.windows(2) {
        if let [(one, first), (other, second)] = pair
            && one == other
        {
            return Err(Duplicate { first: *first, second: *second });
        }
    }
    Ok(())
}

fn find<K: Ord>(pins: &[(K, usize)], key: &K) -> Option<usize> {
    let position = pins.binary_search_by(|(found, _)| found.cmp(key)).ok()?;
    pins.get(position).map(|(_, index)| *index)
}
