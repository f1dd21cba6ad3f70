//! Clients that speak HTTP/1.1 and HTTP/2, over TLS or in the clear.

mod h1;
mod h2;
pub mod load;
mod outgoing;
mod parse;
mod request;
mod response;
mod tls;
mod witness;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::CertificateDer;

pub use self::h1::H1;
pub(crate) use self::h2::listed;
pub use self::h2::{Download, H2};
pub(crate) use self::parse::parse;
pub use self::request::Request;
pub use self::response::Response;
use self::tls::Tls;
pub use self::tls::{Handshake, Version};
use crate::pki::Identity;

/// How to reach a server: the identity to show, the authority to trust, the protocols to offer.
///
/// Clones share their sessions.
#[derive(Clone, Debug)]
pub struct Client {
    /// None: in the clear.
    tls: Option<Tls>,
}

impl Client {
    /// Trusts one server authority and shows no certificate.
    ///
    /// Expects a server named `localhost`, offers TLS 1.2 and 1.3 and the ALPN of the protocol it
    /// is asked to speak, and resumes no session.
    pub fn new(trust: &CertificateDer<'_>) -> Self {
        Self { tls: Some(Tls::new(trust)) }
    }

    /// Speaks in the clear: HTTP/1.1, or HTTP/2 by prior knowledge.
    pub fn plaintext() -> Self {
        Self { tls: None }
    }

    /// Shows this certificate, with its chain, to a server that asks for one.
    ///
    /// A server that supports none of the key's algorithms gets no certificate at all.
    pub fn identity(self, identity: &Identity) -> Self {
        self.change(|tls| tls.identity = Some(identity.clone()))
    }

    /// Sends this name (SNI) and expects it in the server's certificate.
    pub fn server_name(self, name: &str) -> Self {
        self.change(|tls| tls.server_name = name.to_owned())
    }

    /// Sends no server name (SNI), and expects the same one in the server's certificate.
    pub fn without_sni(self) -> Self {
        self.change(|tls| tls.sends_name = false)
    }

    /// Offers these protocols, whichever is spoken later; none leaves ALPN out.
    pub fn alpn(self, protocols: &[&str]) -> Self {
        let protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        self.change(|tls| tls.alpn = Some(protocols))
    }

    /// Offers these versions of TLS.
    pub fn versions(self, versions: &[Version]) -> Self {
        self.change(|tls| tls.versions = versions.to_vec())
    }

    /// Resumes sessions, or never does.
    ///
    /// A ticket of TLS 1.3 comes after the handshake: read an answer before connecting again.
    pub fn resumption(self, resumption: bool) -> Self {
        self.change(|tls| tls.resumption = resumption)
    }

    /// Opens a connection for HTTP/1.1.
    ///
    /// # Errors
    ///
    /// When the handshake fails. In TLS 1.3 a server refuses a client's certificate after that: the
    /// error then comes with the first answer.
    pub async fn h1(&self, address: SocketAddr) -> io::Result<H1> {
        let (stream, handshake) = self.connect(address, "http/1.1").await?;
        Ok(H1::new(stream, handshake))
    }

    /// Opens a connection for HTTP/2.
    ///
    /// # Errors
    ///
    /// As [`Client::h1`] does.
    pub async fn h2(&self, address: SocketAddr) -> io::Result<H2> {
        let (stream, handshake) = self.connect(address, "h2").await?;
        within(H2::new(stream, handshake)).await
    }

    /// Opens a connection for whoever speaks this protocol (of ALPN) himself.
    ///
    /// # Errors
    ///
    /// As [`Client::h1`] does.
    pub async fn open(
        &self,
        address: SocketAddr,
        protocol: &str,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>> {
        Ok(self.connect(address, protocol).await?.0)
    }

    async fn connect(
        &self,
        address: SocketAddr,
        protocol: &str,
    ) -> io::Result<(tls::Stream, Option<Handshake>)> {
        within(async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            match &self.tls {
                None => Ok((Box::new(stream) as tls::Stream, None)),
                Some(tls) => {
                    let (stream, handshake) = tls.connect(stream, protocol).await?;
                    Ok((stream, Some(handshake)))
                }
            }
        })
        .await
    }

    fn change(mut self, change: impl FnOnce(&mut Tls)) -> Self {
        let tls = self.tls.as_mut().expect("a client in the clear has nothing to say in TLS");
        change(tls);
        tls.forget();
        self
    }
}

/// Bounds an exchange, so that no test hangs.
async fn within<T>(exchange: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(PATIENCE, exchange).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("no answer within {} s", PATIENCE.as_secs()),
        )),
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
