//! The kinds of signatures that are accepted (RFC 5280 section 4.1.1.2): ECDSA on P-256, P-384 and P-521,
//! RSA of 2048 to 8192 bits by PKCS#1 v1.5 and by PSS, each with SHA-256, SHA-384 and SHA-512, and Ed25519.

use rustls_pki_types::{AlgorithmIdentifier, alg_id};
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_parser::der_parser::asn1_rs::ToDer;
use x509_parser::der_parser::asn1_rs::{BitString, Sequence};

/// One kind of signature.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The key's AlgorithmIdentifier.
    pub(crate) key: AlgorithmIdentifier,
    /// The signature's AlgorithmIdentifier.
    pub(crate) signature: AlgorithmIdentifier,
    pub(crate) scheme: Scheme,
    pub(crate) hash: Hash,
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    P256,
    P384,
    P521,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
    Pkcs1,
    /// RSASSA-PSS with MGF1 of the same hash and a salt of its length (RFC 8017 section 8.1).
    Pss,
    /// RFC 8032; the hash is its own.
    Ed25519,
}

/// What the message is hashed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The name that hosts know it by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    pub(crate) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}

impl Kind {
    /// Whether Envoy's `verify_signature` takes it: it knows neither PSS nor Ed25519.
    pub(crate) fn is_known_to_hosts(&self) -> bool {
        !matches!(self.scheme, Scheme::Pss | Scheme::Ed25519)
    }

    /// SubjectPublicKeyInfo in DER of a key of this kind, given the content of its BIT STRING.
    pub(crate) fn key_info(&self, key: &[u8]) -> Vec<u8> {
        let algorithm = Sequence::new(self.key.as_ref().into()).to_der_vec();
        let key = BitString::new(0, key).to_der_vec();
        let content = [algorithm.unwrap_or_default(), key.unwrap_or_default()].concat();
        Sequence::new(content.into()).to_der_vec().unwrap_or_default()
    }

    /// What one verification costs where it is done in the guest, in tenths of a millisecond, roughly.
    pub(crate) fn guest_cost(&self, key: &[u8]) -> u32 {
        match self.scheme {
            Scheme::Ed25519 => 1,
            Scheme::P256 => 9,
            Scheme::P384 => 66,
            Scheme::P521 => 52,
            // The modulus is most of the key; the cost grows with its square.
            Scheme::Pkcs1 | Scheme::Pss => {
                let blocks = u32::try_from(key.len() / 256).unwrap_or(u32::MAX);
                blocks.saturating_mul(blocks).saturating_mul(8)
            }
        }
    }
}

/// Every kind that is accepted, the common ones first: the list is searched from its beginning.
pub(crate) const KINDS: [Kind; 19] = [
    ecdsa(Scheme::P256, Hash::Sha256),
    rsa(Scheme::Pkcs1, alg_id::RSA_PKCS1_SHA256, Hash::Sha256),
    ecdsa(Scheme::P384, Hash::Sha384),
    ecdsa(Scheme::P384, Hash::Sha256),
    ecdsa(Scheme::P256, Hash::Sha384),
    rsa(Scheme::Pkcs1, alg_id::RSA_PKCS1_SHA384, Hash::Sha384),
    rsa(Scheme::Pkcs1, alg_id::RSA_PKCS1_SHA512, Hash::Sha512),
    rsa(Scheme::Pss, alg_id::RSA_PSS_SHA256, Hash::Sha256),
    rsa(Scheme::Pss, alg_id::RSA_PSS_SHA384, Hash::Sha384),
    rsa(Scheme::Pss, alg_id::RSA_PSS_SHA512, Hash::Sha512),
    Kind {
        key: alg_id::ED25519,
        signature: alg_id::ED25519,
        scheme: Scheme::Ed25519,
        hash: Hash::Sha512,
    },
    ecdsa(Scheme::P521, Hash::Sha512),
    ecdsa(Scheme::P256, Hash::Sha512),
    ecdsa(Scheme::P384, Hash::Sha512),
    ecdsa(Scheme::P521, Hash::Sha256),
    ecdsa(Scheme::P521, Hash::Sha384),
    // RFC 4055 section 5: the NULL may be absent.
    rsa(Scheme::Pkcs1, without_null(&SHA256_WITH_RSA), Hash::Sha256),
    rsa(Scheme::Pkcs1, without_null(&SHA384_WITH_RSA), Hash::Sha384),
    rsa(Scheme::Pkcs1, without_null(&SHA512_WITH_RSA), Hash::Sha512),
];

const fn ecdsa(scheme: Scheme, hash: Hash) -> Kind {
    let key = match scheme {
        Scheme::P384 => alg_id::ECDSA_P384,
        Scheme::P521 => alg_id::ECDSA_P521,
        _ => alg_id::ECDSA_P256,
    };
    let signature = match hash {
        Hash::Sha256 => alg_id::ECDSA_SHA256,
        Hash::Sha384 => alg_id::ECDSA_SHA384,
        Hash::Sha512 => alg_id::ECDSA_SHA512,
    };
    Kind { key, signature, scheme, hash }
}

const fn rsa(scheme: Scheme, signature: AlgorithmIdentifier, hash: Hash) -> Kind {
    Kind { key: alg_id::RSA_ENCRYPTION, signature, scheme, hash }
}

const fn without_null(identifier: &'static [u8]) -> AlgorithmIdentifier {
    AlgorithmIdentifier::from_slice(identifier)
}

/// 1.2.840.113549.1.1.11, .12 and .13 (RFC 4055 section 5).
const SHA256_WITH_RSA: [u8; 11] =
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const SHA384_WITH_RSA: [u8; 11] =
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];
const SHA512_WITH_RSA: [u8; 11] =
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];
