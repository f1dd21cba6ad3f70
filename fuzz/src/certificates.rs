//! The certificates of the decision cases, and what tests need of each.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use peergate::{Leaf, carrier::pem};

/// A certificate.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) pem: String,
    pub(crate) leaf: Leaf,
}

/// The texts in PEM by their names, revocation lists among them.
pub(crate) static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let files = [
        include_str!("../../tests/cases/certificates/certificates.json"),
        include_str!("../../tests/cases/certificates/authorities.json"),
    ];
    let read = |text| serde_json::from_str::<BTreeMap<String, String>>(text).unwrap();
    files.into_iter().flat_map(read).collect()
});

static CERTIFICATES: LazyLock<BTreeMap<&str, Certificate>> = LazyLock::new(|| {
    let read = |(name, text): (&'static String, &'static String)| {
        let leaf = Leaf::parse(&pem::one_certificate(text).ok()?).ok()?;
        Some((&**name, Certificate { pem: text.clone(), leaf }))
    };
    TEXTS.iter().filter_map(read).collect()
});

/// The certificate of a name.
pub(crate) fn certificate(name: &str) -> Option<&'static Certificate> {
    CERTIFICATES.get(name)
}

/// A certificate as a host shows it.
pub(crate) fn written(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}
