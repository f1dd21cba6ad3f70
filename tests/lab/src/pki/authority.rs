//! Authorities that issue certificates.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use time::{Duration, OffsetDateTime};
use tokio_rustls::rustls::pki_types::CertificateDer;

use super::leaf::random_serial;
use super::{Identity, Leaf};

/// A certificate authority with a P-256 key, valid from yesterday for ten years.
pub struct Authority {
    identity: Identity,
    issuer: Issuer<'static, KeyPair>,
    /// What an identity issued here presents after its own certificate.
    chain: Vec<CertificateDer<'static>>,
}

impl Authority {
    /// Creates a root.
    pub fn new(common_name: &str) -> Self {
        let (key, params) =
            (KeyPair::generate().expect("a key can be generated"), params(common_name));
        let certificate = params.self_signed(&key).expect("an authority can sign itself");
        let identity = Identity::new(certificate.into(), Vec::new(), &key);
        Self { identity, issuer: Issuer::new(params, key), chain: Vec::new() }
    }

    /// Creates an authority under this one. What it issues presents the certificates between.
    pub fn subordinate(&self, common_name: &str) -> Self {
        let (key, params) =
            (KeyPair::generate().expect("a key can be generated"), params(common_name));
        let certificate = params.signed_by(&key, &self.issuer).expect("an authority can sign");
        let identity = Identity::new(certificate.into(), self.chain.clone(), &key);
        let chain = identity.presented().cloned().collect();
        Self { identity, issuer: Issuer::new(params, key), chain }
    }

    /// Issues a certificate for a new key.
    pub fn issue(&self, leaf: Leaf) -> Identity {
        let key = leaf.generate_key();
        self.sign(leaf, &key)
    }

    /// Issues a certificate for the key that `identity` has: a renewal.
    pub fn renew(&self, identity: &Identity, leaf: Leaf) -> Identity {
        self.sign(leaf, &identity.key_pair())
    }

    /// Returns the authority's own certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.identity.certificate
    }

    /// Returns the authority as one who holds a certificate and its key.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    fn sign(&self, leaf: Leaf, key: &KeyPair) -> Identity {
        let certificate =
            leaf.into_params().signed_by(key, &self.issuer).expect("an authority can sign");
        Identity::new(certificate.into(), self.chain.clone(), key)
    }
}

fn params(common_name: &str) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = now - Duration::DAY;
    params.not_after = now + Duration::days(3650);
    params.serial_number = Some(random_serial());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}
