//! What is known of a client's certificate (the leaf) once it has been parsed.

use std::fmt;

use x509_parser::certificate::X509CertificateParser;
use x509_parser::nom::Parser;
use x509_parser::prelude::X509Certificate;

use crate::digest::{Digest, Fingerprint, IssuedHash, KeyHash, TbsHash, sha256};
use crate::serial::Serial;

/// A parsed leaf: all that lists match, and no more. It is a function of the certificate's bytes alone,
/// so whoever knows the fingerprint may keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    der: Box<[u8]>,
    fingerprint: Fingerprint,
    key: KeyHash,
    tbs: TbsHash,
    issued: IssuedHash,
    /// The SHA-256 of the issuer's name.
    issuer: Digest,
    serial: Serial,
    validity: Validity,
}

/// The time in which a certificate is valid, both ends included (RFC 5280 section 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Seconds since the Unix epoch.
    pub not_before: i64,
    /// Seconds since the Unix epoch.
    pub not_after: i64,
}

impl Validity {
    /// What a certificate says.
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Self {
        let validity = certificate.validity();
        Self {
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
        }
    }

    /// The time that it has in common with another.
    pub(crate) fn both(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }

    /// Whether a time, in seconds since the Unix epoch, lies in it.
    pub(crate) fn contains(self, time: i64) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// The time in which both are valid; perhaps none.
    pub(crate) fn intersect(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }
}

impl Leaf {
    /// Parses one certificate's DER.
    ///
    /// # Errors
    /// [`MalformedCertificate`] if it is none, if bytes follow it, or if it is larger than 16 KiB.
    pub fn parse(der: &[u8]) -> Result<Self, MalformedCertificate> {
        let certificate = parse(der)?;
        let tbs = &certificate.tbs_certificate;
        let serial = Serial::from_bytes(tbs.raw_serial());
        Ok(Self {
            der: der.into(),
            fingerprint: Fingerprint::of(der),
            key: KeyHash::of(tbs.subject_pki.raw),
            tbs: TbsHash::of(tbs.as_ref()),
            issued: IssuedHash::of(tbs.issuer.as_raw(), &serial),
            issuer: sha256(tbs.issuer.as_raw()),
            serial,
            validity: Validity::of(&certificate),
        })
    }

    /// The certificate's bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The digest of the certificate's bytes.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The digest of its public key.
    pub fn key(&self) -> KeyHash {
        self.key
    }

    /// The digest of what its issuer signed.
    pub fn tbs(&self) -> TbsHash {
        self.tbs
    }

    /// Which certificate of its issuer it is.
    pub(crate) fn issued(&self) -> IssuedHash {
        self.issued
    }

    /// The SHA-256 of its issuer's name in DER.
    pub fn issuer(&self) -> Digest {
        self.issuer
    }

    /// The number that its issuer gave it.
    pub fn serial(&self) -> &Serial {
        &self.serial
    }

    /// When it is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }
}

/// A certificate's subject in DER: the issuer's name in those that it issued.
///
/// # Errors
/// [`MalformedCertificate`] if the bytes are not one certificate.
pub(crate) fn subject_of(der: &[u8]) -> Result<Vec<u8>, MalformedCertificate> {
    Ok(parse(der)?.subject().as_raw().to_vec())
}

/// Parses the fixed part of a certificate. Extensions stay bytes: no list looks at them, and a stranger's
/// certificate may hold tens of thousands of names.
pub(crate) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, MalformedCertificate> {
    if der.len() > LONGEST {
        return Err(MalformedCertificate);
    }
    match X509CertificateParser::new().with_deep_parse_extensions(false).parse(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(MalformedCertificate),
    }
}

/// Bytes that are not one X.509 certificate in DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedCertificate;

impl fmt::Display for MalformedCertificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not an X.509 certificate")
    }
}

impl std::error::Error for MalformedCertificate {}

/// Bytes of the largest certificate that is looked at: ten times an ordinary one. Whoever connects chooses
/// what he presents, and each byte of it is hashed.
pub(crate) const LONGEST: usize = 16_384;
