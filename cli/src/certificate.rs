//! What people ask of a certificate file.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use peergate::carrier::pem;
use peergate::{Leaf, Serial};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::document;
use crate::failure::Failure;

/// A certificate, and the names in it that the core has no use for.
pub(crate) struct Certificate {
    pub(crate) leaf: Leaf,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) serial: Serial,
    pub(crate) names: Vec<Name>,
}

/// A subject alternative name (RFC 5280 section 4.2.1.6).
pub(crate) struct Name {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// Reads every certificate of a PEM file, or the one of a DER file.
pub(crate) fn read_all(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let bytes = document::bytes(path)?;
    let ders = if bytes.first() == Some(&DER_SEQUENCE) {
        vec![bytes]
    } else {
        let text = String::from_utf8(bytes).map_err(|_| Failure::file(path, NEITHER))?;
        pem::certificates(&text).map_err(|error| Failure::file(path, error))?
    };
    ders.iter().map(|der| Certificate::read(der).map_err(|why| Failure::file(path, why))).collect()
}

impl Certificate {
    fn read(der: &[u8]) -> Result<Self, &'static str> {
        let leaf = Leaf::parse(der).map_err(|_| NEITHER)?;
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| NEITHER)?;
        let names = certificate.subject_alternative_name();
        let names = names.map_err(|_| "its alternative names cannot be parsed")?;
        let names = names.map_or(&[][..], |names| &names.value.general_names);
        Ok(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            serial: Serial::from_bytes(certificate.raw_serial()),
            names: names.iter().map(Name::read).collect(),
            leaf,
        })
    }

    /// When it begins to be valid, as RFC 3339.
    pub(crate) fn not_before(&self) -> String {
        rfc3339(self.leaf.validity().not_before)
    }

    /// When it ceases to be.
    pub(crate) fn not_after(&self) -> String {
        rfc3339(self.leaf.validity().not_after)
    }
}

impl Name {
    fn read(name: &GeneralName<'_>) -> Self {
        let (kind, text) = match name {
            GeneralName::DNSName(name) => ("dns", (*name).to_owned()),
            GeneralName::URI(name) => ("uri", (*name).to_owned()),
            GeneralName::RFC822Name(name) => ("email", (*name).to_owned()),
            GeneralName::IPAddress(bytes) => ("ip", address(bytes)),
            GeneralName::DirectoryName(name) => ("directory", name.to_string()),
            GeneralName::RegisteredID(id) => ("id", id.to_string()),
            other => ("other", format!("{other:?}")),
        };
        Self { kind, text }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.kind, self.text)
    }
}

/// Seconds since the Unix epoch as RFC 3339.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let text = moment.and_then(|moment| moment.format(&Rfc3339).ok());
    text.unwrap_or_else(|| format!("{seconds} seconds since 1970"))
}

fn address(bytes: &[u8]) -> String {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        Ipv4Addr::from(bytes).to_string()
    } else if let Ok(bytes) = <[u8; 16]>::try_from(bytes) {
        Ipv6Addr::from(bytes).to_string()
    } else {
        format!("{bytes:02x?}")
    }
}

const NEITHER: &str = "neither a certificate in PEM nor in DER";

/// What every DER certificate begins with, and no PEM file (it is the digit 0).
const DER_SEQUENCE: u8 = 0x30;
