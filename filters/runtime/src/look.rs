//! The host as the source of evidence for one decision.

use std::cell::OnceCell;

use peergate::dynamic::DynamicList;
use peergate::{HostVerifier, Reading, Source, Unreadable};

use crate::standings::Standings;
use crate::{host, signature};

/// One decision's look at the host: a clock that it has read it does not read again.
pub(crate) struct Look<'s> {
    standings: &'s Standings,
    now: OnceCell<Result<i64, Unreadable>>,
    monotonic: OnceCell<Result<u64, Unreadable>>,
}

impl<'s> Look<'s> {
    /// A look at the current stream.
    pub(crate) fn new(standings: &'s Standings) -> Self {
        Self { standings, now: OnceCell::new(), monotonic: OnceCell::new() }
    }
}

impl Source for Look<'_> {
    fn virtual_host(&self) -> Reading {
        host::property("xds\0virtual_host_name")
    }

    fn route(&self) -> Reading {
        host::property("xds\0route_name")
    }

    fn server_name(&self) -> Reading {
        host::property("connection\0requested_server_name")
    }

    fn tls_version(&self) -> Reading {
        host::property("connection\0tls_version")
    }

    fn fingerprint(&self) -> Reading {
        host::property("connection\0sha256_peer_certificate_digest")
    }

    fn peer_certificate(&self) -> Reading {
        host::property("connection\0peer_certificate")
    }

    fn filter_state_certificate(&self) -> Reading {
        host::property("filter_state\0peergate.peer_certificate")
    }

    fn now(&self) -> Result<i64, Unreadable> {
        *self.now.get_or_init(host::now)
    }

    fn shared(&self, key: &[u8]) -> Reading {
        Ok(host::shared(key)?.map(|(value, _)| value))
    }

    fn is_current(&self, list: &DynamicList) -> Result<bool, Unreadable> {
        self.standings.is_current(list, || *self.monotonic.get_or_init(host::monotonic))
    }

    fn signatures(&self) -> Option<HostVerifier> {
        Some(|check| signature::verify(check.hash, check.key, check.signature, check.message))
    }
}
