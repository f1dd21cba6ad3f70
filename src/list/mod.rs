//! Lists: who is on them, and whom they refuse.

mod identities;

use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::authority::Authority;
use crate::certificate::{Leaf, Validity};
use crate::digest::{Digest, Fingerprint, IssuedHash, KeyHash};
use crate::dynamic::{DynamicList, Rate};
use crate::name::Name;

use identities::Identities;

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
    identities: Identities,
    /// What entries say beside who their clients are, in order of their places. Most say nothing.
    entries: Vec<(usize, Entry)>,
    /// Such an entry.
    silent: Entry,
    /// How many entries there are.
    places: usize,
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
    /// Who the client is; `None`: the fingerprint of its certificate. In a [`List`] it stands apart:
    /// [`List::identity`].
    pub(crate) identity: Option<Box<str>>,
    /// What else the upstream may learn.
    pub(crate) labels: Box<[(Name, Box<str>)]>,
    /// Dates that are known without the certificate.
    pub(crate) validity: Option<Validity>,
    /// How many requests it may make.
    pub(crate) rate: Option<Rate>,
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
    /// An empty list, with room for so many entries.
    pub(crate) fn with_room(entries: usize) -> Self {
        let mut list = Self::default();
        list.pins.reserve_exact(entries);
        list
    }

    /// Adds an entry. Nobody is found by it until the list is [sorted](Self::sorted).
    ///
    /// # Errors
    /// The places of two entries of the same authority.
    pub(crate) fn push(&mut self, pin: Pin, mut entry: Entry) -> Result<(), Duplicate> {
        let place = self.places;
        let count = match pin {
            Pin::Fingerprint(fingerprint) => {
                self.pins.push((fingerprint.digest(), place));
                &mut self.counts.fingerprints
            }
            Pin::Certificate(leaf) => {
                self.pins.push((leaf.fingerprint().digest(), place));
                self.tbs.push((leaf.tbs().digest(), place));
                &mut self.counts.certificates
            }
            Pin::Key(key) => {
                self.keys.push((key.digest(), place));
                &mut self.counts.keys
            }
            Pin::Issued(issued) => {
                self.issued.push((issued.digest(), place));
                &mut self.counts.issued
            }
            Pin::Authority(authority) => {
                let same = self.authorities.iter().find(|(other, _)| *other == *authority);
                if let Some((_, first)) = same {
                    return Err(Duplicate { first: *first, second: place });
                }
                self.authorities.push((*authority, place));
                &mut self.counts.authorities
            }
        };
        *count = count.saturating_add(1);
        self.places = place.saturating_add(1);
        if let Some(identity) = entry.identity.take() {
            self.identities.push(place, &identity);
        }
        if entry != self.silent {
            self.entries.push((place, entry));
        }
        Ok(())
    }

    /// Sorts the entries for look-ups.
    ///
    /// # Errors
    /// The places of two entries that pin the same certificate or key.
    pub(crate) fn sorted(mut self) -> Result<Self, Duplicate> {
        for table in [&mut self.pins, &mut self.keys, &mut self.issued] {
            sort(table)?;
        }
        // Two encodings of one certificate are two pins, and denied alike.
        self.tbs = in_order(std::mem::take(&mut self.tbs));
        self.identities.fit();
        self.entries.shrink_to_fit();
        Ok(self)
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

    /// Who the client of the entry at a place is, if the entry says so.
    pub(crate) fn identity(&self, place: usize) -> Option<&str> {
        self.identities.get(place)
    }

    /// What the entry at a place says beside that.
    pub(crate) fn entry(&self, place: usize) -> &Entry {
        let found = self.entries.binary_search_by_key(&place, |(own, _)| *own).ok();
        found.and_then(|found| self.entries.get(found)).map_or(&self.silent, |(_, entry)| entry)
    }

    /// The entries that say something beside who their clients are, each with its place.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().map(|(place, entry)| (*place, entry))
    }

    /// The position, as written, of the entry at a place: skipped entries have none.
    pub(crate) fn written_position(&self, place: usize) -> usize {
        written_position(place, &self.skipped)
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

/// The position, as written, of the entry at a place, given the positions that were skipped, in order.
pub(crate) fn written_position(place: usize, skipped: &[usize]) -> usize {
    // So many skipped ones stand before it: each has at most `place` others, that were not skipped, before it.
    let (mut before, mut most) = (0_usize, skipped.len());
    while before < most {
        let middle = before.midpoint(most);
        if skipped.get(middle).is_some_and(|at| at.saturating_sub(middle) <= place) {
            before = middle.saturating_add(1);
        } else {
            most = middle;
        }
    }
    place.saturating_add(before)
}

/// Two entries of a list that say the same of who they are; places from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duplicate {
    /// The entry that came first.
    pub(crate) first: usize,
    /// The one that repeats it.
    pub(crate) second: usize,
}

/// Sorts by heap: half as fast as the slice's own sort, at a tenth of its code in the module.
fn in_order(mut table: Table) -> Table {
    table.shrink_to_fit();
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

#[cfg(test)]
mod tests;
