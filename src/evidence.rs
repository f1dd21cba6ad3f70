//! What a connection shows of its client, read on demand: reads are what a decision costs.

use std::rc::Rc;

use crate::carrier::{pem, xfcc};
use crate::certificate::Leaf;
use crate::digest::Fingerprint;
use crate::dynamic::{DynamicList, Store};
use crate::memory::{Client, Memory};
use crate::reason::Reason;
use crate::request::Headers;
use crate::signature::HostVerifier;

/// A property of the host: `Ok(None)` if it has none of that name, or an empty one.
pub type Reading = Result<Option<Vec<u8>>, Unreadable>;

/// The host did not answer a read: neither a value nor its absence may be concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// Where evidence is read from: Envoy's properties, or files and flags that stand for them.
pub trait Source {
    /// `xds.virtual_host_name`.
    ///
    /// # Errors
    /// [`Unreadable`], here and below, if the host fails.
    fn virtual_host(&self) -> Reading;
    /// `xds.route_name`.
    fn route(&self) -> Reading;
    /// `connection.requested_server_name`: the server name indication.
    fn server_name(&self) -> Reading;
    /// `connection.tls_version`: present on every TLS connection.
    fn tls_version(&self) -> Reading;
    /// `connection.sha256_peer_certificate_digest`: the leaf's fingerprint in hex.
    fn fingerprint(&self) -> Reading;
    /// `connection.peer_certificate` (Envoy 1.38 and later): the leaf as PEM.
    fn peer_certificate(&self) -> Reading;
    /// Filter state `peergate.peer_certificate`: the leaf as percent-encoded PEM.
    fn filter_state_certificate(&self) -> Reading;
    /// Wall clock, in seconds since the Unix epoch.
    fn now(&self) -> Result<i64, Unreadable>;

    /// `metadata`: what other filters say of the request, as a serialised `envoy.config.core.v3.Metadata`.
    fn metadata(&self) -> Reading {
        Ok(None)
    }

    /// `plugin_name`: what tells this plugin from others of the same proxy.
    fn plugin(&self) -> Reading {
        Ok(None)
    }

    /// Bytes that the plugin's workers have in common and nobody outside the proxy knows: where a client's
    /// requests are counted depends on them, so that no client can choose to be counted beside another.
    fn salt(&self) -> Reading {
        Ok(None)
    }

    /// Monotonic clock, in nanoseconds.
    fn monotonic(&self) -> Result<u64, Unreadable> {
        Err(Unreadable)
    }

    /// What lies under a key in the data that the host's workers share: dynamic lists are kept there. An
    /// empty value is one all the same.
    fn shared(&self, key: &[u8]) -> Reading {
        Ok(self.store().get(key)?.map(|(value, _)| value))
    }

    /// The data that the host's workers share, for those who write to it: rates are counted there.
    fn store(&self) -> &dyn Store {
        &Nowhere
    }

    /// Whether a dynamic list is whole, and heard of its feed lately enough to be gone by.
    fn is_current(&self, list: &DynamicList) -> Result<bool, Unreadable> {
        let _ = list;
        Ok(false)
    }

    /// The host's own verification of signatures, if it has one.
    fn signatures(&self) -> Option<HostVerifier> {
        None
    }
}

/// Shared data that nobody shares and nobody keeps.
struct Nowhere;

impl Store for Nowhere {
    fn get(&self, _key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        Ok(None)
    }

    fn set(&self, _key: &[u8], _value: &[u8], _number: u32) -> Result<bool, Unreadable> {
        Err(Unreadable)
    }
}

/// What the client of the connection presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// The connection has no TLS.
    Plaintext,
    /// TLS without a client certificate.
    Anonymous,
    /// A certificate whose key the client holds: the handshake proved it. Nothing else is known of it.
    Presented(Fingerprint),
}

impl Peer {
    pub(crate) fn read(source: &impl Source) -> Result<Self, Unreadable> {
        Self::of(source.fingerprint()?.as_deref(), source)
    }

    /// The peer whose certificate the host says to have these hex digits.
    pub(crate) fn of(digits: Option<&[u8]>, source: &impl Source) -> Result<Self, Unreadable> {
        match digits {
            Some(hex) => Fingerprint::from_hex(hex).map(Self::Presented).ok_or(Unreadable),
            None => Ok(match source.tls_version()? {
                Some(_) => Self::Anonymous,
                None => Self::Plaintext,
            }),
        }
    }
}

/// A leaf, and what was known of its holder before.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) leaf: Rc<Leaf>,
    pub(crate) client: Option<Rc<Client>>,
}

/// Finds the connection's whole leaf: a property of Envoy 1.38 and later, else filter state, else `Cert`
/// or the beginning of `Chain` in the last element of `x-forwarded-client-cert`. `Ok(None)` if nothing
/// carries it.
///
/// # Errors
/// The reason to refuse: what carries it holds no certificate, or another one than the connection's.
pub(crate) fn leaf(
    source: &impl Source,
    headers: &Headers<'_>,
    memory: &mut Memory,
    fingerprint: Fingerprint,
) -> Result<Option<Whole>, Reason> {
    if let Some(client) = memory.client(fingerprint) {
        return Ok(Some(Whole { leaf: Rc::clone(&client.leaf), client: Some(client) }));
    }
    let Some(der) = carried(source, headers)? else {
        return Ok(None);
    };
    // Whoever wrote the carrier, only the connection's own certificate has this digest.
    if Fingerprint::of(&der) != fingerprint {
        return Err(Reason::CertificateMismatch);
    }
    let leaf = Rc::new(Leaf::parse(&der).map_err(|_| Reason::CertificateMalformed)?);
    Ok(Some(Whole { leaf, client: None }))
}

fn carried(source: &impl Source, headers: &Headers<'_>) -> Result<Option<Vec<u8>>, Reason> {
    let property = match source.peer_certificate().map_err(|_| Reason::Internal)? {
        Some(pem) => Some(pem),
        None => source.filter_state_certificate().map_err(|_| Reason::Internal)?,
    };
    let decode = |pem: &[u8]| pem::carried(pem).map_err(|_| Reason::CertificateMalformed);
    if let Some(pem) = property {
        return decode(&pem).map(Some);
    }
    // Envoy joins repeated copies of this header; the last one is the nearest hop's in any case.
    let Some(value) = headers.all(xfcc::NAME.as_bytes()).last() else {
        return Ok(None);
    };
    match xfcc::last_certificate(value).map_err(|_| Reason::CertificateMalformed)? {
        Some(certificate) => decode(certificate).map(Some),
        // What the client presented begins with its own.
        None => Ok(pem::chain(chain(headers)).into_iter().next()),
    }
}

/// What the client presented after its own certificate, if a carrier says so: untrusted, and nothing but
/// certificates that a path may lead over. A malformed carrier carries none.
pub(crate) fn chain<'h>(headers: &Headers<'h>) -> &'h [u8] {
    let value = headers.all(xfcc::NAME.as_bytes()).last();
    let chain = value.and_then(|value| xfcc::last_chain(value).ok().flatten()).unwrap_or_default();
    chain.get(..pem::LONGEST).unwrap_or(chain)
}
