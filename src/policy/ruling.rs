//! What the requests of an API, or of an operation, must show.

use std::sync::Arc;

use crate::api_key::ApiKeyRule;
use crate::dynamic::Rate;
use crate::location::Location;
use crate::token::{BoundRule, JwtRule};

use super::requirement::{Credential, Requirement};
use super::{Enforcement, ListId};

/// What a request must show.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub(crate) requirement: Requirement,
    /// Present if the requirement looks at certificates.
    pub(crate) certificate: Option<CertificateRule>,
    /// Present if it looks at tokens.
    pub(crate) jwt: Option<Arc<JwtRule>>,
    /// Present if it looks at API keys.
    pub(crate) api_key: Option<Arc<ApiKeyRule>>,
    /// Which certificates hold that a token or a key is bound to: none that is denied or out of date.
    pub(crate) bound: CertificateRule,
    /// Which of the accepted credentials says who the client is, if it is among them.
    pub(crate) identity_from: Option<Credential>,
    /// How many requests each identity may make whose entry does not say so itself.
    pub(crate) rate: Option<Rate>,
    pub(crate) enforcement: Enforcement,
    /// Whether nothing but a certificate, this policy and the time decides.
    pub(crate) goes_by_certificate_alone: bool,
}

impl Ruling {
    /// Whether one of these credentials is looked at.
    pub(crate) fn names_any(&self, credentials: &[Credential]) -> bool {
        credentials.iter().any(|credential| self.requirement.names(*credential))
    }

    /// Whether what lets a request pass may be taken back while it is being served: a certificate or a key, or
    /// the certificate that a token is bound to.
    pub(crate) fn may_end(&self) -> bool {
        let is_bound = |rule: &Arc<JwtRule>| rule.bound != BoundRule::Unchecked;
        self.names_any(&[Credential::Certificate, Credential::ApiKey])
            || (self.names_any(&[Credential::Jwt]) && self.jwt.as_ref().is_none_or(is_bound))
    }

    /// Whether there is anybody whose requests could be counted.
    pub(crate) fn tells_apart(&self) -> bool {
        self.requirement.alternatives.iter().any(|alternative| !alternative.is_empty())
    }

    /// Where the tokens and keys of these methods stand that are looked at.
    pub(crate) fn locations(&self, of: impl Fn(Credential) -> bool) -> Vec<&Location> {
        let is_meant = |credential| self.requirement.names(credential) && of(credential);
        let jwt = self.jwt.as_deref().filter(|_| is_meant(Credential::Jwt));
        let api_key = self.api_key.as_deref().filter(|_| is_meant(Credential::ApiKey));
        let of_jwt = jwt.map_or(&[][..], |rule| &rule.from);
        of_jwt.iter().chain(api_key.map_or(&[][..], |rule| &rule.from)).collect()
    }
}

/// Which certificates hold.
#[derive(Clone, Debug)]
pub(crate) struct CertificateRule {
    /// Any of these admits: the API's own lists in order, then the global ones.
    pub(crate) allow: Vec<ListId>,
    /// All of these must hold it too.
    pub(crate) require: Vec<ListId>,
    /// None of these may refuse it: the API's own, then the global ones.
    pub(crate) deny: Vec<ListId>,
    pub(crate) validity: ValidityRule,
    pub(crate) if_refused: IfRefused,
    /// Whether a list or the upstream needs the whole leaf.
    pub(crate) needs_leaf: bool,
}

/// What if a certificate's dates cannot be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ValidityRule {
    /// It is refused.
    #[default]
    Required,
    /// It passes; known dates are enforced.
    WhenKnown,
    /// It passes; dates are not looked at.
    Unchecked,
}

/// What becomes of a request one of whose credentials is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IfRefused {
    /// It is refused.
    #[default]
    Deny,
    /// It is judged as if it did not have it.
    Ignore,
}
