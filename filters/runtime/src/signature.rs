//! Signatures that the host verifies: Envoy's foreign function `verify_signature`, some twenty times faster
//! than code in the module. Its messages are protobuf, small enough to be written and read by hand.
//!
//! It knows RSA with PKCS#1 v1.5 and ECDSA, each with SHA-1 or SHA-2. A key that it cannot work with, and a
//! host that lacks the function, are left to the caller.

use crate::host;

/// Whether the host finds that the owner of a key signed a message.
///
/// `hash` is `sha1`, `sha224`, `sha256`, `sha384` or `sha512`; `spki` the key as a DER
/// `SubjectPublicKeyInfo`. The host takes every signature of an RSA key for one of PKCS#1 v1.5: not to be
/// asked about PSS, which it would say does not hold.
///
/// `None` if the host did not verify: then it is for the caller to do it.
pub(crate) fn verify(hash: &str, spki: &[u8], signature: &[u8], message: &[u8]) -> Option<bool> {
    let argument = question(hash, spki, signature, message)?;
    answer(&host::foreign("verify_signature", &argument).ok()?)
}

/// `message VerifySignatureArguments { string hash_function = 1; bytes public_key = 2;
/// bytes signature = 3; bytes text = 4; }`
fn question(hash: &str, spki: &[u8], signature: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let fields = [hash.as_bytes(), spki, signature, message];
    // A tag and a length are six bytes at the most.
    let size =
        fields.iter().fold(0_usize, |sum, field| sum.saturating_add(field.len()).saturating_add(6));
    let mut bytes = Vec::with_capacity(size);
    for (field, tag) in fields.into_iter().zip(TAGS) {
        bytes.push(tag);
        write_length(&mut bytes, field.len())?;
        bytes.extend_from_slice(field);
    }
    Some(bytes)
}

/// `message VerifySignatureResult { bool result = 1; string error = 2; }`, either of which is left out when
/// false or empty.
///
/// The error tells a signature that does not hold from a key or hash that Envoy cannot work with. Anything
/// that Envoy would not write is no answer: a field twice, a truth with an error, numbers written longer
/// than need be. Fields that it may add some day are passed over.
fn answer(mut bytes: &[u8]) -> Option<bool> {
    let (mut result, mut error) = (None, None);
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        match (tag >> 3, tag & 0b111) {
            (0, _) => return None,
            (1, VARINT) => once(&mut result, flag(varint(&mut bytes)?)?)?,
            (2, DELIMITED) => once(&mut error, delimited(&mut bytes)?)?,
            (1 | 2, _) => return None,
            (_, kind) => skip(&mut bytes, kind)?,
        }
    }
    match (result.unwrap_or_default(), error.unwrap_or_default()) {
        (true, b"") => Some(true),
        (false, error) if error.starts_with(DOES_NOT_HOLD) => Some(false),
        _ => None,
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

fn flag(number: u64) -> Option<bool> {
    match number {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// Passes over a field of this wire type. Groups are none of proto3.
fn skip(bytes: &mut &[u8], kind: u64) -> Option<()> {
    match kind {
        VARINT => varint(bytes).map(drop),
        FIXED64 => take(bytes, 8).map(drop),
        DELIMITED => delimited(bytes).map(drop),
        FIXED32 => take(bytes, 4).map(drop),
        _ => None,
    }
}

fn delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    take(bytes, length)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..10_u32 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let shift = place.checked_mul(7)?;
        let digit = u64::from(byte & 0x7f);
        let moved = digit.checked_shl(shift)?;
        // What does not come back has lost bits at the top.
        if moved.checked_shr(shift)? != digit {
            return None;
        }
        number |= moved;
        if byte & 0x80 == 0 {
            let is_overlong = *byte == 0 && place > 0;
            return (!is_overlong).then_some(number);
        }
    }
    None
}

/// `None` if it is more than a message can hold.
fn write_length(bytes: &mut Vec<u8>, length: usize) -> Option<()> {
    let mut rest = u32::try_from(length).ok()?;
    while rest > 0x7f {
        bytes.push(u8::try_from(rest & 0x7f).ok()? | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).ok()?);
    Some(())
}

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const DELIMITED: u64 = 2;
const FIXED32: u64 = 5;
/// Fields 1 to 4, each with a length.
const TAGS: [u8; 4] = [0x0a, 0x12, 0x1a, 0x22];
/// How Envoy's error begins if it did verify: `Failed to verify digest. Error code: 0`. Others begin
/// `Failed to initialize digest verify` or end `is not supported.`
const DOES_NOT_HOLD: &[u8] = b"Failed to verify digest";

#[cfg(test)]
mod tests;
