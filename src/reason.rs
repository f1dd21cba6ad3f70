//! Why a request passed or was refused: one stable word per cause, the same in metrics, logs, response
//! code details, the command line and test cases.

use std::fmt;

/// The cause of a verdict. New ones may come in minor versions: treat an unknown one as a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A credential was accepted.
    Allowed,
    /// The policy asks for no credential.
    Anonymous,
    /// Others could read the host or path otherwise than Envoy did.
    BadTarget,
    /// A client certificate is needed and the connection has no TLS.
    NoTls,
    /// A client certificate is needed and none was presented.
    CertificateRequired,
    /// No list admits the certificate.
    CertificateNotAllowed,
    /// A list admits it, and one that must hold it too does not.
    CertificateNotRegistered,
    /// A deny list refuses it.
    CertificateDenied,
    /// Its time is over.
    CertificateExpired,
    /// Its time has not begun.
    CertificateNotYetValid,
    /// It, or what carries it, cannot be parsed.
    CertificateMalformed,
    /// What carries it holds another certificate than the connection's.
    CertificateMismatch,
    /// The policy needs the whole certificate and only its fingerprint is known.
    CertificateUnavailable,
    /// An authority that a list holds is named as its issuer, and the path to it does not hold.
    ChainInvalid,
    /// A revocation list of its authority revokes it, or its issuer.
    CertificateRevoked,
    /// A revocation list that must be there is missing, too old, or not by the issuer.
    RevocationUnknown,
    /// Who registered the client has suspended it.
    SessionInactive,
    /// The client's registration has ended.
    SessionExpired,
    /// The client's registration has not begun.
    SessionNotYetValid,
    /// The client is registered for other APIs.
    ApiNotGranted,
    /// A token is needed and none was presented.
    JwtRequired,
    /// A token was presented that nobody has verified, or that is of another issuer, for another audience, or
    /// for nobody.
    JwtRefused,
    /// The token does not say, or not grant, what it must.
    JwtInsufficient,
    /// An API key is needed and none was presented.
    ApiKeyRequired,
    /// No list holds the API key.
    ApiKeyUnknown,
    /// There are several API keys in the request.
    ApiKeyAmbiguous,
    /// The token or key is bound to another certificate than the connection's.
    BindingMismatch,
    /// The client has made more requests than it may.
    RateLimited,
    /// A dynamic list has not been filled, or has not heard of its feed for too long.
    ListStale,
    /// No API matches the request.
    NoMatchingApi,
    /// The authority is not the server name that the connection was made for.
    Misdirected,
    /// The host did not answer as it must.
    Internal,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 32] = [
        Self::Allowed,
        Self::Anonymous,
        Self::BadTarget,
        Self::NoTls,
        Self::CertificateRequired,
        Self::CertificateNotAllowed,
        Self::CertificateNotRegistered,
        Self::CertificateDenied,
        Self::CertificateExpired,
        Self::CertificateNotYetValid,
        Self::CertificateMalformed,
        Self::CertificateMismatch,
        Self::CertificateUnavailable,
        Self::ChainInvalid,
        Self::CertificateRevoked,
        Self::RevocationUnknown,
        Self::SessionInactive,
        Self::SessionExpired,
        Self::SessionNotYetValid,
        Self::ApiNotGranted,
        Self::JwtRequired,
        Self::JwtRefused,
        Self::JwtInsufficient,
        Self::ApiKeyRequired,
        Self::ApiKeyUnknown,
        Self::ApiKeyAmbiguous,
        Self::BindingMismatch,
        Self::RateLimited,
        Self::ListStale,
        Self::NoMatchingApi,
        Self::Misdirected,
        Self::Internal,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Anonymous => "anonymous",
            Self::BadTarget => "bad_target",
            Self::NoTls => "no_tls",
            Self::CertificateRequired => "certificate_required",
            Self::CertificateNotAllowed => "certificate_not_allowed",
            Self::CertificateNotRegistered => "certificate_not_registered",
            Self::CertificateDenied => "certificate_denied",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateNotYetValid => "certificate_not_yet_valid",
            Self::CertificateMalformed => "certificate_malformed",
            Self::CertificateMismatch => "certificate_mismatch",
            Self::CertificateUnavailable => "certificate_unavailable",
            Self::ChainInvalid => "chain_invalid",
            Self::CertificateRevoked => "certificate_revoked",
            Self::RevocationUnknown => "revocation_unknown",
            Self::SessionInactive => "session_inactive",
            Self::SessionExpired => "session_expired",
            Self::SessionNotYetValid => "session_not_yet_valid",
            Self::ApiNotGranted => "api_not_granted",
            Self::JwtRequired => "jwt_required",
            Self::JwtRefused => "jwt_refused",
            Self::JwtInsufficient => "jwt_insufficient",
            Self::ApiKeyRequired => "api_key_required",
            Self::ApiKeyUnknown => "api_key_unknown",
            Self::ApiKeyAmbiguous => "api_key_ambiguous",
            Self::BindingMismatch => "binding_mismatch",
            Self::RateLimited => "rate_limited",
            Self::ListStale => "list_stale",
            Self::NoMatchingApi => "no_matching_api",
            Self::Misdirected => "misdirected",
            Self::Internal => "internal",
        }
    }

    /// The response code details of the refusal, as access logs show them.
    pub fn details(self) -> String {
        format!("peergate_{}", self.word())
    }

    /// The status of the answer to a refused request; `None` for the reasons that let it pass.
    pub fn status(self) -> Option<Status> {
        let (http, grpc, title) = match self {
            Self::Allowed | Self::Anonymous => return None,
            Self::BadTarget => (400, 3, "Bad Request"),
            Self::JwtRequired
            | Self::JwtRefused
            | Self::ApiKeyRequired
            | Self::ApiKeyUnknown
            | Self::ApiKeyAmbiguous
            | Self::BindingMismatch => (401, 16, "Unauthorized"),
            Self::NoTls
            | Self::CertificateRequired
            | Self::CertificateNotAllowed
            | Self::CertificateNotRegistered
            | Self::CertificateDenied
            | Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::CertificateMalformed
            | Self::CertificateMismatch
            | Self::ChainInvalid
            | Self::CertificateRevoked
            | Self::SessionInactive
            | Self::SessionExpired
            | Self::SessionNotYetValid
            | Self::ApiNotGranted
            | Self::JwtInsufficient
            | Self::NoMatchingApi => (403, 7, "Forbidden"),
            Self::Misdirected => (421, 9, "Misdirected Request"),
            Self::RateLimited => (429, 8, "Too Many Requests"),
            Self::CertificateUnavailable | Self::RevocationUnknown | Self::ListStale => {
                (503, 14, "Service Unavailable")
            }
            Self::Internal => (503, 13, "Service Unavailable"),
        };
        Some(Status { http, grpc, title })
    }

    /// Whether it refuses although the policy is only tried out (`enforcement: shadow`): what is not the
    /// policy's judgement, and deny lists.
    pub(crate) fn holds_in_shadow(self) -> bool {
        matches!(
            self,
            Self::BadTarget | Self::CertificateDenied | Self::Misdirected | Self::Internal
        )
    }

    /// Whether `if_refused: ignore` covers it: the credential was examined in full and is not good enough. A
    /// certificate that is denied or revoked, one that could not be examined, several keys, and what is bound
    /// to somebody else are never ignored.
    pub(crate) fn may_be_ignored(self) -> bool {
        matches!(
            self,
            Self::CertificateNotAllowed
                | Self::CertificateNotRegistered
                | Self::CertificateExpired
                | Self::CertificateNotYetValid
                | Self::ChainInvalid
                | Self::SessionInactive
                | Self::SessionExpired
                | Self::SessionNotYetValid
                | Self::ApiNotGranted
                | Self::JwtRefused
                | Self::JwtInsufficient
                | Self::ApiKeyUnknown
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// The status of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// HTTP status code.
    pub http: u16,
    /// gRPC status code.
    pub grpc: u8,
    /// The status in words.
    pub title: &'static str,
}
