//! What leaves and authorities say alike.

use aws_lc_rs::rand;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    KeyUsagePurpose, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use super::{KeyUsage, Usage};

/// What a certificate says besides its key, its serial and who signs it.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    pub(super) params: CertificateParams,
}

impl Contents {
    /// Starts without a subject, valid from an hour ago for a day.
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.use_authority_key_identifier_extension = true;
        let mut contents = Self { params };
        contents.valid(-Duration::HOUR, Duration::DAY);
        contents
    }

    /// Adds an attribute to the subject.
    pub(super) fn name(&mut self, attribute: Attribute, value: &str) {
        let name = &mut self.params.distinguished_name;
        // rcgen keeps one value for each type, but takes the type by its OID for another one.
        let free = attribute.types().into_iter().find(|it| name.get(it).is_none());
        name.push(free.expect("rcgen writes an attribute twice at most"), value);
    }

    /// Sets the first and the last instant, counted from now.
    pub(super) fn valid(&mut self, from: Duration, to: Duration) {
        let now = OffsetDateTime::now_utc();
        (self.params.not_before, self.params.not_after) = (now + from, now + to);
    }

    /// Lets it end a day ago.
    pub(super) fn expire(&mut self) {
        self.valid(-Duration::days(2), -Duration::DAY);
    }

    /// Lets it begin in a day.
    pub(super) fn postpone(&mut self) {
        self.valid(Duration::DAY, Duration::days(2));
    }

    pub(super) fn usages(&mut self, usages: &[Usage]) {
        self.params.extended_key_usages =
            usages.iter().copied().map(ExtendedKeyUsagePurpose::from).collect();
    }

    pub(super) fn key_usage(&mut self, usage: &[KeyUsage]) {
        self.params.key_usages = usage.iter().copied().map(KeyUsagePurpose::from).collect();
    }

    pub(super) fn extension(&mut self, oid: &[u64], critical: bool, der: &[u8]) {
        let mut extension = CustomExtension::from_oid_content(oid, der.to_vec());
        extension.set_criticality(critical);
        self.params.custom_extensions.push(extension);
    }

    /// Returns all of it, with a random serial unless one was fixed.
    pub(super) fn into_params(mut self) -> CertificateParams {
        self.params.serial_number.get_or_insert_with(random_serial);
        self.params
    }
}

/// What a subject is made of.
#[derive(Clone, Copy)]
pub(super) enum Attribute {
    CommonName,
    Organization,
    OrganizationalUnit,
}

impl Attribute {
    fn types(self) -> [DnType; 2] {
        let (name, oid) = match self {
            Self::CommonName => (DnType::CommonName, [2, 5, 4, 3]),
            Self::Organization => (DnType::OrganizationName, [2, 5, 4, 10]),
            Self::OrganizationalUnit => (DnType::OrganizationalUnitName, [2, 5, 4, 11]),
        };
        [name, DnType::CustomDnType(oid.to_vec())]
    }
}

/// An extension that nobody knows: an OID of the documentation arc (RFC 5612) and NULL.
pub(super) const UNKNOWN: (&[u64], &[u8]) = (&[1, 3, 6, 1, 4, 1, 32473, 1], &[5, 0]);

/// Draws a serial. (rcgen would derive it from the key: then a renewal keeps its serial.)
fn random_serial() -> SerialNumber {
    let mut octets = [0; 16];
    rand::fill(&mut octets).expect("the system has random numbers");
    octets[0] = octets[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&octets)
}
