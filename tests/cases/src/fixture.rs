//! A connection that is made up.

use std::fmt;
use std::time::Duration;

use peergate::dynamic::{DynamicList, Offline, Store};
use peergate::{Reading, Source, Unreadable};

/// What Envoy would show of a connection and of its choice of route.
#[derive(Clone, Debug, Default)]
pub struct Fixture {
    /// The virtual host that Envoy chose.
    pub virtual_host: Option<String>,
    /// The route that Envoy chose.
    pub route: Option<String>,
    /// Whether the connection has TLS.
    pub tls: bool,
    /// The server name indication.
    pub server_name: Option<String>,
    /// The fingerprint of the certificate that the client presented, in hex.
    pub fingerprint: Option<String>,
    /// `connection.peer_certificate`.
    pub attribute: Option<String>,
    /// Filter state `peergate.peer_certificate`.
    pub filter_state: Option<String>,
    /// Seconds since the Unix epoch.
    pub now: i64,
    /// How long ago it is, by the monotonic clock: for requests that came before another.
    pub ago: Duration,
    /// What lies in shared data: the lists that have a feed.
    pub shared: Offline,
    /// What tells the plugin from others.
    pub plugin: Option<String>,
    /// What other filters say of the request: a serialised `envoy.config.core.v3.Metadata`.
    pub metadata: Option<Vec<u8>>,
    /// What the host fails to read.
    pub unreadable: Vec<Property>,
}

/// What can be read of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// Envoy's choice of virtual host.
    VirtualHost,
    /// Envoy's choice of route.
    Route,
    /// The server name indication.
    ServerName,
    /// Whether there is TLS.
    TlsVersion,
    /// The certificate's fingerprint.
    Fingerprint,
    /// The certificate as an attribute.
    Attribute,
    /// The certificate in filter state.
    FilterState,
    /// The clock.
    Clock,
    /// What lies in shared data.
    Shared,
    /// How a list stands that has a feed.
    List,
    /// What other filters say of the request.
    Metadata,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::VirtualHost,
        Self::Route,
        Self::ServerName,
        Self::TlsVersion,
        Self::Fingerprint,
        Self::Attribute,
        Self::FilterState,
        Self::Clock,
        Self::Shared,
        Self::List,
        Self::Metadata,
    ];

    /// Its name in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::VirtualHost => "virtual_host",
            Self::Route => "route",
            Self::ServerName => "server_name",
            Self::TlsVersion => "tls_version",
            Self::Fingerprint => "fingerprint",
            Self::Attribute => "attribute",
            Self::FilterState => "filter_state",
            Self::Clock => "clock",
            Self::Shared => "shared",
            Self::List => "list",
            Self::Metadata => "metadata",
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl Fixture {
    fn read(&self, property: Property, found: Option<&str>) -> Reading {
        self.readable(property)?;
        // As Envoy's properties are: an empty one is none.
        Ok(found.filter(|text| !text.is_empty()).map(|text| text.as_bytes().to_vec()))
    }

    fn readable(&self, property: Property) -> Result<(), Unreadable> {
        if self.unreadable.contains(&property) { Err(Unreadable) } else { Ok(()) }
    }
}

impl Source for Fixture {
    fn virtual_host(&self) -> Reading {
        self.read(Property::VirtualHost, self.virtual_host.as_deref())
    }

    fn route(&self) -> Reading {
        self.read(Property::Route, self.route.as_deref())
    }

    fn server_name(&self) -> Reading {
        self.read(Property::ServerName, self.server_name.as_deref())
    }

    fn tls_version(&self) -> Reading {
        self.read(Property::TlsVersion, self.tls.then_some("TLSv1.3"))
    }

    fn fingerprint(&self) -> Reading {
        self.read(Property::Fingerprint, self.fingerprint.as_deref())
    }

    fn peer_certificate(&self) -> Reading {
        self.read(Property::Attribute, self.attribute.as_deref())
    }

    fn filter_state_certificate(&self) -> Reading {
        self.read(Property::FilterState, self.filter_state.as_deref())
    }

    fn now(&self) -> Result<i64, Unreadable> {
        self.readable(Property::Clock).map(|()| self.now)
    }

    fn shared(&self, key: &[u8]) -> Reading {
        self.readable(Property::Shared).map(|()| self.shared.get(key))
    }

    fn metadata(&self) -> Reading {
        self.readable(Property::Metadata).map(|()| self.metadata.clone())
    }

    fn plugin(&self) -> Reading {
        Ok(self.plugin.as_ref().map(|name| name.as_bytes().to_vec()))
    }

    fn monotonic(&self) -> Result<u64, Unreadable> {
        let ago = u64::try_from(self.ago.as_nanos()).unwrap_or(u64::MAX);
        self.readable(Property::Clock).map(|()| Offline::NOW.saturating_sub(ago))
    }

    fn store(&self) -> &dyn Store {
        if self.readable(Property::Shared).is_ok() { &self.shared } else { &Unanswering }
    }

    fn is_current(&self, list: &DynamicList) -> Result<bool, Unreadable> {
        self.readable(Property::List)?;
        let standing = self.shared.standing(list).map_err(|_| Unreadable)?;
        Ok(list.is_current(&standing, Offline::NOW))
    }
}

/// Shared data that the host fails to read and to write.
struct Unanswering;

impl Store for Unanswering {
    fn get(&self, _key: &[u8]) -> Result<Option<(Vec<u8>, u32)>, Unreadable> {
        Err(Unreadable)
    }

    fn set(&self, _key: &[u8], _value: &[u8], _number: u32) -> Result<bool, Unreadable> {
        Err(Unreadable)
    }
}
