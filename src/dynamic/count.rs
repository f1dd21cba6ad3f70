//! How much is on a list.

use super::entry::Kind;

/// How many entries there are that readers see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Certificates.
    pub certificates: u64,
    /// API keys.
    pub api_keys: u64,
    /// Entries that deny.
    pub denials: u64,
}

impl Count {
    /// All of them.
    pub fn entries(self) -> u64 {
        self.certificates.saturating_add(self.api_keys).saturating_add(self.denials)
    }

    pub(crate) fn note(&mut self, kind: Kind) {
        let number = match kind {
            Kind::Certificate => &mut self.certificates,
            Kind::ApiKey => &mut self.api_keys,
            _ => &mut self.denials,
        };
        *number = number.saturating_add(1);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.certificates = self.certificates.saturating_add(other.certificates);
        self.api_keys = self.api_keys.saturating_add(other.api_keys);
        self.denials = self.denials.saturating_add(other.denials);
    }

    pub(crate) fn take(&mut self, other: Self) {
        self.certificates = self.certificates.saturating_sub(other.certificates);
        self.api_keys = self.api_keys.saturating_sub(other.api_keys);
        self.denials = self.denials.saturating_sub(other.denials);
    }
}
