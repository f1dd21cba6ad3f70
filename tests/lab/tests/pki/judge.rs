//! The judge: what webpki says of a client's certificate.

use std::sync::Arc;

use peergate_lab::pki::{Authority, CertificateDer, Identity};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateRevocationListDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{Error, RootCertStore};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

/// A verifier that trusts one root.
///
/// Given lists, it asks them about every certificate of the path, and takes none that has expired.
#[derive(Clone)]
pub(crate) struct Judge {
    root: CertificateDer<'static>,
    crls: Vec<CertificateRevocationListDer<'static>>,
}

impl Judge {
    pub(crate) fn trusting(root: &Authority) -> Self {
        Self { root: root.certificate().clone(), crls: Vec::new() }
    }

    pub(crate) fn crl(mut self, pem: &str) -> Self {
        self.crls.push(pem::parse(pem).expect("a list in PEM").into_contents().into());
        self
    }

    pub(crate) fn verify(self, client: &Identity) -> Result<(), Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root).expect("a root");
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()))
            .with_crls(self.crls)
            .enforce_revocation_expiration()
            .build()
            .expect("a verifier")
            .verify_client_cert(&client.certificate, &client.chain, UnixTime::now())
            .map(drop)
    }
}

/// Judges without lists.
pub(crate) fn verify(root: &Authority, client: &Identity) -> Result<(), Error> {
    Judge::trusting(root).verify(client)
}

pub(crate) fn parse<'a>(certificate: &'a CertificateDer<'_>) -> X509Certificate<'a> {
    X509Certificate::from_der(certificate).expect("a certificate").1
}
