//! Refusals as clients see them.

use std::borrow::Cow;

use crate::decision::Verdict;
use crate::policy::{Credential, Detail};
use crate::reason::{Reason, Status};

/// A refusal as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status code.
    pub status: u16,
    /// gRPC status code; Envoy sends it in place of the HTTP one if the request is gRPC.
    pub grpc: u8,
    /// Headers besides those that Envoy adds.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// Problem details (RFC 9457), or the message of a gRPC status.
    pub body: String,
    /// Response code details: `peergate_<reason>`; no client sees them.
    pub details: String,
}

/// The answer to a request that cannot be judged for want of a policy.
pub fn internal_refusal() -> Option<Reply> {
    refusal(&Verdict::internal(), Detail::Generic, false)
}

/// The answer to a refused request; `None` if it is not refused.
pub(crate) fn refusal(verdict: &Verdict<'_>, detail: Detail, is_grpc: bool) -> Option<Reply> {
    let (reason, credential) = (verdict.reason(), verdict.credential());
    let Status { http, grpc, title } = reason.status()?;
    let generic = generic(reason, credential);
    let extra = match detail {
        Detail::Generic => String::new(),
        Detail::Reason if is_grpc => format!(" ({reason})"),
        Detail::Reason => format!(r#","reason":"{reason}""#),
    };
    let mut headers: Vec<(&str, Cow<'_, str>)> = Vec::new();
    let body = if is_grpc {
        format!("{generic}{extra}")
    } else {
        headers.push(("content-type", "application/problem+json".into()));
        format!(
            r#"{{"type":"about:blank","title":"{title}","status":{http},"detail":"{generic}"{extra}}}"#
        )
    };
    if let Some(challenge) = challenge(reason, credential) {
        headers.push(("www-authenticate", challenge.into()));
    }
    match verdict.limited() {
        Some((_, seconds)) => headers.push(("retry-after", seconds.to_string().into())),
        None if http == 503 && reason != Reason::Internal => {
            headers.push(("retry-after", RETRY_AFTER.into()));
        }
        None => {}
    }
    Some(Reply { status: http, grpc, headers, body, details: reason.details() })
}

/// What was missing or refused, and never more: a finer answer would tell strangers which certificates, tokens
/// and keys are known.
fn generic(reason: Reason, credential: Option<Credential>) -> &'static str {
    match reason {
        Reason::Allowed | Reason::Anonymous => "",
        Reason::BadTarget => "the request target is not in its normal form",
        Reason::NoTls | Reason::CertificateRequired => "a client certificate is required",
        Reason::JwtRequired => "a token is required",
        Reason::ApiKeyRequired => "an API key is required",
        Reason::CertificateNotAllowed
        | Reason::CertificateNotRegistered
        | Reason::CertificateDenied
        | Reason::CertificateExpired
        | Reason::CertificateNotYetValid
        | Reason::CertificateMalformed
        | Reason::CertificateMismatch
        | Reason::ChainInvalid
        | Reason::CertificateRevoked => "the client certificate was refused",
        Reason::SessionInactive
        | Reason::SessionExpired
        | Reason::SessionNotYetValid
        | Reason::ApiNotGranted
        | Reason::JwtRefused
        | Reason::JwtInsufficient
        | Reason::ApiKeyUnknown
        | Reason::ApiKeyAmbiguous
        | Reason::BindingMismatch => match credential {
            Some(Credential::Jwt) => "the token was refused",
            Some(Credential::ApiKey) => "the API key was refused",
            Some(Credential::Certificate) | None => "the client certificate was refused",
        },
        Reason::CertificateUnavailable | Reason::RevocationUnknown => {
            "the client certificate cannot be checked"
        }
        Reason::ListStale => match credential {
            Some(Credential::Jwt) => "the token cannot be checked",
            Some(Credential::ApiKey) => "the API key cannot be checked",
            Some(Credential::Certificate) | None => "the client certificate cannot be checked",
        },
        Reason::RateLimited => "too many requests",
        Reason::NoMatchingApi => "access is not allowed",
        Reason::Misdirected => "the connection is for another host",
        Reason::Internal => "the request cannot be checked",
    }
}

/// How to authenticate instead (RFC 9110 section 11.6.1, RFC 6750 section 3). A token that is bound to another
/// certificate is answered like any other that is refused (RFC 8705 section 3).
fn challenge(reason: Reason, credential: Option<Credential>) -> Option<&'static str> {
    match (reason, credential) {
        (Reason::JwtRequired, _) => Some("Bearer"),
        (Reason::JwtInsufficient, _) => Some(r#"Bearer error="insufficient_scope""#),
        (Reason::JwtRefused, _) | (Reason::BindingMismatch, Some(Credential::Jwt)) => {
            Some(r#"Bearer error="invalid_token""#)
        }
        (
            Reason::ApiKeyRequired
            | Reason::ApiKeyUnknown
            | Reason::ApiKeyAmbiguous
            | Reason::BindingMismatch,
            _,
        ) => Some("ApiKey"),
        _ => None,
    }
}

/// Seconds until a client may try again: a host that lacks evidence is misconfigured, or just starting.
const RETRY_AFTER: &str = "5";
