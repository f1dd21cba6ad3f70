//! What the upstream learns of clients.

use crate::header_name::HeaderName;
use crate::name::Name;

/// The headers by which the upstream learns who the client is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forward {
    pub(crate) identity: Option<HeaderName>,
    pub(crate) method: Option<HeaderName>,
    pub(crate) fingerprint: Option<HeaderName>,
    pub(crate) client_cert: Option<(HeaderName, CertificateFormat)>,
    pub(crate) labels: Vec<(Name, HeaderName)>,
    /// What other filters learn, by filter state.
    pub(crate) states: Vec<ForwardedState>,
}

/// What filter state tells of an accepted client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardedState {
    Identity,
    Api,
    Method,
}

impl ForwardedState {
    pub(crate) const ALL: [Self; 3] = [Self::Identity, Self::Api, Self::Method];

    /// The word of the configuration.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Api => "api",
            Self::Method => "method",
        }
    }
}

impl Forward {
    /// Every header that may be set, and so must not come from a client.
    pub(crate) fn names(&self) -> impl Iterator<Item = &HeaderName> {
        [&self.identity, &self.method, &self.fingerprint]
            .into_iter()
            .flatten()
            .chain(self.client_cert.as_ref().map(|(name, _)| name))
            .chain(self.labels.iter().map(|(_, name)| name))
    }
}

/// How a certificate stands in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateFormat {
    /// `:base64:` (RFC 9440 section 2.2).
    Rfc9440,
    /// Base64 of the DER, without line breaks.
    DerBase64,
    /// PEM, percent-encoded.
    PemPercent,
}
