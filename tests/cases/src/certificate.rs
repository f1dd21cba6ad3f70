//! A certificate in the forms in which hosts and headers carry it.

use ::pem::{EncodeConfig, LineEnding, Pem, encode_config};
use peergate::Leaf;
use peergate::carrier::pem;

/// A certificate.
#[derive(Clone, Debug)]
pub struct Certificate(Leaf);

impl Certificate {
    /// Reads the one certificate of a PEM text.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        Self::parse(&pem::one_certificate(text).map_err(|error| error.to_string())?)
    }

    /// Reads every certificate of a PEM text, at least one.
    ///
    /// # Errors
    /// Why there is none, or what else is in it.
    pub fn read_all(text: &str) -> Result<Vec<Self>, String> {
        let ders = pem::certificates(text).map_err(|error| error.to_string())?;
        ders.iter().map(|der| Self::parse(der)).collect()
    }

    fn parse(der: &[u8]) -> Result<Self, String> {
        Leaf::parse(der).map(Self).map_err(|error| error.to_string())
    }

    /// What is known of it once it has been parsed.
    pub fn leaf(&self) -> &Leaf {
        &self.0
    }

    /// PEM, as `connection.peer_certificate` holds it.
    pub fn pem(&self) -> String {
        let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
        encode_config(&Pem::new("CERTIFICATE", self.0.der()), config)
    }

    /// Percent-encoded PEM, as `%DOWNSTREAM_PEER_CERT%` writes it.
    pub fn percent_encoded(&self) -> String {
        percent_encoded(self.pem().as_bytes())
    }

    /// One element of `x-forwarded-client-cert` as Envoy writes it; intermediates stand in `Chain`.
    pub fn xfcc(&self, intermediates: &[Self]) -> String {
        let (hash, cert) = (self.0.fingerprint(), self.percent_encoded());
        let mut element = format!("Hash={hash};Cert=\"{cert}\"");
        if !intermediates.is_empty() {
            let chain = intermediates.iter().map(Self::percent_encoded);
            let chain: String = [cert].into_iter().chain(chain).collect();
            element.push_str(&format!(";Chain=\"{chain}\""));
        }
        element
    }

    /// A form by the name that placeholders call it.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        Some(match name {
            "pem" => self.pem(),
            "percent" => self.percent_encoded(),
            "base64" => self.pem().lines().filter(|line| !line.starts_with('-')).collect(),
            "der_percent" => percent_encoded(self.0.der()),
            "xfcc" => self.xfcc(&[]),
            "sha256" => self.0.fingerprint().to_string(),
            "x5t" => self.0.fingerprint().thumbprint(),
            "spki_sha256" => self.0.key().to_string(),
            "issuer_name_sha256" => {
                self.0.issuer().iter().map(|byte| format!("{byte:02x}")).collect()
            }
            "serial" => self.0.serial().to_string(),
            _ => return None,
        })
    }
}

/// What [`Certificate::form`] knows.
pub(crate) const FORMS: &str = "pem, percent, base64, der_percent, xfcc, sha256, x5t, spki_sha256, \
                                issuer_name_sha256, serial";

/// Everything but what RFC 3986 section 2.3 calls unreserved.
fn percent_encoded(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for byte in bytes.iter().copied() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
