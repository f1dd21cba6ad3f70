//! A host that answers what a test says, failures to answer among it.

use peergate::{Reading, Source, Unreadable};

/// What the host answers.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) virtual_host: Reading,
    pub(crate) route: Reading,
    pub(crate) server_name: Reading,
    pub(crate) tls_version: Reading,
    pub(crate) fingerprint: Reading,
    pub(crate) attribute: Reading,
    pub(crate) filter_state: Reading,
    pub(crate) now: Result<i64, Unreadable>,
}

impl Host {
    /// A connection without TLS.
    pub(crate) fn plaintext() -> Self {
        Self {
            virtual_host: Ok(None),
            route: Ok(None),
            server_name: Ok(None),
            tls_version: Ok(None),
            fingerprint: Ok(None),
            attribute: Ok(None),
            filter_state: Ok(None),
            now: Ok(NOW),
        }
    }
}

impl Source for Host {
    fn virtual_host(&self) -> Reading {
        self.virtual_host.clone()
    }
    fn route(&self) -> Reading {
        self.route.clone()
    }
    fn server_name(&self) -> Reading {
        self.server_name.clone()
    }
    fn tls_version(&self) -> Reading {
        self.tls_version.clone()
    }
    fn fingerprint(&self) -> Reading {
        self.fingerprint.clone()
    }
    fn peer_certificate(&self) -> Reading {
        self.attribute.clone()
    }
    fn filter_state_certificate(&self) -> Reading {
        self.filter_state.clone()
    }
    fn now(&self) -> Result<i64, Unreadable> {
        self.now
    }
}

/// 2026-07-01T12:00:00Z, at which most of the certificates are valid.
pub(crate) const NOW: i64 = 1_782_907_200;
