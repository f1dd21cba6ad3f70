//! A policy: what each request must show. It is made by [`Policy::read`](crate::Policy::read) alone and
//! cannot be invalid.

mod forward;
mod requirement;
mod ruling;

use std::sync::Arc;

use crate::authority::Trust;
use crate::believed::Believed;
use crate::config::Problems;
use crate::digest::Digest;
use crate::dynamic::DynamicList;
use crate::list::List;
use crate::name::Name;
use crate::target::{AuthorityRules, MatchRule, Target};

pub(crate) use forward::{CertificateFormat, Forward, ForwardedState};
pub use requirement::Credential;
pub(crate) use requirement::Requirement;
pub(crate) use ruling::{CertificateRule, IfRefused, Ruling, ValidityRule};

/// A compiled configuration.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) lists: Vec<List>,
    /// The authorities of all lists, each once.
    pub(crate) trusts: Vec<Trust>,
    /// What is known of issuers: the SHA-256 of each one's name, and of its certificate.
    pub(crate) issuers: Vec<(Digest, Digest)>,
    /// What is wrong with entries that lists go without.
    pub(crate) skipped: Problems,
    pub(crate) authority: AuthorityRules,
    pub(crate) sni: ServerNameRule,
    pub(crate) apis: Vec<Api>,
    pub(crate) unmatched: Unmatched,
    pub(crate) enforcement: Enforcement,
    pub(crate) forward: Forward,
    /// What clients may not send.
    pub(crate) believed: Believed,
    pub(crate) detail: Detail,
    /// Seconds before the end of something at which it is told.
    pub(crate) expiry_warning: i64,
    /// The path that tells whether all dynamic lists are fresh.
    pub(crate) ready_path: Option<Box<str>>,
    /// Whether some rule asks for Envoy's choice of virtual host, of route.
    pub(crate) asks_virtual_host: bool,
    pub(crate) asks_route: bool,
}

/// A place of a list in [`Policy::lists`].
pub(crate) type ListId = usize;

/// A place of an authority in [`Policy::trusts`].
pub(crate) type TrustId = usize;

/// One API: the first whose match holds decides.
#[derive(Clone, Debug)]
pub struct Api {
    pub(crate) name: Name,
    /// Its place among the APIs, from 0.
    pub(crate) position: usize,
    pub(crate) matches: Vec<MatchRule>,
    pub(crate) ruling: Ruling,
    pub(crate) operations: Vec<Operation>,
    pub(crate) open_streams: OpenStreams,
    /// Whether tokens and keys that are looked at are taken away before the upstream.
    pub(crate) strips: bool,
    pub(crate) preflight: Preflight,
}

impl Api {
    /// The name that grants, metrics and audit go by.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The ruling of an operation, or its own.
    pub(crate) fn ruling(&self, operation: Option<usize>) -> Option<&Ruling> {
        match operation {
            Some(operation) => self.operations.get(operation).map(|operation| &operation.ruling),
            None => Some(&self.ruling),
        }
    }

    /// Its own ruling, and those of its operations.
    pub(crate) fn rulings(&self) -> impl Iterator<Item = &Ruling> {
        [&self.ruling].into_iter().chain(self.operations.iter().map(|operation| &operation.ruling))
    }

    /// Every rule that chooses it or one of its operations.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &MatchRule> {
        let operations = self.operations.iter().flat_map(|operation| &operation.matches);
        self.matches.iter().chain(operations)
    }
}

/// Other rules for some requests of an API.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) matches: Vec<MatchRule>,
    pub(crate) ruling: Ruling,
}

/// What becomes of a request that is being served when its client no longer passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OpenStreams {
    /// It goes on to its end.
    #[default]
    Keep,
    /// It is reset.
    End,
}

/// What becomes of a preflight request (Fetch, section 3.2.2), with which browsers send no credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Preflight {
    /// It is judged like any other.
    #[default]
    Check,
    /// It passes as nobody.
    Pass,
}

/// Whether refusals are carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Enforcement {
    /// They are.
    #[default]
    Enforce,
    /// A refusal by policy is counted and passes.
    Shadow,
}

/// What becomes of a request that no API matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Unmatched {
    #[default]
    Deny,
    Allow,
}

/// Whether the authority must equal the server name indication (SNI) of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ServerNameRule {
    #[default]
    Unchecked,
    /// If the client sent one.
    WhenPresent,
    /// And it must have sent one.
    Required,
}

