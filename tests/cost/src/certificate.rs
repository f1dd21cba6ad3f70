//! Certificates of the decision cases' clients and authorities.

use serde_json::Value;

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// In PEM.
    pub pem: String,
    /// The SHA-256 of its DER.
    pub fingerprint: peergate::Fingerprint,
}

impl Certificate {
    /// A pinned client's.
    pub fn partner() -> Self {
        Self::read(CERTIFICATES, "partner")
    }

    /// A client's whom no list has.
    pub fn stranger() -> Self {
        Self::read(CERTIFICATES, "employee")
    }

    /// One that [`intermediate`](Self::intermediate) has issued.
    pub fn client() -> Self {
        Self::read(AUTHORITIES, "client")
    }

    /// An authority's that [`root`](Self::root) has issued.
    pub fn intermediate() -> Self {
        Self::read(AUTHORITIES, "intermediate")
    }

    /// An authority's.
    pub fn root() -> Self {
        Self::read(AUTHORITIES, "root")
    }

    fn read(file: &str, name: &str) -> Self {
        let all: Value = serde_json::from_str(file).expect("a file of certificates");
        let pem = all[name].as_str().expect("a certificate of this name").to_owned();
        let der = peergate::carrier::pem::one_certificate(&pem).expect("a certificate");
        Self { pem, fingerprint: peergate::Fingerprint::of(&der) }
    }
}

const CERTIFICATES: &str = include_str!("../../cases/certificates/certificates.json");
const AUTHORITIES: &str = include_str!("../../cases/certificates/authorities.json");
