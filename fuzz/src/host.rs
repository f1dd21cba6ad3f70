//! A host that answers what an input says, failures to answer among it.

use std::cell::RefCell;

use peergate::dynamic::{DynamicList, Offline, Store};
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
    pub(crate) metadata: Reading,
    pub(crate) plugin: Reading,
    pub(crate) now: Result<i64, Unreadable>,
    pub(crate) monotonic: Result<u64, Unreadable>,
    /// What the workers share; an error if the host does not answer.
    pub(crate) shared: Result<Offline, Unreadable>,
    /// What lies under every key, instead of what the workers share.
    pub(crate) garbage: Option<RefCell<Vec<u8>>>,
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
            metadata: Ok(None),
            plugin: Ok(Some(b"peergate".to_vec())),
            now: Ok(NOW),
            monotonic: Ok(Offline::NOW),
            shared: Ok(Offline::default()),
            garbage: None,
        }
    }

    /// A connection whose client presents a certificate, which the host shows whole.
    pub(crate) fn presenting(fingerprint: impl ToString, pem: &str) -> Self {
        Self {
            tls_version: Ok(Some(b"TLSv1.3".to_vec())),
            fingerprint: Ok(Some(fingerprint.to_string().into_bytes())),
            attribute: Ok(Some(pem.as_bytes().to_vec())),
            ..Self::plaintext()
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
    fn metadata(&self) -> Reading {
        self.metadata.clone()
    }
    fn plugin(&self) -> Reading {
        self.plugin.clone()
    }
    fn monotonic(&self) -> Result<u64, Unreadable> {
        self.monotonic
    }
    fn store(&self) -> &dyn Store {
        self
    }
    fn is_current(&self, list: &DynamicList) -> Result<bool, Unreadable> {
        if self.garbage.is_some() {
            return Ok(true);
        }
        let standing = self.shared.as_ref().map_err(|_| Unreadable)?.standing(list);
        Ok(list.is_current(&standing.map_err(|_| Unreadable)?, self.monotonic?))
    }
}

impl Store for Host {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        match (&self.garbage, &self.shared) {
            (Some(garbage), _) => Ok(Some((garbage.borrow().clone(), 1))),
            (None, Ok(shared)) => Store::get(shared, key),
            (None, Err(error)) => Err(*error),
        }
    }

    fn set(&self, key: &[u8], value: &[u8], number: u32) -> Result<bool, Unreadable> {
        match (&self.garbage, &self.shared) {
            (Some(garbage), _) => {
                *garbage.borrow_mut() = value.to_vec();
                Ok(true)
            }
            (None, Ok(shared)) => shared.set(key, value, number),
            (None, Err(error)) => Err(*error),
        }
    }
}

/// 2026-07-01T12:00:00Z, at which most of the certificates are valid.
pub(crate) const NOW: i64 = 1_782_907_200;
