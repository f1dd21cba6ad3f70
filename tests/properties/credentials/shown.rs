//! What a request shows besides its headers: its connection, what other filters say, and what is registered.

use peergate::dynamic::{DynamicList, Heard, Offline, Store};
use peergate::feed::{Format, PageReader};
use peergate::{Policy, Reading, Source, Unreadable};
use serde_json::{Value, json};

use crate::host::Host;

#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) host: Host,
    pub(crate) metadata: Reading,
    pub(crate) store: Offline,
}

impl Shown {
    /// A connection of which nothing else is known.
    pub(crate) fn by(host: Host) -> Self {
        Self { host, metadata: Ok(None), store: Offline::default() }
    }
}

/// Fills the only list of a policy.
pub(crate) fn fill(store: &Offline, policy: &Policy, entries: &[Value]) {
    let changes: Vec<Value> = entries.iter().map(|entry| json!({ "put": entry })).collect();
    let page = json!({"version": 1, "cursor": "1", "changes": changes}).to_string();
    let page = PageReader::new(page.into(), &Format::Native, u32::MAX).unwrap().finish().unwrap();
    assert!(page.problems.is_empty(), "{:?}", page.problems);
    store.fill(policy.dynamic_lists().next().unwrap(), &page, Heard::Now).unwrap();
}

impl Source for Shown {
    fn virtual_host(&self) -> Reading {
        self.host.virtual_host()
    }
    fn route(&self) -> Reading {
        self.host.route()
    }
    fn server_name(&self) -> Reading {
        self.host.server_name()
    }
    fn tls_version(&self) -> Reading {
        self.host.tls_version()
    }
    fn fingerprint(&self) -> Reading {
        self.host.fingerprint()
    }
    fn peer_certificate(&self) -> Reading {
        self.host.peer_certificate()
    }
    fn filter_state_certificate(&self) -> Reading {
        self.host.filter_state_certificate()
    }
    fn now(&self) -> Result<i64, Unreadable> {
        self.host.now()
    }
    fn metadata(&self) -> Reading {
        self.metadata.clone()
    }
    fn monotonic(&self) -> Result<u64, Unreadable> {
        Ok(Offline::NOW)
    }
    fn store(&self) -> &dyn Store {
        &self.store
    }
    fn is_current(&self, _: &DynamicList) -> Result<bool, Unreadable> {
        Ok(true)
    }
}
