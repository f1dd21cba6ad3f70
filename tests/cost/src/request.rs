//! Requests, as Envoy shows them to the filter.

use std::collections::BTreeMap;

use peergate::metadata::{JWT_AUTHN, JWT_PAYLOAD, write};
use serde_json::{Value, json};

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

/// What makes it 33 headers, some 3 KB.
const BROWSER: [(&str, &str); 25] = [
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-GB,en;q=0.9,de-AT;q=0.7,de;q=0.6"),
    ("baggage", "tenant=acme,region=eu-central-1,build=2026.11.3-1842,experiment=checkout-b"),
    ("cache-control", "no-cache"),
    ("content-type", "application/json; charset=utf-8"),
    ("cookie", COOKIE),
    ("dnt", "1"),
    ("if-none-match", "W/\"5f3e-8Qm2d0ZkVt0g7sY1c2m9hQx4T2E\""),
    ("origin", "https://portal.example.com"),
    ("pragma", "no-cache"),
    ("priority", "u=1, i"),
    ("referer", "https://portal.example.com/customers/acme/orders/4711?tab=items&sort=-created"),
    ("sec-ch-ua", "\"Chromium\";v=\"142\", \"Not=A?Brand\";v=\"24\", \"Example\";v=\"142\""),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("sec-fetch-dest", "empty"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-site", "same-site"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("tracestate", "vendor=00f067aa0ba902b7,other=t61rcWkgMzE"),
    ("x-app-version", "portal-web/2026.11.3 (1842)"),
    ("x-correlation-id", "9d1a7a52-6a3f-4d1e-9d0c-0f6b0a3c2b11"),
    ("x-csrf-token", "3nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt8"),
    ("x-request-id", "0b9f8a3e-2c7d-4f70-8f39-5b1d1f8f2f6a"),
    ("x-requested-with", "XMLHttpRequest"),
];

/// What gathers in a browser: sessions, the state of a portal, consent and analytics.
const COOKIE: &str = concat!(
    "__Host-session=c2Vzc2lvbjo3ZjY5YjQ4Mi1kN2M0LTRjNTYtOGY3Mi0yMGQ1YzQ5YjE0YTM6MTc2NDE1NTQ3Mg.",
    "h8Qm2d0ZkVt0g7sY1c2m9hQx4T2EwW1v9kq3Zt8nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt83nq0Jm7qv1",
    "oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt8; sso=eyJ0ZW5hbnQiOiJhY21lIiwidXNlciI6ImFsaWNlIiwiZ3JvdXBz",
    "IjpbInBhcnRuZXJzIiwib3JkZXJzIl19.q3Zt8nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9k; consent=version=",
    "4&necessary=1&functional=1&analytics=1&marketing=0&time=1764155472; theme=dark; locale=en-GB; ",
    "_ga=GA1.1.1274837465.1748937261; _ga_4QY7TC8Z1N=GS2.1.s1764155472$o42$g1$t1764156013$j60$l0$h0; ",
    "feature_flags=checkout-b,new-nav,dense-tables,export-v2; last_seen=2026-11-26T10:51:12Z; ",
    "portal_state=PtYgjmUhBel31iEl2hpChYgCfrL1spNxnyVmihA_2O76UMFxFkM_R5Kjp1vRt-1fjORS_6ilI8ihN5K",
    "XSc7Tvo_hBKqFYY_kv5ZJr3J1TWDtkwtDDb-xHKas.1VOqg6YYZYn9ZhyiA4uoRgnatmUdjAWtGSU8po-799NksnRH9u",
    "cAUsdMlHUvTCQCyEZDz_TddJ8HyS5SUkCnD8zRA9a9SkpXz9w3QlY7Zkuvqdt7s8Stqcbnr3yBdGBLEPH1qhT61qtc4x",
    "atws8phP9nhFyJfm5di4PzJ59FHz5r1pY4OjE2jBMptUsGr7CmY-uCu3ZR1zTOlUcR64cXQLioDnkHIfxIq2HZt_PlJh",
    "x2jIclHkCiHp6bR1IqfEouHgxzNNAL5wIScGebcy8F5n3_YNBDRzrZSgqbjG3uhkWKFLf6xuI5aHUQPFeNBTxaQWk8Jz",
    "FalHlsZfYcMMDktXP_tKsf2rcDkdfrUnW5gcF-Ha6ili8GjHEAD6_Wj9KfzjsQGMrb9h-ImB-LK777pzNk8cL6j5IXAA",
    "jlsHUqJoUD_-Ydua-5ZMs1SWOpQaPRYpzbLGViYXjU2JgJngKtFI3OyV2dZAkg05rK-gqv81RKMGHZEM9YpvujA_C5Q5",
    "2ryFlwRlOE.VHzc0X0AWIRh_JUqBlIFXZ53Ncqe28-ajY75FnCttn6kfaqDeMqG3omjMyXHCabM6JOF8EFd0Nhcy_1kG",
    "D2VD_; ",
    "_csrf=3nq0Jm7qv1oXb5mWc2yJm0mY0h8r1cF6wW1v9kq3Zt8; ab_bucket=17; recently_viewed=4711,4698,4655,",
    "4652,4601,4533,4519,4477,4401,4388,4310,4299,4287,4201,4178,4166,4102,4099,4012,3998,3977,3951",
);

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
