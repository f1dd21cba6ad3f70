//! Certificate revocation lists.

use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint, Issuer,
    KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
};
use time::{Duration, OffsetDateTime};

use super::Identity;

/// The contents of a revocation list, before it is signed.
///
/// Defaults: issued an hour ago, the next one due in a week. The identities that it revokes are a
/// list too.
#[derive(Clone, Debug)]
pub struct Crl {
    serials: Vec<SerialNumber>,
    this_update: OffsetDateTime,
    next_update: OffsetDateTime,
    distribution_point: Option<String>,
}

impl Crl {
    /// Describes a list that revokes these, whoever issued them: it names serials alone.
    pub fn new(revoked: &[&Identity]) -> Self {
        let now = OffsetDateTime::now_utc();
        Self {
            serials: revoked.iter().map(|it| SerialNumber::from(it.serial())).collect(),
            this_update: now - Duration::HOUR,
            next_update: now + Duration::WEEK,
            distribution_point: None,
        }
    }

    /// Revokes a serial number: big-endian octets, read as a positive number.
    pub fn serial(mut self, octets: &[u8]) -> Self {
        self.serials.push(SerialNumber::from_slice(octets));
        self
    }

    /// Sets when it was issued; X.509 keeps whole seconds.
    pub fn this_update(mut self, instant: OffsetDateTime) -> Self {
        self.this_update = instant;
        self
    }

    /// Sets when the next one is due, which must be later; X.509 keeps whole seconds.
    pub fn next_update(mut self, instant: OffsetDateTime) -> Self {
        self.next_update = instant;
        self
    }

    /// Makes it one whose successor was due a day ago.
    pub fn expired(self) -> Self {
        let now = OffsetDateTime::now_utc();
        self.this_update(now - Duration::days(2)).next_update(now - Duration::DAY)
    }

    /// Makes it one that is issued in a day.
    pub fn not_yet_valid(self) -> Self {
        let now = OffsetDateTime::now_utc();
        self.this_update(now + Duration::DAY).next_update(now + Duration::days(2))
    }

    /// Limits it to certificates that name this URI (issuing distribution point, critical): to a
    /// reader who does not know the extension it says nothing.
    pub fn distribution_point(mut self, uri: &str) -> Self {
        self.distribution_point = Some(uri.to_owned());
        self
    }

    pub(super) fn sign(self, issuer: &Issuer<'_, KeyPair>, key_identifier: Vec<u8>) -> String {
        let revoked = |serial_number| RevokedCertParams {
            serial_number,
            revocation_time: self.this_update,
            reason_code: None,
            invalidity_date: None,
        };
        let scope = |uri| CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint { uris: vec![uri] },
            scope: None,
        };
        let list = CertificateRevocationListParams {
            this_update: self.this_update,
            next_update: self.next_update,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: self.distribution_point.map(scope),
            revoked_certs: self.serials.into_iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::PreSpecified(key_identifier),
        };
        let list = list.signed_by(issuer).expect("an authority can sign a list");
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        pem::encode_config(&Pem::new("X509 CRL", list.der().as_ref()), config)
    }
}

impl From<&[&Identity]> for Crl {
    fn from(revoked: &[&Identity]) -> Self {
        Self::new(revoked)
    }
}

impl<const N: usize> From<&[&Identity; N]> for Crl {
    fn from(revoked: &[&Identity; N]) -> Self {
        Self::new(revoked)
    }
}
