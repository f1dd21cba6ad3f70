//! A request as Envoy would show it to the filter.

use std::collections::BTreeMap;

use peergate::Fingerprint;
use peergate::carrier::pem;
use serde_json::{Map, Value};

use crate::clock;
use crate::fault::Fault;
use crate::malformed::MalformedRequest;
use crate::pairs::Field;
use crate::stream::{add, remove};
use crate::xfcc::{self, percent_encoded};

/// A request and the connection it comes on, as Envoy would show them to the filter.
///
/// What a builder method cannot read (a certificate, a payload, a time) is reported by
/// [`Filter::send`](crate::Filter::send).
///
/// # Example
/// ```
/// use peergate_mock::Request;
///
/// let request = Request::post("https://api.example.com/orders?page=2")
///     .header("content-type", "application/json")
///     .server_name("api.example.com")
///     .route("orders")
///     .at("2026-11-22T00:00:00Z");
/// # let _ = request;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Request {
    pub(crate) headers: Vec<Field>,
    pub(crate) trailers: Vec<Field>,
    /// By path, segments joined by NUL.
    pub(crate) properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What other filters say, by their names.
    pub(crate) metadata: Map<String, Value>,
    /// The certificate that the client proved to hold, in PEM, where it is known.
    leaf: Option<String>,
    /// Which of the connection's certificates `x-forwarded-client-cert` tells.
    forwarded: Forwarded,
    /// Nanoseconds since the Unix epoch.
    pub(crate) clock: Option<u64>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) malformed: Option<MalformedRequest>,
}

/// What `set_current_client_cert_details` says.
#[derive(Clone, Copy, Debug, Default)]
struct Forwarded {
    cert: bool,
    chain: bool,
}

impl Request {
    /// A request with its method and URL. `https` is a TLS connection without a client certificate,
    /// `http` one without TLS; authority and path go to the filter as they are, byte for byte.
    pub fn new(method: &str, url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let request = Self::default()
            .header(":method", method)
            .header(":scheme", scheme)
            .header(":authority", authority)
            .header(":path", path);
        if scheme == "http" { request.plaintext() } else { request.tls() }
    }

