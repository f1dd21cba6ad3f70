//! Names of headers that Peergate sets, and which names of a client's count as the same.

use std::fmt;
use std::str::FromStr;

use crate::alike::alike;

/// The name of a header that the upstream believes, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderName(Box<str>);

impl HeaderName {
    /// The name in lower case.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a reader may take a header of that name for this one. Gateways of the CGI kind turn every
    /// byte of a name that is no letter or digit into the same one, so `x_client.identity` is
    /// `x-client-identity` to them.
    pub(crate) fn is_read_from(&self, name: &[u8]) -> bool {
        reads_as(&self.0, name)
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for HeaderName {
    type Err = MalformedHeaderName;

    /// Reads a field name (RFC 9110 section 5.1) that nobody else has a use for.
    fn from_str(text: &str) -> Result<Self, MalformedHeaderName> {
        let name = Self(text.to_ascii_lowercase().into());
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(is_token) {
            return Err(MalformedHeaderName::Token);
        }
        if RESERVED.iter().any(|reserved| name.is_read_from(reserved.as_bytes()))
            || name
                .0
                .as_bytes()
                .split_at_checked(ENVOYS.len())
                .is_some_and(|(begin, _)| reads_as(ENVOYS, begin))
        {
            return Err(MalformedHeaderName::Reserved);
        }
        Ok(name)
    }
}

/// Why a text is no [`HeaderName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MalformedHeaderName {
    /// Not a field name.
    Token,
    /// A name with a meaning of its own to Envoy or HTTP.
    Reserved,
}

impl fmt::Display for MalformedHeaderName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Token => {
                "expected a header name: 1 to 64 letters, digits and `-`, without blanks"
            }
            Self::Reserved => "has another meaning to Envoy or HTTP: choose a name of your own",
        })
    }
}

impl std::error::Error for MalformedHeaderName {}

/// Whether two names are the same once every byte that is no letter or digit is the same.
pub(crate) fn reads_as(name: &str, other: &[u8]) -> bool {
    let own = name.as_bytes();
    let mut bytes = own.iter().zip(other);
    own.len() == other.len()
        && (alike(own, other)
            || bytes.all(|(own, other)| own == other || fold(*own) == fold(*other)))
}

fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

const LONGEST: usize = 64;

/// How the names begin that Envoy steers by.
const ENVOYS: &str = "x-envoy-";

/// Names that steer the message, the routing or another filter.
const RESERVED: [&str; 22] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn folded_names_are_the_same_header() {
        let name: HeaderName = "X-Client-Identity".parse().unwrap();
        assert_eq!(name.as_str(), "x-client-identity");
        for same in
            ["x-client-identity", "x_client_identity", "x.client~identity", "X!Client|Identity"]
        {
            assert!(name.is_read_from(same.as_bytes()), "{same}");
        }
        for other in
            ["x-client-identit", "x-client-identity-", "x-client-identitx", "xclientidentity"]
        {
            assert!(!name.is_read_from(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn names_with_another_meaning_are_refused() {
        for bad in [
            "host",
            "Content_Length",
            "x-forwarded-client-cert",
            "x-envoy-internal",
            "X_Envoy-Internal",
        ] {
            assert_eq!(bad.parse::<HeaderName>(), Err(MalformedHeaderName::Reserved), "{bad}");
        }
        for bad in ["", ":path", "a b", "a:", "é", &"x".repeat(65)] {
            assert_eq!(bad.parse::<HeaderName>(), Err(MalformedHeaderName::Token), "{bad}");
        }
    }
}
