//! PEM (RFC 7468), as files hold it, as Envoy's properties hold it, and percent-encoded.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode;

/// Reads the one certificate of a host property or header field: PEM as it is
/// (`connection.peer_certificate`), or percent-encoded (`%DOWNSTREAM_PEER_CERT%`, XFCC `Cert=`).
///
/// # Errors
/// [`MalformedPem`] if there is not exactly one certificate in it.
pub fn carried(bytes: &[u8]) -> Result<Vec<u8>, MalformedPem> {
    if bytes.len() > LONGEST {
        return Err(MalformedPem::TooLong);
    }
    // No PEM has a `%`; `+` stands for itself in either form.
    let bytes: Cow<'_, [u8]> =
        if bytes.contains(&b'%') { percent_decode(bytes).into() } else { bytes.into() };
    let text = std::str::from_utf8(&bytes).map_err(|_| MalformedPem::NoBlock(CERTIFICATE.name))?;
    one_certificate(text)
}

/// Reads the first few certificates of XFCC `Chain=`: percent-encoded PEM. What cannot be read is as if it
/// had not been sent: nothing is believed of it, and paths are looked for without it.
pub fn chain(bytes: &[u8]) -> Vec<Vec<u8>> {
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let ends = text.match_indices(ENCODED_END).take(MOST);
    let end = ends.map(|(start, mark)| start.saturating_add(mark.len())).last();
    let decoded =
        percent_decode(text.get(..end.unwrap_or_default()).unwrap_or_default().as_bytes());
    let decoded: Cow<'_, [u8]> = decoded.into();
    let mut all = certificates(&String::from_utf8_lossy(&decoded)).unwrap_or_default();
    // Between the ends that Envoy has encoded others may stand that nobody has.
    all.truncate(MOST);
    all
}

/// Reads the one certificate of a PEM text.
///
/// # Errors
/// [`MalformedPem`] says what else is in it.
pub fn one_certificate(text: &str) -> Result<Vec<u8>, MalformedPem> {
    let mut certificates = certificates(text)?;
    match (certificates.pop(), certificates.len()) {
        (Some(der), 0) => Ok(der),
        _ => Err(MalformedPem::SeveralBlocks),
    }
}

/// Reads all certificates of a PEM text, at least one.
///
/// # Errors
/// [`MalformedPem`] says what else is in it; a private key is told apart, since it must not be there.
pub fn certificates(text: &str) -> Result<Vec<Vec<u8>>, MalformedPem> {
    blocks(text, &CERTIFICATE)
}

/// Reads all certificate revocation lists of a PEM text, at least one.
///
/// # Errors
/// [`MalformedPem`] says what else is in it.
pub fn revocation_lists(text: &str) -> Result<Vec<Vec<u8>>, MalformedPem> {
    blocks(text, &REVOCATION_LIST)
}

fn blocks(text: &str, wanted: &Wanted) -> Result<Vec<Vec<u8>>, MalformedPem> {
    // The parser takes neither blank lines inside a block nor indentation; both come from YAML.
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let mut text = lines.join("\n");
    if lines.len() == 1 {
        text = unfold(&text);
    }
    let blocks = pem::parse_many(&text).map_err(|_| MalformedPem::BadBlock)?;
    // The parser passes over what it does not see as a block: count what was meant as one.
    if blocks.len() != text.matches("-----BEGIN").count() {
        return Err(MalformedPem::BadBlock);
    }
    if blocks.iter().any(|block| block.tag().ends_with("PRIVATE KEY")) {
        return Err(MalformedPem::PrivateKey);
    }
    if let Some(other) = blocks.iter().find(|block| !wanted.labels.contains(&block.tag())) {
        return Err(MalformedPem::OtherBlock(wanted.name, other.tag().to_owned()));
    }
    if blocks.is_empty() {
        return Err(MalformedPem::NoBlock(wanted.name));
    }
    Ok(blocks.into_iter().map(pem::Pem::into_contents).collect())
}

/// Gives a PEM that was folded into one line (spaces for line feeds) its lines back.
fn unfold(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for (index, part) in text.split("-----").enumerate() {
        // Parts in turn: between blocks, BEGIN label, body, END label, between blocks, …
        let is_label = index % 2 == 1;
        if is_label {
            let begins = part.starts_with("BEGIN");
            lines.push_str(if begins { "\n-----" } else { "-----" });
            lines.push_str(part);
            lines.push_str("-----\n");
        } else {
            lines.extend(part.split_whitespace().flat_map(|word| [word, "\n"]));
        }
    }
    lines
}

