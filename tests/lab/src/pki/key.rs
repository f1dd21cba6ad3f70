//! Kinds of keys.

use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_ED25519,
    PKCS_RSA_SHA256, RsaKeySize,
};

/// The kind of a key, and with it the algorithm by which an authority signs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeyKind {
    /// ECDSA on P-256; signs with SHA-256.
    #[default]
    P256,
    /// ECDSA on P-384; signs with SHA-384.
    P384,
    /// ECDSA on P-521; signs with SHA-512. Envoy does not offer it in a handshake, so that a leaf
    /// with such a key cannot arrive there.
    P521,
    /// RSA of 2048 bits; signs by PKCS #1 v1.5 with SHA-256, as every RSA key here does.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits. Takes up to seconds to generate.
    Rsa4096,
    /// Ed25519. Envoy does not offer it in a handshake, so that a leaf with such a key cannot
    /// arrive there.
    Ed25519,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Ed25519,
    ];

    pub(super) fn generate(self) -> KeyPair {
        match self {
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            Self::P521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
            Self::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::Rsa3072 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
            Self::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096),
            Self::Ed25519 => KeyPair::generate_for(&PKCS_ED25519),
        }
        .expect("a key can be generated")
    }
}
