//! What is known of a client's certificate (the leaf) once it has been parsed.

use std::fmt;

use x509_parser::prelude::{FromDer, X509Certificate};

use crate::digest::{Fingerprint, IssuedHash, KeyHash, TbsHash};
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

impl Leaf {
    /// Parses one certificate's DER.
    ///
    /// # Errors
    /// [`MalformedCertificate`] if it is none, or if bytes follow it.
    pub fn parse(der: &[u8]) -> Result<Self, MalformedCertificate> {
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| MalformedCertificate)?;
        if !rest.is_empty() {
            return Err(MalformedCertificate);
        }
        let tbs = &certificate.tbs_certificate;
        Ok(Self {
            der: der.into(),
            fingerprint: Fingerprint::of(der),
            key: KeyHash::of(tbs.subject_pki.raw),
            tbs: TbsHash::of(tbs.as_ref()),
            issued: IssuedHash::of(tbs.issuer.as_raw(), &Serial::from_bytes(tbs.raw_serial())),
            validity: Validity {
                not_before: tbs.validity.not_before.timestamp(),
                not_after: tbs.validity.not_after.timestamp(),
            },
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
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate.subject().as_raw().to_vec()),
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
