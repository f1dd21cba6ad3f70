//! The verdict on a request: what becomes of it, why, and by which credential.

mod judge;

use std::rc::Rc;

use crate::certificate::Leaf;
use crate::digest::Fingerprint;
use crate::list::Entry;
use crate::name::Name;
use crate::policy::{Api, Credential};
use crate::reason::Reason;

/// What becomes of a request, and why. Only [`Policy::judge`](crate::Policy::judge) makes one.
#[derive(Clone, Debug)]
pub struct Verdict<'p> {
    outcome: Outcome,
    reason: Reason,
    api: Option<&'p Api>,
    presented: Option<Fingerprint>,
    accepted: Option<Accepted<'p>>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It passes.
    Allowed,
    /// It is refused.
    Denied,
    /// It would be refused if the policy were enforced; it passes as nobody.
    Shadowed,
}

impl Outcome {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Shadowed => "shadowed",
        }
    }

    /// Whether the request goes on to the upstream.
    pub fn passes(self) -> bool {
        !matches!(self, Self::Denied)
    }
}

/// The credentials that let a request pass.
#[derive(Clone, Debug)]
pub struct Accepted<'p> {
    credentials: &'p [Credential],
    certificate: Admitted<'p>,
}

/// A certificate that a list admits, and by which entry.
#[derive(Clone, Debug)]
struct Admitted<'p> {
    entry: &'p Entry,
    fingerprint: Fingerprint,
    leaf: Option<Rc<Leaf>>,
}

impl<'p> Verdict<'p> {
    /// What becomes of the request.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The API that decided; `None` if none matched or the target was refused before.
    pub fn api(&self) -> Option<&'p Name> {
        self.api.map(|api| &api.name)
    }

    /// The place of that API in the policy, from 0.
    pub fn api_position(&self) -> Option<usize> {
        self.api.map(|api| api.position)
    }

    /// The fingerprint of the certificate that was looked at, accepted or not.
    pub fn presented(&self) -> Option<Fingerprint> {
        self.presented
    }

    /// The credentials that let the request pass; `None` if it was refused or passes as nobody.
    pub fn accepted(&self) -> Option<&Accepted<'p>> {
        self.accepted.as_ref()
    }

    /// A request that the host could not be asked about, or to which it did not do what was decided.
    pub fn internal() -> Self {
        let (outcome, reason) = (Outcome::Denied, Reason::Internal);
        Self { outcome, reason, api: None, presented: None, accepted: None }
    }
}

impl Accepted<'_> {
    /// Who the client is.
    pub fn identity(&self) -> String {
        match &self.certificate.entry.identity {
            Some(identity) => identity.to_string(),
            None => self.certificate.fingerprint.to_string(),
        }
    }

    /// The credentials in words: `certificate`.
    pub fn method(&self) -> String {
        let words: Vec<&str> =
            self.credentials.iter().map(|credential| credential.word()).collect();
        words.join("+")
    }

    /// The accepted certificate's fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        self.certificate.fingerprint
    }

    /// The accepted certificate, if the policy had to look at it.
    pub fn leaf(&self) -> Option<&Leaf> {
        self.certificate.leaf.as_deref()
    }

    /// A label of the entry that admitted the certificate.
    pub(crate) fn label(&self, name: &Name) -> Option<&str> {
        let labels = &self.certificate.entry.labels;
        labels.iter().find(|(label, _)| label == name).map(|(_, value)| &**value)
    }
}
