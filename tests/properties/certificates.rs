//! Real certificates, those of the decision cases: some share a key, a name, a serial number or a TBS.

use std::sync::LazyLock;

use peergate::{Leaf, carrier::pem};
use proptest::prelude::*;
use proptest::sample::select;
use x509_parser::parse_x509_certificate;

/// A certificate in the forms that tests need.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) name: String,
    pub(crate) pem: String,
    pub(crate) leaf: Leaf,
    /// The issuer's name in DER and the serial number, read without the code under test.
    pub(crate) issued: (Vec<u8>, Vec<u8>),
}

/// Both authorities are among them.
pub(crate) static ALL: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    let text = include_str!("../cases/certificates/certificates.json");
    let named: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
    named.iter().map(|(name, pem)| read(name, pem.as_str().unwrap())).collect()
});

fn read(name: &str, pem: &str) -> Certificate {
    let der = pem::one_certificate(pem).unwrap();
    let (_, parsed) = parse_x509_certificate(&der).unwrap();
    Certificate {
        name: name.to_owned(),
        pem: pem.to_owned(),
        leaf: Leaf::parse(&der).unwrap(),
        issued: (parsed.issuer().as_raw().to_vec(), parsed.raw_serial().to_vec()),
    }
}

impl Certificate {
    /// The authority that issued it, if that is one of [`ALL`].
    pub(crate) fn issuer(&self) -> Option<&'static Self> {
        ALL.iter()
            .find(|other| other.name.ends_with("authority") && other.subject() == self.issued.0)
    }

    fn subject(&self) -> Vec<u8> {
        let (_, parsed) = parse_x509_certificate(self.leaf.der()).unwrap();
        parsed.subject().as_raw().to_vec()
    }
}

/// Any of them; often the partner's, which share what lists match by.
pub(crate) fn any_certificate() -> impl Strategy<Value = &'static Certificate> {
    let all: Vec<&Certificate> = ALL.iter().collect();
    let family: Vec<_> =
        all.iter().copied().filter(|one| one.name.starts_with("partner")).collect();
    prop_oneof![1 => select(all), 2 => select(family)]
}
