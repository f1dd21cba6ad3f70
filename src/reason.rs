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
    pub const ALL: [Self; 24] = [
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

    /// The answer to a refused request; `None` for the reasons that let it pass.
    pub fn status(self) -> Option<Status> {
        let status = |http, grpc, title, detail| Some(Status { http, grpc, title, detail });
        match self {
            Self::Allowed | Self::Anonymous => None,
            Self::BadTarget => {
                status(400, 3, "Bad Request", "the request target is not in its normal form")
            }
            Self::NoTls | Self::CertificateRequired => {
                status(403, 7, "Forbidden", "a client certificate is required")
            }
            Self::CertificateNotAllowed
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
            | Self::ApiNotGranted => {
                status(403, 7, "Forbidden", "the client certificate was refused")
            }
            Self::NoMatchingApi => status(403, 7, "Forbidden", "access is not allowed"),
            Self::Misdirected => {
                status(421, 9, "Misdirected Request", "the connection is for another host")
            }
            Self::CertificateUnavailable | Self::RevocationUnknown | Self::ListStale => {
                status(503, 14, "Service Unavailable", "the client certificate cannot be checked")
            }
            Self::Internal => {
                status(503, 13, "Service Unavailable", "the request cannot be checked")
            }
        }
    }

    /// Whether it refuses although the policy is only tried out (`enforcement: shadow`): what is not the
    /// policy's judgement, and deny lists.
    pub(crate) fn holds_in_shadow(self) -> bool {
        matches!(
            self,
            Self::BadTarget | Self::CertificateDenied | Self::Misdirected | Self::Internal
        )
    }

    /// Whether `if_refused: ignore` covers it: the certificate was examined in full and is not good
    /// enough. One that is denied or revoked, or could not be examined, is never ignored.
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
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// What a refused client is answered. The detail says what was missing or refused and never more: a
/// finer answer would tell strangers which certificates are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// HTTP status code.
    pub http: u16,
    /// gRPC status code.
    pub grpc: u8,
    /// The status in words.
    pub title: &'static str,
    /// What was missing or refused.
    pub detail: &'static str,
}
