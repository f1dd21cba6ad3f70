//! The SHA-256 digests that certificates are matched by, each its own type so that one cannot stand
//! for another.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::Sha256;

use crate::digits;
use crate::serial::Serial;

/// The SHA-256 of a certificate's DER: what Envoy's `connection.sha256_peer_certificate_digest` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Digest);

/// The SHA-256 of a certificate's SubjectPublicKeyInfo (DER), as in RFC 7469 section 2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(Digest);

/// The SHA-256 of a TBSCertificate (DER): what the issuer signed. It stays the same when somebody
/// re-encodes the signature, which changes the [`Fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TbsHash(Digest);

/// The SHA-256 of an issuer's name (DER) and a serial number: which certificate of that issuer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IssuedHash(Digest);

/// The SHA-256 of all that the refusal of a certificate by a list depends on, but for the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RefusalHash(Digest);

/// A SHA-256, whatever it is of.
pub(crate) type Digest = [u8; DIGEST_LENGTH];

impl Fingerprint {
    /// Digests a certificate's DER.
    pub fn of(der: &[u8]) -> Self {
        Self(sha256(der))
    }

    /// Reads 64 hex digits of either case, as a host property holds them.
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        digits::read(digits).map(Self)
    }

    /// The digest in hex, lower case.
    pub(crate) fn hex(self) -> [u8; DIGEST_LENGTH * 2] {
        digits::write(&self.0)
    }

    /// Takes a digest that was stored.
    pub(crate) fn from_digest(digest: Digest) -> Self {
        Self(digest)
    }

    /// The same as a token's `x5t#S256` says whose certificate it is bound to (RFC 8705 section 3.1): 43
    /// characters of base64url.
    ///
    /// # Example
    /// ```
    /// let fingerprint = peergate::Fingerprint::of(b"abc");
    /// assert_eq!(fingerprint.thumbprint(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    /// ```
    pub fn thumbprint(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = MalformedDigest;

    /// Reads 64 hex digits; upper case is accepted, and so are colons between the bytes.
    fn from_str(text: &str) -> Result<Self, MalformedDigest> {
        let digits = if text.contains(':') {
            let pairs: Vec<&str> = text.split(':').collect();
            if pairs.iter().any(|pair| pair.len() != 2) {
                return Err(MalformedDigest::Hex);
            }
            pairs.concat()
        } else {
            text.to_owned()
        };
        Self::from_hex(digits.as_bytes()).ok_or(MalformedDigest::Hex)
    }
}

impl KeyHash {
    /// Digests a SubjectPublicKeyInfo's DER.
    pub fn of(spki: &[u8]) -> Self {
        Self(sha256(spki))
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(self.0))
    }
}

impl FromStr for KeyHash {
    type Err = MalformedDigest;

    /// Reads padded standard base64 of 32 bytes, as Envoy's `verify_certificate_spki` is written.
    fn from_str(text: &str) -> Result<Self, MalformedDigest> {
        let bytes = STANDARD.decode(text).map_err(|_| MalformedDigest::Base64)?;
        bytes.try_into().map(Self).map_err(|_| MalformedDigest::Base64)
    }
}

impl TbsHash {
    /// Digests a TBSCertificate's DER.
    pub fn of(tbs: &[u8]) -> Self {
        Self(sha256(tbs))
    }
}

impl fmt::Display for TbsHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl IssuedHash {
    /// Digests an issuer's name and a number. The name is a DER value, which says where it ends.
    pub(crate) fn of(issuer: &[u8], serial: &Serial) -> Self {
        Self(sha256(&[issuer, serial.as_bytes()].concat()))
    }
}

impl RefusalHash {
    /// Digests a certificate's fingerprint, the place of a list and the presented chain as it came: its
    /// length and its beginning, since whoever presents two that differ further on is refused at most what
    /// he was refused a moment ago.
    pub(crate) fn of(fingerprint: Fingerprint, list: usize, chain: &[u8]) -> Self {
        let beginning = chain.get(..BEGINNING).unwrap_or(chain);
        let numbers = [list.to_be_bytes(), chain.len().to_be_bytes()].concat();
        Self(sha256(&[&fingerprint.0, &numbers[..], beginning].concat()))
    }
}

macro_rules! digest {
    ($($hash:ty)*) => {$(
        impl $hash {
            /// The digest's bytes.
            pub(crate) fn digest(self) -> Digest {
                self.0
            }
        }
    )*};
}

digest!(Fingerprint KeyHash TbsHash IssuedHash RefusalHash);

/// Why a text is not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedDigest {
    /// Not 64 hex digits.
    Hex,
    /// Not 32 bytes in padded standard base64.
    Base64,
}

impl fmt::Display for MalformedDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Hex => "expected a SHA-256 as 64 hex digits",
            Self::Base64 => "expected a SHA-256 in base64 (44 characters, padded)",
        })
    }
}

impl std::error::Error for MalformedDigest {}

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    Sha256::digest(bytes).into()
}

/// Bytes of a SHA-256.
pub(crate) const DIGEST_LENGTH: usize = digits::BYTES;

/// Bytes of a chain that tell it from another: some four certificates.
const BEGINNING: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn fingerprints_are_read_in_every_common_spelling() {
        let plain = "ab".repeat(32);
        let expected = Fingerprint([0xab; 32]);
        let colons = vec!["AB"; 32].join(":");
        assert_eq!(plain.parse(), Ok(expected));
        assert_eq!(plain.to_uppercase().parse(), Ok(expected));
        assert_eq!(colons.parse(), Ok(expected));
        assert_eq!(expected.to_string(), plain);
    }

    /// RFC 8705, appendix A.
    #[test]
    fn thumbprints_are_base64url_without_padding() {
        let hex = b"0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd";
        let fingerprint = Fingerprint::from_hex(hex).unwrap();
        assert_eq!(fingerprint.thumbprint(), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0");
    }

    #[test]
    fn other_spellings_are_refused() {
        let odd_colons = format!("a:b{}", "ab".repeat(31));
        for text in ["", "ab", &"ab".repeat(33), &"xy".repeat(32), &odd_colons] {
            assert_eq!(text.parse::<Fingerprint>(), Err(MalformedDigest::Hex), "{text}");
        }
    }

    #[test]
    fn key_hashes_are_padded_standard_base64() {
        let text = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
        assert_eq!(text.parse(), Ok(KeyHash([0xab; 32])));
        assert_eq!(KeyHash([0xab; 32]).to_string(), text);
        for text in ["", text.trim_end_matches('='), "q6urqw=="] {
            assert_eq!(text.parse::<KeyHash>(), Err(MalformedDigest::Base64), "{text}");
        }
    }
}
