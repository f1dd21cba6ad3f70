//! The host as the source of evidence for one decision.

use std::cell::OnceCell;

use peergate::dynamic::{DynamicList, Store};
use peergate::{HostVerifier, Reading, Source, Unreadable};

use crate::plugin::Plugin;
use crate::shared::Shared;
use crate::standings::Standings;
use crate::{host, signature};

/// One decision's look at the host: a clock that it has read it does not read again.
pub(crate) struct Look<'s> {
    standings: &'s Standings,
    plugin: &'s Plugin,
    now: OnceCell<Result<i64, Unreadable>>,
    monotonic: OnceCell<Result<u64, Unreadable>>,
}

impl<'s> Look<'s> {
    /// A look at the current stream.
    pub(crate) fn new(standings: &'s Standings, plugin: &'s Plugin) -> Self {
        Self { standings, plugin, now: OnceCell::new(), monotonic: OnceCell::new() }
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

    fn metadata(&self) -> Reading {
        host::property("metadata")
    }

    fn plugin(&self) -> Reading {
        self.plugin.name().map(|name| Some(name.to_vec()))
    }

    fn salt(&self) -> Reading {
        self.plugin.salt().map(|salt| Some(salt.to_vec()))
    }

    fn monotonic(&self) -> Result<u64, Unreadable> {
        *self.monotonic.get_or_init(host::monotonic)
    }

    fn store(&self) -> &dyn Store {
        &Shared
    }

    fn is_current(&self, list: &DynamicList) -> Result<bool, Unreadable> {
        self.standings.is_current(list, || self.monotonic())
    }

    fn signatures(&self) -> Option<HostVerifier> {
        Some(|check| signature::verify(check.hash, check.key, check.signature, check.message))
    }
}
