//! What the client sends.

use http::Method;
use peergate_lab::client::Request;

use crate::browser::BROWSER;

/// How a request comes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Shape {
    /// What carries it.
    pub protocol: Protocol,
    /// How many headers the client writes, the four pseudo-headers among them: HTTP/1.1 has those in its
    /// request line and `Host`, and of the scheme Envoy knows.
    pub headers: usize,
}

/// A header: its name and its value.
pub type Field = (String, String);

/// What carries a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Protocol {
    /// HTTP/1.1.
    H1,
    /// HTTP/2.
    H2,
}

impl Shape {
    /// The one that every variant is measured with.
    pub const FIRST: Self = Self { protocol: Protocol::H1, headers: FEW };

    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::FIRST,
        Self { protocol: Protocol::H1, headers: MANY },
        Self { protocol: Protocol::H2, headers: FEW },
        Self { protocol: Protocol::H2, headers: MANY },
    ];

    /// The headers that are no pseudo-headers, with those that only a variant needs.
    pub fn fields(self, more: &[Field]) -> impl Iterator<Item = (&str, &str)> {
        let many: &[(&str, &str)] = if self.headers == MANY { &BROWSER } else { &[] };
        let more = more.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        ALWAYS.iter().chain(many).copied().chain(more)
    }

    /// The request for a path, as the laboratory's client sends it.
    pub fn request(self, path: &str, more: &[Field]) -> Request {
        let request = Request::get(AUTHORITY, path);
        self.fields(more).fold(request, |request, (name, value)| request.header(name, value))
    }

    /// The request for [`PATH`] as the bytes of HTTP/1.1.
    pub fn to_h1(self, more: &[Field]) -> Vec<u8> {
        self.request(PATH, more).to_h1()
    }

    /// The request for [`PATH`] as HTTP/2 has it.
    pub fn to_h2(self, more: &[Field]) -> http::Result<http::Request<()>> {
        let request = http::Request::builder().method(Method::GET);
        let request = request.uri(format!("https://{AUTHORITY}{PATH}"));
        let fields = self.fields(more);
        fields.fold(request, |request, (name, value)| request.header(name, value)).body(())
    }
}

impl Protocol {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::H1 => "HTTP/1.1",
            Self::H2 => "HTTP/2",
        }
    }
}

/// Headers of a short request.
pub const FEW: usize = 8;

/// Headers of a long one: some 3 KB.
pub const MANY: usize = 33;

/// What the client says it is: not for it to say.
pub const SPOOFED_IDENTITY: (&str, &str) = ("x-client-identity", "admin");

/// What the client says of its certificate, under a name that some upstreams take for `x-client-cert-sha256`.
pub const SPOOFED_FINGERPRINT: (&str, &str) =
    ("x_client_cert_sha256", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

const AUTHORITY: &str = "localhost";

/// What the client asks for.
pub const PATH: &str = "/v1/orders/4711?expand=items,customer";

const ALWAYS: [(&str, &str); 4] = [
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("accept", "application/json, text/plain;q=0.9, */*;q=0.8"),
    SPOOFED_IDENTITY,
    SPOOFED_FINGERPRINT,
];

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
