//! What a leaf certificate says.

use std::net::IpAddr;

use aws_lc_rs::rand;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    RsaKeySize, SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime};

/// The contents of a leaf certificate, before it is signed.
///
/// Defaults: valid from an hour ago for a year, a new P-256 key, a random serial of 16 octets, no
/// alternative names.
#[derive(Clone, Debug)]
pub struct Leaf {
    name: DistinguishedName,
    alternative_names: Vec<SanType>,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    serial: Option<Vec<u8>>,
    usages: Vec<Usage>,
    key: KeyKind,
}

/// The kind of a leaf's key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeyKind {
    /// ECDSA on P-256.
    #[default]
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA of 2048 bits.
    Rsa2048,
    /// Ed25519. Envoy does not offer it in a handshake, so it cannot arrive there.
    Ed25519,
}

/// What a leaf's key may be used for (extended key usage).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usage {
    /// TLS client authentication.
    Client,
    /// TLS server authentication.
    Server,
}

impl Leaf {
    /// Describes a leaf that names no usage.
    pub fn new(common_name: &str) -> Self {
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, common_name);
        let now = OffsetDateTime::now_utc();
        Self {
            name,
            alternative_names: Vec::new(),
            not_before: now - Duration::HOUR,
            not_after: now + Duration::days(365),
            serial: None,
            usages: Vec::new(),
            key: KeyKind::default(),
        }
    }

    /// Describes a leaf for TLS clients.
    pub fn client(common_name: &str) -> Self {
        Self::new(common_name).usages(&[Usage::Client])
    }

    /// Describes a leaf for TLS servers of this host, which is its common name and its DNS name.
    pub fn server(host: &str) -> Self {
        Self::new(host).dns(host).usages(&[Usage::Server])
    }

    /// Adds an organisation to the subject.
    pub fn organization(mut self, organization: &str) -> Self {
        self.name.push(DnType::OrganizationName, organization);
        self
    }

    /// Adds an organisational unit to the subject.
    pub fn organizational_unit(mut self, unit: &str) -> Self {
        self.name.push(DnType::OrganizationalUnitName, unit);
        self
    }

    /// Adds a DNS name. Any ASCII will do, so that a name may hold a `;` or a NUL.
    pub fn dns(mut self, name: &str) -> Self {
        self.alternative_names.push(SanType::DnsName(name.try_into().expect("a DNS SAN is ASCII")));
        self
    }

    /// Adds a URI. Any ASCII will do.
    pub fn uri(mut self, uri: &str) -> Self {
        self.alternative_names.push(SanType::URI(uri.try_into().expect("a URI SAN is ASCII")));
        self
    }

    /// Adds an email address. Any ASCII will do.
    pub fn email(mut self, address: &str) -> Self {
        let address = address.try_into().expect("an email SAN is ASCII");
        self.alternative_names.push(SanType::Rfc822Name(address));
        self
    }

    /// Adds an IP address.
    pub fn ip(mut self, address: IpAddr) -> Self {
        self.alternative_names.push(SanType::IpAddress(address));
        self
    }

    /// Sets the first instant of validity; X.509 keeps whole seconds.
    pub fn not_before(mut self, instant: OffsetDateTime) -> Self {
        self.not_before = instant;
        self
    }

    /// Sets the last instant of validity; X.509 keeps whole seconds.
    pub fn not_after(mut self, instant: OffsetDateTime) -> Self {
        self.not_after = instant;
        self
    }

    /// Fixes the serial number: big-endian octets, read as a positive number.
    pub fn serial(mut self, octets: &[u8]) -> Self {
        self.serial = Some(octets.to_vec());
        self
    }

    /// Replaces the extended key usages; none leaves the extension out.
    pub fn usages(mut self, usages: &[Usage]) -> Self {
        self.usages = usages.to_vec();
        self
    }

    /// Chooses the kind of key. A renewal keeps the key it has and ignores this.
    pub fn key(mut self, key: KeyKind) -> Self {
        self.key = key;
        self
    }

    pub(super) fn generate_key(&self) -> KeyPair {
        match self.key {
            KeyKind::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            KeyKind::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            KeyKind::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            KeyKind::Ed25519 => KeyPair::generate_for(&PKCS_ED25519),
        }
        .expect("a key can be generated")
    }

    pub(super) fn into_params(self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = self.name;
        params.subject_alt_names = self.alternative_names;
        params.not_before = self.not_before;
        params.not_after = self.not_after;
        params.serial_number = Some(self.serial.map_or_else(random_serial, SerialNumber::from));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            self.usages.into_iter().map(ExtendedKeyUsagePurpose::from).collect();
        params.use_authority_key_identifier_extension = true;
        params
    }
}

impl From<Usage> for ExtendedKeyUsagePurpose {
    fn from(usage: Usage) -> Self {
        match usage {
            Usage::Client => Self::ClientAuth,
            Usage::Server => Self::ServerAuth,
        }
    }
}

/// Draws a serial. (rcgen would derive it from the key: then a renewal keeps its serial.)
pub(super) fn random_serial() -> SerialNumber {
    let mut octets = [0; 16];
    rand::fill(&mut octets).expect("the system has random numbers");
    octets[0] = octets[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&octets)
}