/// What is wrong with a PEM text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MalformedPem {
    /// No PEM block in it, where this is meant.
    NoBlock(&'static str),
    /// More than one certificate where one is meant.
    SeveralBlocks,
    /// A block that does not decode.
    BadBlock,
    /// A private key.
    PrivateKey,
    /// A block of another kind than is meant.
    OtherBlock(&'static str, String),
    /// Longer than any certificate that is looked at.
    TooLong,
}

impl fmt::Display for MalformedPem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBlock(name) => write!(out, "expected {name} in PEM, found no PEM block"),
            Self::SeveralBlocks => out.write_str("expected one certificate, found several"),
            Self::BadBlock => out.write_str("a PEM block in it does not decode"),
            Self::PrivateKey => out
                .write_str("holds a private key: give the certificate alone, and replace the key"),
            Self::OtherBlock(name, label) => write!(out, "expected {name}, found {label:?}"),
            Self::TooLong => out.write_str("too long for a certificate"),
        }
    }
}

impl std::error::Error for MalformedPem {}

/// What is meant to be in a text.
struct Wanted {
    name: &'static str,
    labels: &'static [&'static str],
}

/// RFC 7468 section 5.1 and its older spellings.
const CERTIFICATE: Wanted = Wanted {
    name: "a certificate",
    labels: &["CERTIFICATE", "X509 CERTIFICATE", "X.509 CERTIFICATE"],
};

/// RFC 7468 section 6.
const REVOCATION_LIST: Wanted = Wanted { name: "a revocation list", labels: &["X509 CRL", "CRL"] };

/// The end of a certificate as Envoy encodes it.
const ENCODED_END: &str = "-----END%20CERTIFICATE-----";

/// Certificates that are read of a chain: the leaf, and more than may lie between it and an authority.
const MOST: usize = 9;

/// A certificate of 16 KiB, the largest that is looked at, in base64 and percent-encoded, with room to spare.
pub(crate) const LONGEST: usize = 32_768;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nAAEC\nAwQF\n-----END CERTIFICATE-----\n";
    const DER: &[u8] = &[0, 1, 2, 3, 4, 5];

    #[test]
    fn one_certificate_is_read_in_every_form() {
        let indented = PEM.replace('\n', "\n\n   ");
        let crlf = PEM.replace('\n', "\r\n");
        let one_line = PEM.replace('\n', " ");
        let bom = format!("\u{feff}{PEM}");
        let bag = format!("Bag Attributes\n  localKeyID: 01\n{PEM}");
        for text in [PEM, &indented, &crlf, &one_line, &bom, &bag] {
            assert_eq!(one_certificate(text).as_deref(), Ok(DER), "{text:?}");
        }
        let encoded = PEM.replace('\n', "%0A").replace(' ', "%20");
        assert_eq!(carried(encoded.as_bytes()).as_deref(), Ok(DER));
        assert_eq!(carried(PEM.as_bytes()).as_deref(), Ok(DER));
    }

    #[test]
    fn no_more_of_a_chain_is_read_however_it_is_written() {
        let encoded = PEM.replace('\n', "%0A").replace(' ', "%20");
        assert_eq!(chain(encoded.repeat(3).as_bytes()).len(), 3);
        assert_eq!(chain(encoded.repeat(20).as_bytes()).len(), MOST);
        let mixed = format!("{}{encoded}", PEM.repeat(20));
        assert_eq!(chain(mixed.as_bytes()).len(), MOST);
    }

    #[test]
    fn what_is_not_one_certificate_is_refused() {
        let key = PEM.replace("CERTIFICATE", "EC PRIVATE KEY");
        let request = PEM.replace("CERTIFICATE", "CERTIFICATE REQUEST");
        let cut = PEM.replace("-----END CERTIFICATE-----", "");
        let garbage = PEM.replace("AAEC", "A*EC");
        for (text, error) in [
            ("", MalformedPem::NoBlock("a certificate")),
            ("hello", MalformedPem::NoBlock("a certificate")),
            (&PEM.repeat(2), MalformedPem::SeveralBlocks),
            (&key, MalformedPem::PrivateKey),
            (&format!("{PEM}{key}"), MalformedPem::PrivateKey),
            (&request, MalformedPem::OtherBlock("a certificate", "CERTIFICATE REQUEST".into())),
            (&cut, MalformedPem::BadBlock),
            (&garbage, MalformedPem::BadBlock),
            (&format!("{PEM}{garbage}"), MalformedPem::BadBlock),
        ] {
            assert_eq!(one_certificate(text), Err(error), "{text:?}");
        }
        assert_eq!(carried(b"\xff\xfe"), Err(MalformedPem::NoBlock("a certificate")));
        assert_eq!(carried(&vec![b'A'; LONGEST + 1]), Err(MalformedPem::TooLong));
    }
}
