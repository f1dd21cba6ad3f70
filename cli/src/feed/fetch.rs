//! Asking a feed over HTTP, as Envoy asks it for the filter.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use peergate::carrier::pem;
use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::document;
use crate::failure::Failure;

/// The URL of a feed.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// `https://feed.internal:8443`.
    base: String,
    pub(crate) authority: String,
    /// With its query.
    pub(crate) path: String,
    pub(crate) is_encrypted: bool,
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| "is no URL")?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("expected http://HOST/PATH or https://HOST/PATH");
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Self {
            base: format!("{scheme}://{authority}"),
            authority: authority.to_string(),
            path: path.to_owned(),
            is_encrypted: scheme == "https",
        })
    }
}

/// How to trust a server, and to show who asks.
#[derive(Debug, clap::Args)]
pub(crate) struct Tls {
    /// The authorities that the feed's server is trusted by, as PEM; those that browsers trust if left out
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// A client certificate to show to the feed, and what is between it and its authority, as PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The key of the client certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl Tls {
    fn config(&self) -> Result<TlsConfig, Failure> {
        let mut config = TlsConfig::builder();
        if let Some(file) = &self.cacert {
            config = config.root_certs(RootCerts::new_with_certs(&certificates(file)?));
        }
        if let (Some(chain), Some(key)) = (&self.cert, &self.key) {
            let chain = certificates(chain)?;
            let bytes = document::bytes(key)?;
            let key = PrivateKey::from_pem(&bytes)
                .map_err(|_| Failure::file(key, "no private key in PEM"))?;
            config = config.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
        }
        Ok(config.build())
    }
}

fn certificates(file: &Path) -> Result<Vec<Certificate<'static>>, Failure> {
    let text = document::text(file)?;
    let ders = pem::certificates(&text).map_err(|why| Failure::file(file, why))?;
    Ok(ders.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
}

/// Whoever asks.
pub(crate) struct Client(Agent);

/// What came back.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) etag: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn new(tls: &Tls) -> Result<Self, Failure> {
        let config = Agent::config_builder()
            .tls_config(tls.config()?)
            // Envoy asks the cluster and nobody else.
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent("peergate")
            .accept("application/json");
        Ok(Self(config.build().new_agent()))
    }

    /// Asks for a path of the feed.
    pub(crate) fn get(
        &self,
        address: &Address,
        path: &str,
        timeout: Duration,
    ) -> Result<Got, Failure> {
        let url = format!("{}{path}", address.base);
        let failed = |error: ureq::Error| Failure::Input(format!("{url}: {error}"));
        let request = self.0.get(&url).config().timeout_global(Some(timeout)).build();
        let mut response = request.call().map_err(failed)?;
        let etag = response.headers().get("etag").map(|value| value.as_bytes().to_vec());
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MOST).read_to_vec().map_err(failed)?;
        Ok(Got { status, etag, body })
    }
}

/// Bytes of an answer that are read, to tell how much too large it is.
const MOST: u64 = 268_435_456;
