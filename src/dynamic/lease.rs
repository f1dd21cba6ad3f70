//! The lease: who fills a list. One of many VMs does, taken by compare-and-swap.

use super::codec::{Input, Output};

/// Who leads, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) owner: Owner,
    /// Grows with every leader.
    pub(crate) term: u32,
    /// When it was last renewed: nanoseconds of the monotonic clock.
    pub(crate) renewed_at: u64,
}

/// Who may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// A number that nobody else has.
    pub id: u64,
    /// The sync service, which no request waits for: it goes before a VM of the HTTP filter.
    pub is_service: bool,
}

/// What becomes of a lease that somebody looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is another's.
    Leave,
    /// Held so far, and to be renewed.
    Renew(Lease),
    /// Free: to be taken, with this as the next term.
    Take(Lease),
}

impl Lease {
    /// What `owner` may do about the lease that lies there. `floor` is a term that was led in before.
    pub(crate) fn claim(found: Option<&Self>, owner: Owner, floor: u32, now: u64) -> Claim {
        let next = |term: u32| match term.max(floor).checked_add(1) {
            Some(term) => Claim::Take(Self { owner, term, renewed_at: now }),
            None => Claim::Leave,
        };
        match found {
            None => next(0),
            // Nobody has taken it, however late it is.
            Some(lease) if lease.owner == owner => {
                Claim::Renew(Self { renewed_at: now, ..lease.clone() })
            }
            Some(lease) if lease.is_over(now) => next(lease.term),
            Some(lease) if owner.is_service && !lease.owner.is_service => next(lease.term),
            Some(_) => Claim::Leave,
        }
    }

    /// Whether its time is over. One that was renewed a little later than now, since the clock was read
    /// earlier here, is not; one that was renewed long after now is nobody's.
    pub(crate) fn is_over(&self, now: u64) -> bool {
        now.abs_diff(self.renewed_at) >= LEASE
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT, u8::from(self.owner.is_service)];
        out.number(self.owner.id);
        out.number(u64::from(self.term));
        out.number(self.renewed_at);
        out
    }

    /// `None` if it is not what [`write`](Self::write) writes.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes.strip_prefix(&[FORMAT])?);
        let is_service = match input.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let owner = Owner { id: input.number()?, is_service };
        let term = u32::try_from(input.number()?).ok()?;
        let lease = Self { owner, term, renewed_at: input.number()? };
        input.is_at_end().then_some(lease)
    }
}

/// How long a leader leads without a word, in nanoseconds. Others look once a second: a dead one is
/// replaced within twice this time.
pub(crate) const LEASE: u64 = 3_000_000_000;

const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const FILTER: Owner = Owner { id: 1, is_service: false };
    const OTHER: Owner = Owner { id: 2, is_service: false };
    const SERVICE: Owner = Owner { id: 3, is_service: true };

    fn held(owner: Owner) -> Lease {
        Lease { owner, term: 5, renewed_at: 100 }
    }

    #[test]
    fn a_lease_is_left_renewed_or_taken() {
        let taken = |owner, term, now| Claim::Take(Lease { owner, term, renewed_at: now });
        for (found, owner, now, expected) in [
            (None, FILTER, 7, taken(FILTER, 3, 7)),
            (Some(held(FILTER)), OTHER, 99 + LEASE, Claim::Leave),
            (Some(held(FILTER)), OTHER, 100 + LEASE, taken(OTHER, 6, 100 + LEASE)),
            // A clock that was read earlier.
            (Some(held(FILTER)), OTHER, 50, Claim::Leave),
            // A time that nobody has read.
            (Some(Lease { renewed_at: u64::MAX, ..held(FILTER) }), OTHER, 50, taken(OTHER, 6, 50)),
            (Some(held(FILTER)), SERVICE, 101, taken(SERVICE, 6, 101)),
            (Some(held(SERVICE)), FILTER, 101, Claim::Leave),
            (Some(held(SERVICE)), FILTER, 100 + LEASE, taken(FILTER, 6, 100 + LEASE)),
        ] {
            assert_eq!(Lease::claim(found.as_ref(), owner, 2, now), expected);
        }
        let renewed = Lease { renewed_at: 900, ..held(FILTER) };
        assert_eq!(Lease::claim(Some(&held(FILTER)), FILTER, 2, 900), Claim::Renew(renewed));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let lease =
            Lease { owner: Owner { id: u64::MAX, is_service: true }, term: 9, renewed_at: 8 };
        assert_eq!(Lease::read(&lease.write()), Some(lease));
        assert_eq!(Lease::read(b"garbage"), None);
    }
}
