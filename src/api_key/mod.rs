//! API keys: secrets that stand for a client, known here by their digests alone.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::digest::{Digest, sha256};
use crate::location::Location;
use crate::policy::{IfRefused, ListId};
use crate::reason::Reason;
use crate::request::Headers;

/// Which API keys hold.
#[derive(Clone, Debug)]
pub(crate) struct ApiKeyRule {
    /// The lists that hold them, each of which has a feed.
    pub(crate) lists: Vec<ListId>,
    /// Where clients put them.
    pub(crate) from: Vec<Location>,
    /// What lists hold of a key.
    pub(crate) hash: KeyDigest,
    pub(crate) if_refused: IfRefused,
}

/// How a key becomes what lists hold of it.
#[derive(Clone)]
pub enum KeyDigest {
    /// Its SHA-256: for keys that nobody can guess.
    Sha256,
    /// HMAC-SHA-256 (RFC 2104) under this secret: whoever sees the list alone cannot try keys out.
    Hmac(Box<[u8]>),
}

impl std::fmt::Debug for KeyDigest {
    /// Keeps the secret to itself.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Sha256 => "Sha256",
            Self::Hmac(_) => "Hmac(…)",
        })
    }
}

impl KeyDigest {
    /// What lists hold of a key.
    pub(crate) fn of(&self, key: &[u8]) -> Option<Digest> {
        match self {
            Self::Sha256 => Some(sha256(key)),
            Self::Hmac(secret) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
                mac.update(key);
                Some(mac.finalize().into_bytes().into())
            }
        }
    }

    /// The same in hex, as a feed's entry has it; `None` if the secret cannot be used.
    ///
    /// # Example
    /// ```
    /// let hex = peergate::KeyDigest::Sha256.hex(b"abc").unwrap();
    /// assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /// ```
    pub fn hex(&self, key: &[u8]) -> Option<String> {
        self.of(key).map(hex::encode)
    }
}

impl ApiKeyRule {
    /// The digest of the request's key; `Ok(None)` if it has none.
    ///
    /// # Errors
    /// [`Reason::ApiKeyAmbiguous`] if it has several, even alike ones: readers behind this one may take
    /// another of them.
    pub(crate) fn find(&self, headers: &Headers<'_>) -> Result<Option<Digest>, Reason> {
        let mut keys = self.from.iter().flat_map(|location| location.read(headers));
        match (keys.next(), keys.next()) {
            (None, _) => Ok(None),
            (Some(key), None) => self.hash.of(&key).map(Some).ok_or(Reason::Internal),
            (Some(_), Some(_)) => Err(Reason::ApiKeyAmbiguous),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// RFC 4231, test case 2.
    #[test]
    fn a_secret_makes_another_digest() {
        let digest = KeyDigest::Hmac(b"Jefe"[..].into());
        assert_eq!(
            digest.hex(b"what do ya want for nothing?").unwrap(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(format!("{digest:?}"), "Hmac(…)");
    }

    #[test]
    fn one_key_is_a_key_and_two_are_none() {
        let rule = ApiKeyRule {
            lists: vec![0],
            from: vec![
                Location::Header { name: "x-api-key".into(), scheme: None },
                Location::Query("key".into()),
            ],
            hash: KeyDigest::Sha256,
            if_refused: IfRefused::Deny,
        };
        let find = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            rule.find(&Headers::new(pairs.collect()))
        };
        assert_eq!(find(&[(":path", "/?key=")]), Ok(None));
        assert_eq!(find(&[("x-api-key", "a")]), Ok(Some(sha256(b"a"))));
        assert_eq!(find(&[(":path", "/?key=a"), ("x-api-key", "")]), Ok(Some(sha256(b"a"))));
        for pairs in [
            &[("x-api-key", "a"), ("x-api-key", "a")][..],
            &[("x-api-key", "a"), (":path", "/?key=a")],
            &[(":path", "/?key=a&key=b")],
        ] {
            assert_eq!(find(pairs), Err(Reason::ApiKeyAmbiguous), "{pairs:?}");
        }
    }
}
