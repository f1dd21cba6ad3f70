//! Ed25519 (RFC 8032, in certificates RFC 8410).

use ed25519_dalek::{Signature, VerifyingKey};

/// Whether a signature holds; `None` if the key or the signature is no such thing. Strict: no key of small
/// order, which would verify messages that its holder never saw.
pub(crate) fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    let signature = Signature::from_slice(signature).ok()?;
    Some(key.verify_strict(message, &signature).is_ok())
}
