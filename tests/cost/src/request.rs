//! Requests, as Envoy shows them to the filter.

use std::collections::BTreeMap;

use peergate::metadata::{JWT_AUTHN, JWT_PAYLOAD, write};
use serde_json::{Value, json};

use crate::browser::BROWSER;
use crate::certificate::Certificate;
use crate::pairs::Field;

/// A request, and what is decided on it.
#[derive(Clone, Debug)]
pub struct Request {
    /// What tells it from others to the same policy.
    pub name: &'static str,
    /// Its headers.
    pub headers: Vec<Field>,
    /// Properties by their paths, segments joined by NUL.
    pub properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The reason of the verdict.
    pub reason: &'static str,
}

impl Request {
    /// A short one, that passes.
    pub fn few(name: &'static str) -> Self {
        let headers = field(&FEW);
        let properties = BTreeMap::new();
        let request = Self { name, headers, properties, reason: "allowed" };
        request.property("connection\0tls_version", "TLSv1.3").property("plugin_name", "peergate")
    }

    /// One as long as a browser's.
    pub fn many(name: &'static str) -> Self {
        let mut request = Self::few(name);
        request.headers.extend(field(&BROWSER));
        request
    }

    /// The client proved to hold this certificate, and Envoy tells the filter all of it.
    pub fn of(self, certificate: &Certificate) -> Self {
        self.property(
            "connection\0sha256_peer_certificate_digest",
            certificate.fingerprint.to_string(),
        )
        .property("connection\0peer_certificate", &certificate.pem)
    }

    /// A filter ahead has verified a token with these claims.
    pub fn token(self, claims: &Value) -> Self {
        let said = json!({ JWT_AUTHN: { JWT_PAYLOAD: claims } });
        let metadata = write(said.as_object().expect("an object"));
        self.property("metadata", metadata)
    }

    /// With another header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// For another path.
    pub fn path(mut self, path: &str) -> Self {
        for (name, value) in &mut self.headers {
            if name == b":path" {
                *value = path.into();
            }
        }
        self
    }

    /// The reason why it does not pass, or as whose.
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason, ..self }
    }

    fn property(mut self, path: &str, value: impl AsRef<[u8]>) -> Self {
        self.properties.insert(path.into(), value.as_ref().into());
        self
    }
}

fn field(fields: &[(&str, &str)]) -> Vec<Field> {
    fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// The last two are not for the client to say, the second under a name that some upstreams take for
/// `x-client-cert-sha256`.
const FEW: [(&str, &str); 8] = [
    (":authority", "localhost"),
    (":path", "/v1/orders/4711?expand=items,customer"),
    (":method", "GET"),
    (":scheme", "https"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "application/json, text/plain;q=0.9, */*;q=0.8"),
    ("x-client-identity", "admin"),
    ("x_client_cert_sha256", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_request_has_33_headers_and_some_3_kb() {
        let (few, many) = (Request::few("few"), Request::many("many"));
        assert_eq!((few.headers.len(), many.headers.len()), (8, 33));
        let size: usize = many.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!((2_800..3_300).contains(&size), "{size}");
    }
}
