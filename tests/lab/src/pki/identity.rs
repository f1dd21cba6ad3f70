//! Holders of a certificate and its key.

use std::path::{Path, PathBuf};
use std::{fs, io};

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER;
use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::KeyPair;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::Leaf;

/// A certificate, what is presented with it, and its key.
#[derive(Debug)]
pub struct Identity {
    /// The leaf.
    pub certificate: CertificateDer<'static>,
    /// What is presented after the leaf: intermediates, decoys.
    pub chain: Vec<CertificateDer<'static>>,
    /// The private key, PKCS #8.
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Creates a certificate that signs itself, with a new key.
    pub fn self_signed(leaf: Leaf) -> Self {
        let key = leaf.generate_key();
        Self::sign_itself(leaf, &key)
    }

    /// Creates a certificate that signs itself, with the key that this one has: a renewal.
    pub fn renew(&self, leaf: Leaf) -> Self {
        Self::sign_itself(leaf, &self.key_pair())
    }

    /// Creates certificates that sign themselves, for one key that all of them share. It is of the
    /// kind that the first leaf names. Creates when asked for the next.
    pub fn self_signed_many(leaves: impl IntoIterator<Item = Leaf>) -> impl Iterator<Item = Self> {
        let mut key = None;
        leaves.into_iter().map(move |leaf| {
            let key = key.get_or_insert_with(|| leaf.generate_key());
            Self::sign_itself(leaf, key)
        })
    }

    /// Returns the identity presenting its leaf alone.
    pub fn without_chain(&self) -> Self {
        Self { chain: Vec::new(), ..self.clone() }
    }

    /// Returns the identity presenting these, in this order, after what it presents already.
    pub fn presenting<'a>(
        &self,
        extra: impl IntoIterator<Item = &'a CertificateDer<'static>>,
    ) -> Self {
        let mut identity = self.clone();
        identity.chain.extend(extra.into_iter().cloned());
        identity
    }

    /// Iterates over what is presented: the leaf, then the chain.
    pub fn presented(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        std::iter::once(&self.certificate).chain(&self.chain)
    }

    /// Writes what is presented as PEM, leaf first.
    pub fn pem(&self) -> String {
        self.presented().map(|certificate| block("CERTIFICATE", certificate)).collect()
    }

    /// Writes the leaf alone as PEM.
    pub fn certificate_pem(&self) -> String {
        block("CERTIFICATE", &self.certificate)
    }

    /// Writes the private key as PEM.
    pub fn key_pem(&self) -> String {
        block("PRIVATE KEY", self.key.secret_der())
    }

    /// Returns the SHA-256 of the leaf, in lower-case hex.
    pub fn fingerprint(&self) -> String {
        HEXLOWER.encode(digest::digest(&digest::SHA256, &self.certificate).as_ref())
    }

    /// Returns the SHA-256 of the leaf in base64url, 43 characters: the `x5t#S256` by which a token
    /// names it (RFC 8705).
    pub fn thumbprint(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &self.certificate))
    }

    /// Returns the SHA-256 of the leaf's public key (SPKI), in standard base64.
    pub fn spki_sha256(&self) -> String {
        let spki = self.parsed().tbs_certificate.subject_pki.raw.to_vec();
        BASE64_STANDARD.encode(digest::digest(&digest::SHA256, &spki))
    }

    /// Returns the SHA-256 of the issuer's name in DER, in lower-case hexadecimal digits.
    pub fn issuer_sha256(&self) -> String {
        let name = self.parsed().tbs_certificate.issuer.as_raw().to_vec();
        HEXLOWER.encode(digest::digest(&digest::SHA256, &name).as_ref())
    }

    /// Returns the leaf's serial as upper-case octets, without a leading zero octet: `0A:1F`.
    pub fn serial_hex(&self) -> String {
        let octets = self.serial();
        let octets = match octets.as_slice() {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        };
        octets.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
    }

    /// Writes `<name>.pem` (what is presented) and `<name>.key` into a directory and returns both.
    pub fn write(&self, dir: &Path, name: &str) -> io::Result<(PathBuf, PathBuf)> {
        let certificate = dir.join(format!("{name}.pem"));
        let key = dir.join(format!("{name}.key"));
        fs::write(&certificate, self.pem())?;
        fs::write(&key, self.key_pem())?;
        Ok((certificate, key))
    }

    pub(super) fn new(
        certificate: CertificateDer<'static>,
        chain: Vec<CertificateDer<'static>>,
        key: &KeyPair,
    ) -> Self {
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Self { certificate, chain, key }
    }

    /// Returns the leaf's serial as its certificate has it.
    pub(super) fn serial(&self) -> Vec<u8> {
        self.parsed().tbs_certificate.raw_serial().to_vec()
    }

    pub(super) fn key_pair(&self) -> KeyPair {
        KeyPair::try_from(&self.key).expect("an identity holds a key of a known kind")
    }

    fn sign_itself(leaf: Leaf, key: &KeyPair) -> Self {
        let certificate =
            leaf.into_params().self_signed(key).expect("a certificate can sign itself");
        Self::new(certificate.into(), Vec::new(), key)
    }

    fn parsed(&self) -> X509Certificate<'_> {
        X509Certificate::from_der(&self.certificate).expect("an identity holds a certificate").1
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self {
            certificate: self.certificate.clone(),
            chain: self.chain.clone(),
            key: self.key.clone_key(),
        }
    }
}

fn block(label: &str, der: &[u8]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(label, der), config)
}
