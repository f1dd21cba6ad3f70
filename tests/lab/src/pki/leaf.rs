//! What a leaf certificate says.

use std::net::IpAddr;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, SanType, SerialNumber};
use time::{Duration, OffsetDateTime};

use super::contents::{Attribute, Contents, UNKNOWN};
use super::{KeyKind, KeyUsage, Usage};

/// The contents of a leaf certificate, before it is signed.
///
/// Defaults: valid from an hour ago for a year, a new P-256 key for digital signatures, a random
/// serial of 16 octets, no alternative names.
#[derive(Clone, Debug)]
pub struct Leaf {
    contents: Contents,
    key: KeyKind,
}

impl Leaf {
    /// Describes a leaf that names no usage.
    pub fn new(common_name: &str) -> Self {
        Self::nameless().common_name(common_name)
    }

    /// Describes a leaf whose subject is empty and that names no usage.
    pub fn nameless() -> Self {
        let mut contents = Contents::new();
        contents.valid(-Duration::HOUR, Duration::days(365));
        contents.key_usage(&[KeyUsage::DigitalSignature]);
        Self { contents, key: KeyKind::default() }
    }

    /// Describes a leaf for TLS clients.
    pub fn client(common_name: &str) -> Self {
        Self::new(common_name).usages(&[Usage::Client])
    }

    /// Describes a leaf for TLS servers of this host, which is its common name and its DNS name.
    pub fn server(host: &str) -> Self {
        Self::new(host).dns(host).usages(&[Usage::Server])
    }

    /// Adds a common name to the subject. Two of them fit, as of each attribute.
    pub fn common_name(mut self, name: &str) -> Self {
        self.contents.name(Attribute::CommonName, name);
        self
    }

    /// Adds an organisation to the subject.
    pub fn organization(mut self, organization: &str) -> Self {
        self.contents.name(Attribute::Organization, organization);
        self
    }

    /// Adds an organisational unit to the subject.
    pub fn organizational_unit(mut self, unit: &str) -> Self {
        self.contents.name(Attribute::OrganizationalUnit, unit);
        self
    }

    /// Adds a DNS name. Any ASCII will do, so that a name may hold a `*`, a `;` or a NUL.
    pub fn dns(self, name: &str) -> Self {
        self.alternative(SanType::DnsName(name.try_into().expect("a DNS SAN is ASCII")))
    }

    /// Adds a URI, such as a SPIFFE ID. Any ASCII will do.
    pub fn uri(self, uri: &str) -> Self {
        self.alternative(SanType::URI(uri.try_into().expect("a URI SAN is ASCII")))
    }

    /// Adds an email address. Any ASCII will do.
    pub fn email(self, address: &str) -> Self {
        self.alternative(SanType::Rfc822Name(address.try_into().expect("an email SAN is ASCII")))
    }

    /// Adds an IP address.
    pub fn ip(self, address: IpAddr) -> Self {
        self.alternative(SanType::IpAddress(address))
    }

    /// Sets the first instant of validity; X.509 keeps whole seconds.
    pub fn not_before(mut self, instant: OffsetDateTime) -> Self {
        self.contents.params.not_before = instant;
        self
    }

    /// Sets the last instant of validity; X.509 keeps whole seconds.
    pub fn not_after(mut self, instant: OffsetDateTime) -> Self {
        self.contents.params.not_after = instant;
        self
    }

    /// Makes it one that ended a day ago.
    pub fn expired(mut self) -> Self {
        self.contents.expire();
        self
    }

    /// Makes it one that begins in a day.
    pub fn not_yet_valid(mut self) -> Self {
        self.contents.postpone();
        self
    }

    /// Fixes the serial number: big-endian octets, read as a positive number.
    pub fn serial(mut self, octets: &[u8]) -> Self {
        self.contents.params.serial_number = Some(SerialNumber::from_slice(octets));
        self
    }

    /// Replaces the extended key usages; none leaves the extension out.
    pub fn usages(mut self, usages: &[Usage]) -> Self {
        self.contents.usages(usages);
        self
    }

    /// Replaces the key usage; none leaves the extension out.
    pub fn key_usage(mut self, usage: &[KeyUsage]) -> Self {
        self.contents.key_usage(usage);
        self
    }

    /// Sets the CA bit, as if the leaf were an authority.
    pub fn ca_bit(mut self) -> Self {
        self.contents.params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self
    }

    /// Adds an extension: its OID, whether it is critical, its value in DER. Nothing is checked, so
    /// that an extension may be there twice, or hold what it must not.
    pub fn extension(mut self, oid: &[u64], critical: bool, der: &[u8]) -> Self {
        self.contents.extension(oid, critical, der);
        self
    }

    /// Adds a critical extension that nobody knows.
    pub fn unknown_critical_extension(self) -> Self {
        self.extension(UNKNOWN.0, true, UNKNOWN.1)
    }

    /// Chooses the kind of key. A renewal keeps the key it has and ignores this.
    pub fn key(mut self, key: KeyKind) -> Self {
        self.key = key;
        self
    }

    pub(super) fn generate_key(&self) -> KeyPair {
        self.key.generate()
    }

    pub(super) fn into_params(self) -> CertificateParams {
        self.contents.into_params()
    }

    fn alternative(mut self, name: SanType) -> Self {
        self.contents.params.subject_alt_names.push(name);
        self
    }
}
