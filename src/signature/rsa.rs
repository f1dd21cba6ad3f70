//! RSA (RFC 8017), keys of 2048 to 8192 bits.

use rsa::pkcs1::UintRef;
use rsa::pkcs1::der::Decode;
use rsa::traits::{PublicKeyParts, SignatureScheme};
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::{Sha256, Sha384, Sha512};

use super::Hash;

/// Reads an RSAPublicKey; `None` if it is none, or of a size that is not accepted.
pub(crate) fn public_key(der: &[u8]) -> Option<RsaPublicKey> {
    let key = rsa::pkcs1::RsaPublicKey::from_der(der).ok()?;
    let number = |number: UintRef<'_>| BigUint::from_bytes_be(number.as_bytes());
    let key =
        RsaPublicKey::new_with_max_size(number(key.modulus), number(key.public_exponent), MOST)
            .ok()?;
    let bits = key.n().bits();
    ((FEWEST..=MOST).contains(&bits) && bits.is_multiple_of(8)).then_some(key)
}

/// Whether a signature by RSASSA-PKCS1-v1_5 holds; `None` if the key is not accepted.
pub(crate) fn pkcs1(key: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> Option<bool> {
    let scheme = match hash {
        Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    };
    Some(scheme.verify(&public_key(key)?, &hash.digest(message), signature).is_ok())
}

/// Whether a signature by RSASSA-PSS holds; `None` if the key is not accepted.
pub(crate) fn pss(key: &[u8], hash: Hash, message: &[u8], signature: &[u8]) -> Option<bool> {
    let scheme = match hash {
        Hash::Sha256 => Pss::new::<Sha256>(),
        Hash::Sha384 => Pss::new::<Sha384>(),
        Hash::Sha512 => Pss::new::<Sha512>(),
    };
    Some(scheme.verify(&public_key(key)?, &hash.digest(message), signature).is_ok())
}

/// Bits of the smallest modulus (NIST SP 800-131A).
const FEWEST: usize = 2048;

/// Bits of the largest one: what a verification costs grows with their square.
const MOST: usize = 8192;
