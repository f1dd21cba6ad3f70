//! What a feed says of an API key in place of the key.

use aws_lc_rs::{digest, hmac};
use data_encoding::HEXLOWER;

/// Returns the SHA-256 of an API key in lower-case hex: the `api_key` of its entry.
pub fn api_key(key: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, key.as_bytes()).as_ref())
}

/// Returns the same for a policy with an `hmac_secret`: HMAC-SHA-256 (RFC 2104) under that secret.
pub fn secret_api_key(secret: &str, key: &str) -> String {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    HEXLOWER.encode(hmac::sign(&secret, key.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        // FIPS 180-4, and test case 2 of RFC 4231.
        assert_eq!(
            api_key("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            secret_api_key("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
