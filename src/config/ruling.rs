//! What the requests of an API, or of an operation, must show: `policy`, a block for each method it names, and
//! what goes with them.

use std::sync::Arc;

use crate::api_key::ApiKeyRule;
use crate::dynamic::Rate;
use crate::policy::{CertificateRule, Credential, Enforcement, Requirement, Ruling};
use crate::token::JwtRule;

use super::api::Context;
use super::problem::{At, Problems};
use super::reader::Fields;
use super::settings::enforcement;
use super::{api_key, certificate, jwt, rate, requirement};

/// The parts of a ruling, each of which an operation may leave to its API.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) requirement: Option<Requirement>,
    certificate: Block<CertificateRule>,
    jwt: Block<Arc<JwtRule>>,
    api_key: Block<Arc<ApiKeyRule>>,
    identity_from: Option<Credential>,
    rate: Option<Rate>,
    enforcement: Option<Enforcement>,
    /// The fields that are there, good or not.
    given: Vec<&'static str>,
}

/// The block of a method.
struct Block<T> {
    /// Whether it is there, good or not.
    is_given: bool,
    rule: Option<T>,
}

impl<T> Default for Block<T> {
    fn default() -> Self {
        Self { is_given: false, rule: None }
    }
}

impl<T: Clone> Block<T> {
    /// A block that may be left to the API.
    fn or(&self, api: Option<&Self>) -> Option<T> {
        if self.is_given { self.rule.clone() } else { api?.rule.clone() }
    }
}

impl Parts {
    pub(super) fn read(
        fields: &mut Fields<'_, '_>,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Self {
        let given = FIELDS.into_iter().filter(|name| fields.optional(name).is_some()).collect();
        let certificate = fields.read("certificate", problems, |node, at, problems| {
            Some(certificate::read(node, at, context, problems))
        });
        let jwt = fields.read("jwt", problems, |node, at, problems| {
            Some(jwt::read(node, at, context, problems).map(Arc::new))
        });
        let api_key = fields.read("api_key", problems, |node, at, problems| {
            Some(api_key::read(node, at, context, problems).map(Arc::new))
        });
        Self {
            requirement: fields.read("policy", problems, requirement::read),
            certificate: Block { is_given: certificate.is_some(), rule: certificate.flatten() },
            jwt: Block { is_given: jwt.is_some(), rule: jwt.flatten() },
            api_key: Block { is_given: api_key.is_some(), rule: api_key.flatten() },
            identity_from: fields.read("identity_from", problems, requirement::credential),
            rate: fields.read("rate", problems, rate::rate),
            enforcement: fields.read("enforcement", problems, enforcement),
            given,
        }
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Whether the block of a method is there, good or not.
    pub(super) fn has(&self, credential: Credential) -> bool {
        match credential {
            Credential::Certificate => self.certificate.is_given,
            Credential::Jwt => self.jwt.is_given,
            Credential::ApiKey => self.api_key.is_given,
        }
    }

    /// The methods that the policy names; all of them if it is faulty.
    pub(super) fn used(&self) -> Vec<Credential> {
        let named = |credential: &Credential| {
            self.requirement.as_ref().is_none_or(|requirement| requirement.names(*credential))
        };
        Credential::ALL.into_iter().filter(named).collect()
    }

    /// Whether `rate` is there, good or not.
    pub(super) fn has_rate(&self) -> bool {
        self.given.contains(&"rate")
    }

    /// Reports blocks of methods that nobody looks at.
    pub(super) fn report_unused(&self, used: &[Credential], at: &At<'_>, problems: &mut Problems) {
        for credential in Credential::ALL {
            if self.has(credential) && !used.contains(&credential) {
                let what = match credential {
                    Credential::Certificate => "certificates",
                    Credential::Jwt => "tokens",
                    Credential::ApiKey => "API keys",
                };
                let message = format_args!("no policy here looks at {what}");
                problems.report(&at.field(credential.word()), message);
            }
        }
    }

    /// Puts a ruling together; what an operation leaves out, its API says. `None` if the policy is faulty.
    pub(super) fn ruling(
        &self,
        api: Option<&Self>,
        at: &At<'_>,
        context: &Context<'_>,
        problems: &mut Problems,
    ) -> Option<Ruling> {
        let requirement = match &self.requirement {
            Some(requirement) => requirement.clone(),
            None if self.given.contains(&"policy") => return None,
            None => api?.requirement.clone()?,
        };
        // A faulty API is to blame for more than its operations can tell.
        let is_elsewhere =
            |credential| api.is_some_and(|api| api.requirement.is_none() || api.has(credential));
        for credential in Credential::ALL {
            if requirement.names(credential) && !self.has(credential) && !is_elsewhere(credential) {
                let word = credential.word();
                problems.report(&at.field(word), format_args!("missing: the policy names {word}"));
            }
        }
        let identity_from = self.identity_from.or(api.and_then(|api| api.identity_from));
        if let Some(credential) = self.identity_from
            && !requirement.alternatives.iter().flatten().any(|named| *named == credential)
        {
            let message = format_args!("no alternative of the policy has {}", credential.word());
            problems.report(&at.field("identity_from"), message);
        }
        let certificate = self.certificate.or(api.map(|api| &api.certificate));
        let jwt = self.jwt.or(api.map(|api| &api.jwt));
        let api_key = self.api_key.or(api.map(|api| &api.api_key));
        let enforcement = self.enforcement.or(api.and_then(|api| api.enforcement));
        if requirement.names(Credential::Jwt)
            && requirement.names(Credential::ApiKey)
            && let Some((jwt, api_key)) = jwt.as_ref().zip(api_key.as_ref())
        {
            self.report_overlap(jwt, api_key, at, problems);
        }
        let rate = self.rate.or(api.and_then(|api| api.rate));
        let is_static =
            certificate.as_ref().is_some_and(|rule| certificate::is_static(context, rule));
        let names = |credential| requirement.names(credential);
        let by_certificate =
            names(Credential::Certificate) && !names(Credential::Jwt) && !names(Credential::ApiKey);
        Some(Ruling {
            goes_by_certificate_alone: by_certificate && is_static && rate.is_none(),
            bound: certificate::bound(context, certificate.as_ref()),
            requirement,
            certificate,
            jwt,
            api_key,
            identity_from,
            rate,
            enforcement: enforcement.unwrap_or(context.global.enforcement),
        })
    }

    /// Reports a place that is read as a token and as a key: what stands there would be refused as one of them.
    fn report_overlap(
        &self,
        jwt: &JwtRule,
        api_key: &ApiKeyRule,
        at: &At<'_>,
        problems: &mut Problems,
    ) {
        for (index, location) in api_key.from.iter().enumerate() {
            if jwt.from.iter().any(|other| other.overlaps(location)) {
                let at_key = at.field("api_key");
                let at_from = at_key.field("from");
                let at_item = at_from.index(index);
                let at = if self.api_key.is_given { &at_item } else { at };
                let message = format_args!("{location}: jwt.from reads the same place");
                problems.report(at, message);
            }
        }
    }
}

/// What an operation may change.
const FIELDS: [&str; 7] =
    ["policy", "certificate", "jwt", "api_key", "identity_from", "rate", "enforcement"];