    /// A `GET` request.
    pub fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    /// A `POST` request.
    pub fn post(url: &str) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header, whose value may be any bytes. A pseudo-header (`:path`) takes the place of the one
    /// before.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if name.starts_with(':') {
            self = self.without_header(name);
        }
        add(&mut self.headers, name.as_bytes(), value.as_ref());
        self
    }

    /// Takes every copy of a header away.
    pub fn without_header(mut self, name: &str) -> Self {
        remove(&mut self.headers, name.as_bytes());
        self
    }

    /// Adds a trailer.
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        add(&mut self.trailers, name.as_bytes(), value.as_ref());
        self
    }

    /// Sets a property by the segments of its path, as Envoy writes it: a number as 8 bytes,
    /// little-endian; a boolean as one.
    pub fn property(mut self, path: &[&str], value: impl AsRef<[u8]>) -> Self {
        self.properties.insert(path.join("\0").into_bytes(), value.as_ref().to_vec());
        self
    }

    /// Takes a property away.
    pub fn without_property(mut self, path: &[&str]) -> Self {
        self.properties.remove(path.join("\0").as_bytes());
        self
    }

    /// The connection has no TLS.
    pub fn plaintext(self) -> Self {
        self.anonymous().without_property(TLS_VERSION)
    }

    /// The connection has TLS, and its client showed no certificate.
    pub fn tls(self) -> Self {
        self.anonymous().property(TLS_VERSION, "TLSv1.3")
    }

    /// The client proved to hold this certificate (PEM), and Envoy tells the filter all of it, as Envoy
    /// 1.38 and later do.
    pub fn certificate(self, pem: &str) -> Self {
        self.fingerprint_of(pem).property(PEER_CERTIFICATE, pem)
    }

    /// The client proved to hold this certificate (PEM), and Envoy tells its fingerprint alone.
    pub fn fingerprint_of(mut self, pem: &str) -> Self {
        match pem::one_certificate(pem) {
            Ok(der) => {
                self = self.fingerprint(&Fingerprint::of(&der).to_string());
                self.leaf = Some(pem.to_owned());
                self
            }
            Err(error) => self.malformed(MalformedRequest::Certificate(error)),
        }
    }

    /// The client proved to hold the certificate of this fingerprint: lower-case hex, as Envoy has it.
    pub fn fingerprint(self, hex: &str) -> Self {
        self.tls().property(MTLS, [1]).property(FINGERPRINT, hex)
    }

    /// The client proved to hold this certificate (PEM), and Envoy's `set_filter_state` filter tells the
    /// filter all of it: the way of Envoy 1.36 and 1.37.
    pub fn certificate_in_filter_state(self, pem: &str) -> Self {
        let value = percent_encoded(pem);
        self.fingerprint_of(pem).property(FILTER_STATE_CERTIFICATE, value)
    }

    /// The client proved to hold this certificate (PEM), and Envoy tells the filter all of it in
    /// `x-forwarded-client-cert`.
    pub fn certificate_in_xfcc(self, pem: &str) -> Self {
        let mut request = self.fingerprint_of(pem);
        request.forwarded.cert = true;
        let value = xfcc::element(&request.hash(), Some(pem), None);
        request.header(xfcc::NAME, value)
    }

    /// The client presented these certificates (PEM) after its own, and Envoy tells the filter all of them
    /// in `x-forwarded-client-cert`, as with `SANITIZE_SET` and `chain: true`: whatever the header held
    /// before is gone, but for the certificate itself of
    /// [`certificate_in_xfcc`](Self::certificate_in_xfcc). Nobody has looked at them: a client may present
    /// what it likes, in any order.
    ///
    /// Which certificate is the client's own is said before, by any method that takes it whole; with no
    /// others the chain is that one alone.
    ///
    /// # Example
    /// ```
    /// use peergate_mock::Request;
    ///
    /// # let (own, intermediate) = ("", "");
    /// let request = Request::get("https://api.example.com/").certificate(own).chain([intermediate]);
    /// # let _ = request;
    /// ```
    pub fn chain(mut self, others: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let Some(leaf) = self.leaf.clone() else {
            return self.malformed(MalformedRequest::ChainWithoutCertificate);
        };
        let mut chain = block(&leaf);
        for other in others {
            if let Err(error) = pem::one_certificate(other.as_ref()) {
                return self.malformed(MalformedRequest::Certificate(error));
            }
            chain.push_str(&block(other.as_ref()));
        }
        self.forwarded.chain = true;
        let certificate = self.forwarded.cert.then(|| block(&leaf));
        let value = xfcc::element(&self.hash(), certificate.as_deref(), Some(&chain));
        self.without_header(xfcc::NAME).header(xfcc::NAME, value)
    }

    /// The server name (SNI) that the client asked for when it connected.
    pub fn server_name(self, name: &str) -> Self {
        self.property(&["connection", "requested_server_name"], name)
    }

    /// The route that Envoy chose.
    pub fn route(self, name: &str) -> Self {
        self.property(&["xds", "route_name"], name)
    }

    /// The virtual host that Envoy chose.
    pub fn virtual_host(self, name: &str) -> Self {
        self.property(&["xds", "virtual_host_name"], name)
    }

    /// What the clock shows while the filter looks at the request, as `2026-11-22T00:00:00Z`. Without it,
    /// the machine's own: a test that depends on a certificate's dates says when it takes place.
    pub fn at(mut self, time: &str) -> Self {
        match clock::nanoseconds(time) {
            Ok(clock) => {
                self.clock = Some(clock);
                self
            }
            Err(error) => self.malformed(MalformedRequest::Time(error)),
        }
    }

    /// The same as [`at`](Self::at), in seconds since the Unix epoch.
    pub fn at_unix(mut self, seconds: u64) -> Self {
        self.clock = Some(seconds.saturating_mul(1_000_000_000));
        self
    }

    /// Makes a host call go wrong while the filter looks at the request.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    fn anonymous(mut self) -> Self {
        self.leaf = None;
        // Envoy tells a chain of the connection's own or none. What else is in the header is the client's.
        if std::mem::take(&mut self.forwarded).chain {
            self = self.without_header(xfcc::NAME);
        }
        let without = [FINGERPRINT, PEER_CERTIFICATE, FILTER_STATE_CERTIFICATE];
        without.into_iter().fold(self, Self::without_property).property(MTLS, [0])
    }

    /// The connection's fingerprint.
    fn hash(&self) -> String {
        let value = self.properties.get(FINGERPRINT.join("\0").as_bytes());
        value.map(|hex| String::from_utf8_lossy(hex).into_owned()).unwrap_or_default()
    }

    /// The first thing that could not be read is reported.
    pub(crate) fn malformed(mut self, error: MalformedRequest) -> Self {
        self.malformed.get_or_insert(error);
        self
    }
}

/// A PEM as Envoy writes it, whatever blank lines are around it: it ends with its line.
fn block(pem: &str) -> String {
    format!("{}\n", pem.trim())
}

const TLS_VERSION: &[&str] = &["connection", "tls_version"];
const MTLS: &[&str] = &["connection", "mtls"];
const FINGERPRINT: &[&str] = &["connection", "sha256_peer_certificate_digest"];
const PEER_CERTIFICATE: &[&str] = &["connection", "peer_certificate"];
const FILTER_STATE_CERTIFICATE: &[&str] = &["filter_state", "peergate.peer_certificate"];