/// What a refused client is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What kind of credential was missing or refused.
    #[default]
    Generic,
    /// The reason as well.
    Reason,
}

/// The rules that a request falls under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selection<'p> {
    pub(crate) place: Place,
    pub(crate) api: &'p Api,
    pub(crate) ruling: &'p Ruling,
}

impl Selection<'_> {
    /// Whether nothing but a certificate, this policy and the time decides, and nobody asks again while the request
    /// is being served.
    pub(crate) fn goes_by_certificate_alone(&self) -> bool {
        self.ruling.goes_by_certificate_alone && self.api.open_streams == OpenStreams::Keep
    }
}

/// A target that falls under different rules, depending on who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ambiguous;

impl Policy {
    /// What is wrong with the entries that their lists go without (`on_invalid_entry: skip`).
    pub fn skipped(&self) -> &Problems {
        &self.skipped
    }

    /// The APIs in order.
    pub fn apis(&self) -> &[Api] {
        &self.apis
    }

    /// The lists that a feed fills, each with the place by which a [`Source`](crate::Source) knows it.
    pub fn dynamic_lists(&self) -> impl Iterator<Item = &Arc<DynamicList>> {
        self.lists.iter().filter_map(List::dynamic)
    }

    /// Under what names its rules read tokens in the metadata of `jwt_authn`: that of a verified one's payload, and
    /// that of the status of one that failed. Each pair once.
    ///
    /// # Example
    /// ```
    /// let jwt = r#"{"issuers": ["https://idp.example"], "payload": "payload"}"#;
    /// let text = format!(r#"{{"version": 1, "apis": [{{"name": "a", "policy": ["jwt"], "jwt": {jwt}}}]}}"#);
    /// let policy = peergate::Policy::read(text.as_bytes())?;
    /// assert_eq!(policy.token_names(), [("payload", "jwt_failed_status")]);
    /// # Ok::<(), peergate::Problems>(())
    /// ```
    pub fn token_names(&self) -> Vec<(&str, &str)> {
        let rules =
            self.apis.iter().flat_map(Api::rulings).filter_map(|ruling| ruling.jwt.as_deref());
        let mut names = Vec::new();
        for rule in rules {
            let pair = (&*rule.payload, &*rule.failed_status);
            if !names.contains(&pair) {
                names.push(pair);
            }
        }
        names
    }

    /// Whether it matches hosts, and by their port too.
    pub fn tells_ports_apart(&self) -> bool {
        !self.authority.ignore_port
            && self.apis.iter().flat_map(Api::rules).any(|rule| rule.hosts.is_some())
    }

    /// The rules for a request; `Ok(None)` if no API matches.
    ///
    /// A path with `;` parameters or needless escapes has a second reading. Envoy may have routed by the
    /// one and the upstream may serve by the other, so both must fall under the same rules.
    pub(crate) fn select(&self, target: &Target<'_>) -> Result<Option<Selection<'_>>, Ambiguous> {
        let Some(path) = &target.path else {
            return Ok(self.choose(target, None));
        };
        let (sent, folded) = path.readings();
        let chosen = self.choose(target, Some(sent));
        if let Some(folded) = folded {
            let place = |choice: &Option<Selection<'_>>| choice.map(|choice| choice.place);
            if place(&self.choose(target, Some(folded))) != place(&chosen) {
                return Err(Ambiguous);
            }
        }
        Ok(chosen)
    }

    /// The rules at a place.
    pub(crate) fn at(&self, place: Place) -> Option<Selection<'_>> {
        let api = self.apis.get(place.0)?;
        let ruling = api.ruling(place.1)?;
        Some(Selection { place, api, ruling })
    }

    fn choose(&self, target: &Target<'_>, path: Option<&[u8]>) -> Option<Selection<'_>> {
        let holds = |matches: &[MatchRule]| matches.iter().any(|rule| rule.matches(target, path));
        let (index, api) = self.apis.iter().enumerate().find(|(_, api)| holds(&api.matches))?;
        let operation =
            api.operations.iter().enumerate().find(|(_, operation)| holds(&operation.matches));
        let place = (index, operation.map(|(index, _)| index));
        let ruling = operation.map_or(&api.ruling, |(_, operation)| &operation.ruling);
        Some(Selection { place, api, ruling })
    }
}

/// An API and an operation of it, by position.
pub(crate) type Place = (usize, Option<usize>);
