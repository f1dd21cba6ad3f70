//! Entries of a dynamic list: what a feed puts there and takes away.

use std::time::Duration;

use crate::digest::{Digest, Fingerprint, KeyHash, sha256};
use crate::name::Name;
use crate::serial::Serial;

use super::space::{BUCKET_KEY, Space, bucket_of};

/// What an entry is about, and is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub(crate) kind: Kind,
    pub(crate) digest: Digest,
}

impl Key {
    /// A client certificate.
    pub fn certificate(fingerprint: Fingerprint) -> Self {
        Self { kind: Kind::Certificate, digest: fingerprint.digest() }
    }

    /// An API key, by the SHA-256 of its bytes.
    pub(crate) fn api_key(digest: Digest) -> Self {
        Self { kind: Kind::ApiKey, digest }
    }

    /// A certificate that is denied.
    pub fn deny_certificate(fingerprint: Fingerprint) -> Self {
        Self { kind: Kind::DenyCertificate, digest: fingerprint.digest() }
    }

    /// A key whose certificates are denied.
    pub fn deny_key(key: KeyHash) -> Self {
        Self { kind: Kind::DenyKey, digest: key.digest() }
    }

    /// What the owner of a certificate with this SHA-256 issued under a number.
    pub(crate) fn issued(certificate: Digest, serial: &Serial) -> Self {
        let digest = sha256(&[&certificate, serial.as_bytes()].concat());
        Self { kind: Kind::DenyIssued, digest }
    }

    /// What an issuer issued under a number; the SHA-256 is of its name in DER.
    pub(crate) fn issued_by_name(name: Digest, serial: &Serial) -> Self {
        let digest = sha256(&[&name, serial.as_bytes()].concat());
        Self { kind: Kind::DenyIssuedByName, digest }
    }

    /// What kind of entry it has.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether its entry refuses.
    pub fn denies(&self) -> bool {
        self.kind.denies()
    }

    /// The key in shared data of the bucket in which its entry lies.
    pub(crate) fn place(&self, space: &Space) -> [u8; BUCKET_KEY] {
        space.bucket(bucket_of(&self.digest))
    }
}

/// The kinds of entries. One kind's digest never stands for another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A client certificate, by its fingerprint.
    Certificate,
    /// An API key, by the SHA-256 of its bytes.
    ApiKey,
    /// A certificate that is denied, by its fingerprint.
    DenyCertificate,
    /// A key whose certificates are denied, by the SHA-256 of its SubjectPublicKeyInfo.
    DenyKey,
    /// A certificate that is denied, by the SHA-256 of its issuer's certificate and its serial number.
    DenyIssued,
    /// A certificate that is denied, by the SHA-256 of its issuer's name (DER) and its serial number.
    DenyIssuedByName,
}

impl Kind {
    /// Every kind, in the order of their numbers in storage.
    pub(crate) const ALL: [Self; 6] = [
        Self::Certificate,
        Self::ApiKey,
        Self::DenyCertificate,
        Self::DenyKey,
        Self::DenyIssued,
        Self::DenyIssuedByName,
    ];

    /// Whether its entries refuse.
    pub(crate) fn denies(self) -> bool {
        !matches!(self, Self::Certificate | Self::ApiKey)
    }
}

/// What an entry says of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Who registered it, and where it may pass: certificates and API keys.
    Session(Box<Session>),
    /// It is refused; until this time, if there is one, in seconds since the Unix epoch.
    Deny(Option<i64>),
}

/// A registered client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Who the client is; `None`: its fingerprint, or `api_key:` and the digest of its key.
    pub(crate) identity: Option<Box<str>>,
    /// The APIs that it may use.
    pub(crate) apis: Grant,
    /// Somebody has suspended it.
    pub(crate) is_inactive: bool,
    /// When it begins, in seconds since the Unix epoch.
    pub(crate) not_before: Option<i64>,
    /// When it ends, in seconds since the Unix epoch.
    pub(crate) expires: Option<i64>,
    /// What else the upstream may learn.
    pub(crate) labels: Box<[(Name, Box<str>)]>,
    /// The certificates that an API key is bound to; none: to no certificate.
    pub(crate) certificates: Box<[Fingerprint]>,
    /// How many requests it may make; `None`: as many as the API says.
    pub(crate) rate: Option<Rate>,
}

/// The APIs that a client may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Grant {
    /// `["*"]`.
    #[default]
    All,
    /// These, at least one.
    Only(Box<[Name]>),
}

/// So many requests in so much time, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At least 1.
    pub requests: u32,
    /// Whole milliseconds, a second at least and 24 hours at the most.
    pub per: Duration,
    /// How many may come at once, out of what was not used before; at least 1.
    pub burst: u32,
}

/// One change of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// In place of what the key had.
    Put(Key, Content),
    /// What the key had is gone.
    Delete(Key),
}

impl Change {
    /// What it changes.
    pub fn key(&self) -> Key {
        match self {
            Self::Put(key, _) | Self::Delete(key) => *key,
        }
    }
}
