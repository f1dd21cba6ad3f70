//! What path building needs to know of a certificate: whose it is, and who says so.

use x509_parser::extensions::{AuthorityKeyIdentifier, KeyIdentifier};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::certificate::MalformedCertificate;

/// A certificate as a link of a path (RFC 5280 section 6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) der: Box<[u8]>,
    /// The subject's name in DER.
    pub(crate) subject: Box<[u8]>,
    /// The issuer's name in DER.
    pub(crate) issuer: Box<[u8]>,
    /// Which of the subject's keys this is (section 4.2.1.2).
    key_id: Option<Box<[u8]>>,
    /// Which of the issuer's keys signed (section 4.2.1.1).
    issuer_key_id: Option<Box<[u8]>>,
}

impl Link {
    /// Reads one certificate's DER.
    ///
    /// # Errors
    /// [`MalformedCertificate`] if it is none.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, MalformedCertificate> {
        Ok(Self::of(der, &crate::certificate::parse(der)?))
    }

    /// Takes what has been parsed, with its extensions or without.
    pub(crate) fn of(der: &[u8], certificate: &X509Certificate<'_>) -> Self {
        let extension =
            |oid| certificate.extensions().iter().find(|extension| extension.oid == oid);
        let key_id = extension(OID_X509_EXT_SUBJECT_KEY_IDENTIFIER).and_then(|extension| {
            let (_, id) = KeyIdentifier::from_der(extension.value).ok()?;
            Some(id.0.into())
        });
        let issuer_key_id =
            extension(OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER).and_then(|extension| {
                let (_, id) = AuthorityKeyIdentifier::from_der(extension.value).ok()?;
                Some(id.key_identifier?.0.into())
            });
        Self {
            der: der.into(),
            subject: certificate.subject().as_raw().into(),
            issuer: certificate.issuer().as_raw().into(),
            key_id,
            issuer_key_id,
        }
    }

    /// Whether the other can have issued it: names agree, and key identifiers where both are given, as
    /// OpenSSL and BoringSSL ask.
    pub(crate) fn may_come_from(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject
            && match (&self.issuer_key_id, &issuer.key_id) {
                (Some(wanted), Some(own)) => wanted == own,
                _ => true,
            }
    }
}
