//! A policy: what each request must show. It is made by [`Policy::read`](crate::Policy::read) alone and
//! cannot be invalid.

use std::sync::Arc;

use crate::authority::Trust;
use crate::config::Problems;
use crate::digest::Digest;
use crate::dynamic::DynamicList;
use crate::header_name::HeaderName;
use crate::list::List;
use crate::name::Name;
use crate::target::{AuthorityRules, MatchRule, Target};

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
}

impl Api {
    /// The name that grants, metrics and audit go by.
    pub fn name(&self) -> &Name {
        &self.name
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

/// What a request must show.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub(crate) requirement: Requirement,
    /// Present if the requirement looks at certificates.
    pub(crate) certificate: Option<CertificateRule>,
    pub(crate) enforcement: Enforcement,
}

/// Which credentials must hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// In order; the first that holds lets the request pass. An empty one is `anonymous`.
    pub(crate) alternatives: Vec<Vec<Credential>>,
    /// Looked at if presented, although no alternative needs them.
    pub(crate) check: Vec<Credential>,
}

impl Requirement {
    /// A certificate and nothing else.
    pub(crate) fn of_certificate() -> Self {
        Self { alternatives: vec![vec![Credential::Certificate]], check: Vec::new() }
    }

    /// Whether the credential is looked at.
    pub(crate) fn names(&self, credential: Credential) -> bool {
        self.alternatives.iter().flatten().chain(&self.check).any(|named| *named == credential)
    }
}

/// A kind of credential that a policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The client certificate of the connection.
    Certificate,
}

impl Credential {
    /// The word of the configuration, also what the upstream reads in `forward.method`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
        }
    }
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

/// What becomes of a request whose certificate is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IfRefused {
    /// It is refused.
    #[default]
    Deny,
    /// It is judged as if it had no certificate.
    Ignore,
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

/// The headers by which the upstream learns who the client is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forward {
    pub(crate) identity: Option<HeaderName>,
    pub(crate) method: Option<HeaderName>,
    pub(crate) fingerprint: Option<HeaderName>,
    pub(crate) client_cert: Option<(HeaderName, CertificateFormat)>,
    pub(crate) labels: Vec<(Name, HeaderName)>,
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

/// The rules that a request falls under.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selection<'p> {
    pub(crate) place: Place,
    pub(crate) api: &'p Api,
    pub(crate) ruling: &'p Ruling,
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
        let ruling = match place.1 {
            Some(operation) => &api.operations.get(operation)?.ruling,
            None => &api.ruling,
        };
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
