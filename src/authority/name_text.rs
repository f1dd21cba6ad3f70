//! Distinguished names as text (RFC 4514): unambiguous, and printable ASCII whatever is in them.

use x509_parser::der_parser::asn1_rs::ToDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Writes a name, the most specific part first, as Envoy writes subjects: `CN=alice,O=Acme`.
pub(crate) fn text(name: &X509Name<'_>) -> String {
    let mut text = String::new();
    let parts: Vec<_> = name.iter_rdn().collect();
    for (index, part) in parts.into_iter().rev().enumerate() {
        if index > 0 {
            text.push(',');
        }
        for (index, attribute) in part.iter().enumerate() {
            if index > 0 {
                text.push('+');
            }
            write_attribute(&mut text, attribute);
        }
    }
    text
}

fn write_attribute(text: &mut String, attribute: &AttributeTypeAndValue<'_>) {
    let oid = attribute.attr_type().to_id_string();
    let known = KNOWN.iter().find(|(id, _)| *id == oid).map(|(_, name)| *name);
    // A value that is no text is written as its DER, which names its type as well.
    match (known, attribute.as_str()) {
        (Some(name), Ok(value)) => {
            text.push_str(name);
            text.push('=');
            write_value(text, value);
        }
        _ => {
            let value = attribute.attr_value().to_der_vec().unwrap_or_default();
            text.push_str(&oid);
            text.push_str("=#");
            text.push_str(&hex::encode(value));
        }
    }
}

/// RFC 4514 section 2.4; bytes that are not printable ASCII are escaped too, so that it fits a header.
fn write_value(text: &mut String, value: &str) {
    let last = value.len().saturating_sub(1);
    for (index, byte) in value.bytes().enumerate() {
        let is_outermost = index == 0 || index == last;
        match byte {
            b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' | b'=' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b'#' if index == 0 => text.push_str("\\#"),
            b' ' if is_outermost => text.push_str("\\ "),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                text.push('\\');
                text.push_str(&hex::encode_upper([byte]));
            }
        }
    }
}

/// RFC 4514 section 3, and what certificates hold besides.
const KNOWN: [(&str, &str); 12] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("2.5.4.97", "organizationIdentifier"),
];
