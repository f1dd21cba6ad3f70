//! Lists: who is on them, and whom they refuse.

use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::authority::Authority;
use crate::certificate::{Leaf, Validity};
use crate::digest::{Digest, Fingerprint, IssuedHash, KeyHash};
use crate::dynamic::DynamicList;
use crate::name::Name;

/// A list, ready for look-ups. What a look-up costs grows with the logarithm of its length.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    /// Certificates by fingerprint.
    pins: Table,
    /// Keys by digest.
    keys: Table,
    /// Certificates by what their issuer signed.
    tbs: Table,
    /// Issuer and serial number, digested together.
    issued: Table,
    /// Authorities, each with the position of its entry.
    authorities: Vec<(Authority, usize)>,
    entries: Vec<Entry>,
    counts: Counts,
    name: Box<str>,
    /// A feed fills it, and nothing else.
    dynamic: Option<Arc<DynamicList>>,
    /// The positions, as written, of entries that were skipped as invalid, in order.
    skipped: Vec<usize>,
    skips_invalid: bool,
}

/// Digests in order, each with the position of its entry. One type for all: sorting is large in a module.
type Table = Vec<(Digest, usize)>;

/// An entry of a list: what it says of the client it admits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Who the client is; `None`: the fingerprint of its certificate.
    pub(crate) identity: Option<Box<str>>,
    /// What else the upstream may learn.
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
    Issued(IssuedHash),
    /// `ca`: every certificate with a path to an authority; it admits and never refuses.
    Authority(Box<Authority>),
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
    /// `ca` entries.
    pub(crate) authorities: usize,
}

impl Counts {
    /// Whether the list admits certificates whose fingerprint it does not know: then their holder can
    /// change the fingerprint and still be admitted.
    pub(crate) fn admits_by_content(&self) -> bool {
        self.keys > 0 || self.authorities > 0
    }

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
        for (index, (pin, entry)) in pinned.into_iter().enumerate() {
            let count = match pin {
                Pin::Fingerprint(fingerprint) => {
                    list.pins.push((fingerprint.digest(), index));
                    &mut list.counts.fingerprints
                }
                Pin::Certificate(leaf) => {
                    list.pins.push((leaf.fingerprint().digest(), index));
                    list.tbs.push((leaf.tbs().digest(), index));
                    &mut list.counts.certificates
                }
                Pin::Key(key) => {
                    list.keys.push((key.digest(), index));
                    &mut list.counts.keys
                }
                Pin::Issued(issued) => {
                    list.issued.push((issued.digest(), index));
                    &mut list.counts.issued
                }
                Pin::Authority(authority) => {
                    let same = list.authorities.iter().find(|(other, _)| *other == *authority);
                    if let Some((_, first)) = same {
                        return Err(Duplicate { first: *first, second: index });
                    }
                    list.authorities.push((*authority, index));
                    &mut list.counts.authorities
                }
            };
            *count = count.saturating_add(1);
            list.entries.push(entry);
        }
        for table in [&mut list.pins, &mut list.keys, &mut list.issued] {
            sort(table)?;
        }
        // Two encodings of one certificate are two pins, and denied alike.
        list.tbs = in_order(std::mem::take(&mut list.tbs));
        Ok(list)
    }

    /// A list that a feed fills.
    pub(crate) fn fed(list: DynamicList) -> Self {
        let name = list.name().into();
        Self { name, dynamic: Some(Arc::new(list)), ..Self::default() }
    }

    /// What a feed fills, if this is such a list.
    pub(crate) fn dynamic(&self) -> Option<&Arc<DynamicList>> {
        self.dynamic.as_ref()
    }

    /// How many entries of each kind there are.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Gives the list its name, and the positions of the entries that were skipped.
    pub(crate) fn named(self, name: &str, skipped: Vec<usize>, skips_invalid: bool) -> Self {
        Self { name: name.into(), skipped, skips_invalid, ..self }
    }

    /// Whether it goes without entries that cannot be used.
    pub(crate) fn skips_invalid(&self) -> bool {
        self.skips_invalid
    }

    /// The name that rules and metrics go by.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The positions, as written, of entries that were skipped as invalid.
    pub(crate) fn skipped(&self) -> &[usize] {
        &self.skipped
    }

    /// An entry by its place.
    pub(crate) fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place)
    }

    /// The entries, by their places.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The position, as written, of the entry at a place: skipped entries have none.
    pub(crate) fn written_position(&self, place: usize) -> usize {
        let mut position = place;
        for skipped in &self.skipped {
            if *skipped <= position {
                position = position.saturating_add(1);
            }
        }
        position
    }

    /// The place of the entry that pins a certificate, or else its key.
    pub(crate) fn admits(&self, fingerprint: Fingerprint, leaf: Option<&Leaf>) -> Option<usize> {
        let pin = find(&self.pins, fingerprint.digest());
        pin.or_else(|| find(&self.keys, leaf?.key().digest()))
    }

    /// The authorities, each with the place of its entry.
    pub(crate) fn authorities(&self) -> &[(Authority, usize)] {
        &self.authorities
    }

    /// Whether the list refuses a certificate. A `pem` entry refuses what its issuer signed, however the
    /// signature is encoded; dates do not matter.
    pub(crate) fn refuses(&self, fingerprint: Fingerprint, leaf: Option<&Leaf>) -> bool {
        find(&self.pins, fingerprint.digest()).is_some()
            || leaf.is_some_and(|leaf| {
                find(&self.keys, leaf.key().digest()).is_some()
                    || find(&self.tbs, leaf.tbs().digest()).is_some()
                    || find(&self.issued, leaf.issued().digest()).is_some()
            })
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

/// Sorts by heap: half as fast as the slice's own sort, at a tenth of its code in the module.
fn in_order(table: Table) -> Table {
    BinaryHeap::from(table).into_sorted_vec()
}

fn sort(table: &mut Table) -> Result<(), Duplicate> {
    *table = in_order(std::mem::take(table));
    for pair in table.windows(2) {
        if let [(one, first), (other, second)] = pair
            && one == other
        {
            return Err(Duplicate { first: *first, second: *second });
        }
    }
    Ok(())
}

fn find(table: &Table, digest: Digest) -> Option<usize> {
    let position = table.binary_search_by(|(found, _)| found.cmp(&digest)).ok()?;
    table.get(position).map(|(_, index)| *index)
}
