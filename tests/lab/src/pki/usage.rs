//! What a certificate says its key is for.

use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

/// What a certificate's key may be used for (extended key usage).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usage {
    /// TLS client authentication.
    Client,
    /// TLS server authentication.
    Server,
    /// Anything (`anyExtendedKeyUsage`).
    Any,
}

/// What a certificate's key may do (key usage).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUsage {
    /// Sign handshakes, as every client does in TLS 1.3.
    DigitalSignature,
    /// Decrypt keys.
    KeyEncipherment,
    /// Sign certificates.
    CertSign,
    /// Sign revocation lists.
    CrlSign,
}

impl From<Usage> for ExtendedKeyUsagePurpose {
    fn from(usage: Usage) -> Self {
        match usage {
            Usage::Client => Self::ClientAuth,
            Usage::Server => Self::ServerAuth,
            Usage::Any => Self::Any,
        }
    }
}

impl From<KeyUsage> for KeyUsagePurpose {
    fn from(usage: KeyUsage) -> Self {
        match usage {
            KeyUsage::DigitalSignature => Self::DigitalSignature,
            KeyUsage::KeyEncipherment => Self::KeyEncipherment,
            KeyUsage::CertSign => Self::KeyCertSign,
            KeyUsage::CrlSign => Self::CrlSign,
        }
    }
}
