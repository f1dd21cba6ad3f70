//! The TLS half of a client.

use std::io;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::{ResolvesClientCert, Resumption};
use tokio_rustls::rustls::crypto::aws_lc_rs::{default_provider, sign};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ClientConfig, HandshakeKind, RootCertStore, SignatureScheme};

use crate::pki::Identity;

/// A version of TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// What a handshake came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handshake {
    /// Whether an earlier session was resumed.
    pub resumed: bool,
    /// The protocol the server chose.
    pub alpn: Option<String>,
    /// The version of TLS.
    pub version: Version,
}

#[derive(Clone, Debug)]
pub(super) struct Tls {
    pub(super) trust: CertificateDer<'static>,
    pub(super) identity: Option<Identity>,
    pub(super) server_name: String,
    /// Whether the server is told that name.
    pub(super) sends_name: bool,
    pub(super) alpn: Option<Vec<Vec<u8>>>,
    pub(super) versions: Vec<Version>,
    pub(super) resumption: bool,
    /// Built once: rustls resumes a session only for the very configuration that began it.
    config: OnceLock<ClientConfig>,
}

impl Tls {
    pub(super) fn new(trust: &CertificateDer<'_>) -> Self {
        Self {
            trust: trust.clone().into_owned(),
            identity: None,
            server_name: "localhost".to_owned(),
            sends_name: true,
            alpn: None,
            versions: vec![Version::Tls12, Version::Tls13],
            resumption: false,
            config: OnceLock::new(),
        }
    }

    /// Forgets the configuration and its sessions.
    pub(super) fn forget(&mut self) {
        self.config = OnceLock::new();
    }

    pub(super) async fn connect(
        &self,
        stream: TcpStream,
        protocol: &str,
    ) -> io::Result<(Stream, Handshake)> {
        let mut config = self.config.get_or_init(|| self.configure()).clone();
        config.alpn_protocols =
            self.alpn.clone().unwrap_or_else(|| vec![protocol.as_bytes().to_vec()]);
        let name = ServerName::try_from(self.server_name.clone()).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;

        let connection = stream.get_ref().1;
        let handshake = Handshake {
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            alpn: connection.alpn_protocol().map(|it| String::from_utf8_lossy(it).into_owned()),
            version: match connection.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => Version::Tls12,
                _ => Version::Tls13,
            },
        };
        Ok((Box::new(stream), handshake))
    }

    fn configure(&self) -> ClientConfig {
        let versions: Vec<_> = self.versions.iter().map(Version::supported).collect();
        let mut roots = RootCertStore::empty();
        roots.add(self.trust.clone()).expect("the server authority's certificate can be read");
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&versions)
            .expect("the provider speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder.with_client_cert_resolver(Arc::new(Shown::new(identity))),
        };
        config.enable_sni = self.sends_name;
        config.resumption = if self.resumption {
            Resumption::in_memory_sessions(64)
        } else {
            Resumption::disabled()
        };
        config
    }
}

impl Version {
    fn supported(&self) -> &'static rustls::SupportedProtocolVersion {
        match self {
            Self::Tls12 => &rustls::version::TLS12,
            Self::Tls13 => &rustls::version::TLS13,
        }
    }
}

/// An identity that is shown whatever the server asks for, and whatever its certificate holds.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl Shown {
    fn new(identity: &Identity) -> Self {
        let key = sign::any_supported_type(&identity.key).expect("the identity's key can sign");
        let presented = identity.presented().cloned().collect();
        Self(Arc::new(CertifiedKey::new(presented, key)))
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _hints: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A connection, whatever carries it.
pub(super) type Stream = Box<dyn Duplex>;

/// What can be read and written.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}
