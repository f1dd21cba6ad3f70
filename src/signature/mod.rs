//! The signatures of certificates and of revocation lists: which kinds are accepted, who verifies them,
//! and how many one request may cost.

mod ecdsa;
mod ed25519;
mod kind;
mod meter;
mod rsa;

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};

pub(crate) use kind::{Hash, KINDS, Kind, Scheme};
pub(crate) use meter::Meter;

/// A signature for the host to verify.
#[derive(Clone, Copy, Debug)]
pub struct SignatureCheck<'a> {
    /// `sha256`, `sha384` or `sha512`.
    pub hash: &'static str,
    /// The key: SubjectPublicKeyInfo in DER.
    pub key: &'a [u8],
    /// What was signed, not yet hashed.
    pub message: &'a [u8],
    /// As it stands in the certificate: ECDSA-Sig-Value in DER, or RSA's octets (PKCS#1 v1.5).
    pub signature: &'a [u8],
}

/// The host's own verification: faster than ours by an order of magnitude. `None` if it has none, or not
/// for that kind of key: then the signature is verified here.
pub type HostVerifier = fn(&SignatureCheck<'_>) -> Option<bool>;

/// Whether an RSA key (RSAPublicKey in DER) is of a size that is accepted.
pub(crate) fn is_rsa_key_accepted(key: &[u8]) -> bool {
    rsa::public_key(key).is_some()
}

/// One kind of signature, as path validation asks for it.
#[derive(Debug)]
pub(crate) struct Algorithm<'m> {
    kind: &'static Kind,
    meter: &'m Meter,
}

impl<'m> Algorithm<'m> {
    /// Every kind that is accepted.
    pub(crate) fn all(meter: &'m Meter) -> Vec<Self> {
        KINDS.iter().map(|kind| Self { kind, meter }).collect()
    }
}

impl SignatureVerificationAlgorithm for Algorithm<'_> {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let holds = self.meter.spend()
            && match self.by_host(key, message, signature) {
                Some(holds) => holds,
                None => self.in_guest(key, message, signature),
            };
        if holds { Ok(()) } else { Err(InvalidSignature) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.kind.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.kind.signature
    }
}

impl Algorithm<'_> {
    fn by_host(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
        let verify = self.meter.host()?;
        if !self.kind.is_known_to_hosts() {
            return None;
        }
        // The host takes keys of any size.
        if matches!(self.kind.scheme, Scheme::Pkcs1) && rsa::public_key(key).is_none() {
            return Some(false);
        }
        let key = self.kind.key_info(key);
        verify(&SignatureCheck { hash: self.kind.hash.name(), key: &key, message, signature })
    }

    fn in_guest(&self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        if !self.meter.affords_guest() {
            return false;
        }
        let hash = self.kind.hash;
        let holds = match self.kind.scheme {
            Scheme::P256 => ecdsa::p256(key, &hash.digest(message), signature),
            Scheme::P384 => ecdsa::p384(key, &hash.digest(message), signature),
            Scheme::P521 => ecdsa::p521(key, &hash.digest(message), signature),
            Scheme::Pkcs1 => rsa::pkcs1(key, hash, message, signature),
            Scheme::Pss => rsa::pss(key, hash, message, signature),
            Scheme::Ed25519 => ed25519::verify(key, message, signature),
        };
        let holds = holds.unwrap_or(false);
        if !holds {
            self.meter.note_guest_failure(self.kind.guest_cost(key));
        }
        holds
    }
}

#[cfg(test)]
mod tests;
