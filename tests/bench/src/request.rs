//! What the client sends.

use http::Method;
use peergate_lab::client::Request;

/// How a request comes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Shape {
    /// What carries it.
    pub(crate) protocol: Protocol,
    /// How many headers the client writes, the four pseudo-headers among them: HTTP/1.1 has those in its
    /// request line and `Host`, and of the scheme Envoy knows.
    pub(crate) headers: usize,
}

/// A header: its name and its value.
pub(crate) type Field = (String, String);

/// What carries a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Protocol {
    /// HTTP/1.1.
    H1,
    /// HTTP/2.
    H2,
}

impl Shape {
    /// The one that every variant is measured with.
    pub(crate) const FIRST: Self = Self { protocol: Protocol::H1, headers: FEW };

    /// All of them.
    pub(crate) const ALL: [Self; 4] = [
        Self::FIRST,
        Self { protocol: Protocol::H1, headers: MANY },
        Self { protocol: Protocol::H2, headers: FEW },
        Self { protocol: Protocol::H2, headers: MANY },
    ];

    /// The headers that are no pseudo-headers, with those that only a variant needs.
    pub(crate) fn fields(self, more: &[Field]) -> impl Iterator<Item = (&str, &str)> {
        let many: &[(&str, &str)] = if self.headers == MANY { &BROWSER } else { &[] };
        let more = more.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        ALWAYS.iter().chain(many).copied().chain(more)
    }

    /// The request for a path, as the laboratory's client sends it.
    pub(crate) fn request(self, path: &str, more: &[Field]) -> Request {
        let request = Request::get(AUTHORITY, path);
        self.fields(more).fold(request, |request, (name, value)| request.header(name, value))
    }

    /// The request for [`PATH`] as the bytes of HTTP/1.1.
    pub(crate) fn to_h1(self, more: &[Field]) -> Vec<u8> {
        self.request(PATH, more).to_h1()
    }

    /// The request for [`PATH`] as HTTP/2 has it.
    pub(crate) fn to_h2(self, more: &[Field]) -> http::Result<http::Request<()>> {
        let request = http::Request::builder().method(Method::GET);
        let request = request.uri(format!("https://{AUTHORITY}{PATH}"));
        let fields = self.fields(more);
        fields.fold(request, |request, (name, value)| request.header(name, value)).body(())
    }
}

impl Protocol {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::H1 => "HTTP/1.1",
            Self::H2 => "HTTP/2",
        }
    }
}

/// Headers of a short request.
pub(crate) const FEW: usize = 8;

/// Headers of a long one: some 3 KB.
pub(crate) const MANY: usize = 33;

/// What the client says it is: not for it to say.
pub(crate) const SPOOFED_IDENTITY: (&str, &str) = ("x-client-identity", "admin");

/// What the client says of its certificate, under a name that some upstreams take for `x-client-cert-sha256`.
pub(crate) const SPOOFED_FINGERPRINT: (&str, &str) =
    ("x_client_cert_sha256", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

const AUTHORITY: &str = "localhost";
const PATH: &str = "/v1/orders/4711?expand=items,customer";

const ALWAYS: [(&str, &str); 4] = [
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "application/json, text/plain;q=0.9, */*;q=0.8"),
    SPOOFED_IDENTITY,
    SPOOFED_FINGERPRINT,
];

const BROWSER: [(&str, &str); MANY - FEW] = [
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
    fn headers_are_as_many_as_they_are_said_to_be() {
        for shape in Shape::ALL {
            assert_eq!(shape.fields(&[]).count() + 4, shape.headers);
        }
    }

    #[test]
    fn many_headers_are_some_3_kb() {
        let long = Shape { protocol: Protocol::H1, headers: MANY }.to_h1(&[]).len();
        assert!((2_900..3_300).contains(&long), "{long}");
    }
}
