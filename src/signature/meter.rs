//! What the signatures of one request may cost.

use std::sync::atomic::{AtomicU32, Ordering};

use super::HostVerifier;

/// Counts the signatures that one request has verified. Whoever connects chooses how many certificates he
/// presents, and under whose names; nobody chooses what he may make the proxy compute.
#[derive(Debug)]
pub(crate) struct Meter {
    host: Option<HostVerifier>,
    // Atomic because path validation asks for `Sync`; there is one thread.
    spent: AtomicU32,
    guest_failures: AtomicU32,
    /// What the failures have cost, in the units of [`Kind::guest_cost`](super::Kind::guest_cost).
    guest_cost: AtomicU32,
}

impl Meter {
    /// A meter of one request.
    pub(crate) fn new(host: Option<HostVerifier>) -> Self {
        Self {
            host,
            spent: AtomicU32::new(0),
            guest_failures: AtomicU32::new(0),
            guest_cost: AtomicU32::new(0),
        }
    }

    /// The host's own verification, if it has one.
    pub(crate) fn host(&self) -> Option<HostVerifier> {
        self.host
    }

    /// Counts one more signature; false if there were enough.
    pub(crate) fn spend(&self) -> bool {
        let spent = self.spent.load(Ordering::Relaxed);
        if spent >= SIGNATURES {
            return false;
        }
        self.spent.store(spent.saturating_add(1), Ordering::Relaxed);
        true
    }

    /// Whether another signature may be verified in the guest. An honest path has no failures, but for an
    /// authority that changed its key and kept its name: then it has one, whatever that costs.
    pub(crate) fn affords_guest(&self) -> bool {
        self.guest_failures.load(Ordering::Relaxed) < FREE_FAILURES
            || self.guest_cost.load(Ordering::Relaxed) < GUEST_COST
    }

    /// Counts a signature that was verified in the guest and does not hold.
    pub(crate) fn note_guest_failure(&self, cost: u32) {
        let add = |counter: &AtomicU32, more| {
            counter.store(counter.load(Ordering::Relaxed).saturating_add(more), Ordering::Relaxed);
        };
        add(&self.guest_failures, 1);
        add(&self.guest_cost, cost);
    }

    /// How many signatures were verified.
    #[cfg(test)]
    pub(crate) fn spent(&self) -> u32 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Whether no more signatures are verified for this request.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.spent.load(Ordering::Relaxed) >= SIGNATURES || !self.affords_guest()
    }
}

/// Signatures of one request: six certificates deep, a revocation list for each.
const SIGNATURES: u32 = 12;

/// Failures in the guest that any request may have.
const FREE_FAILURES: u32 = 2;

/// What more failures in the guest may cost together: some 4 ms.
const GUEST_COST: u32 = 40;
