//! ECDSA (FIPS 186-5 section 6.4.2) on the NIST curves.
//!
//! Both (r, s) and (r, n − s) verify: a certificate has two encodings of one signature. Nothing here may
//! tell them apart, since hosts do not; deny lists compare what was signed.

use p256::ecdsa::signature::hazmat::PrehashVerifier;

/// Whether a signature on P-256 holds; `None` if the key or the signature is no such thing.
pub(crate) fn p256(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    use p256::ecdsa::{Signature, VerifyingKey};
    let key = VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = Signature::from_der(signature).ok()?;
    Some(key.verify_prehash(digest, &signature).is_ok())
}

/// Whether a signature on P-384 holds; `None` if the key or the signature is no such thing.
pub(crate) fn p384(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    use p384::ecdsa::{Signature, VerifyingKey};
    let key = VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = Signature::from_der(signature).ok()?;
    Some(key.verify_prehash(digest, &signature).is_ok())
}

/// Whether a signature on P-521 holds; `None` if the key or the signature is no such thing.
pub(crate) fn p521(key: &[u8], digest: &[u8], signature: &[u8]) -> Option<bool> {
    use p521::ecdsa::{Signature, VerifyingKey};
    let key = VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = Signature::from_der(signature).ok()?;
    // The digest is a number; the crate takes none that is shorter than half of the field.
    let padded = [&[0; FIELD][..], digest].concat();
    let digest = padded.get(digest.len()..)?;
    Some(key.verify_prehash(digest, &signature).is_ok())
}

/// Bytes of an element of P-521's field.
const FIELD: usize = 66;
