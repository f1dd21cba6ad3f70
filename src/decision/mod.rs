//! The verdict on a request: what becomes of it, why, and by which credential.

mod admission;
mod holders;
mod judge;
mod registry;
mod ticket;
mod tried;

use std::rc::Rc;

use crate::certificate::Leaf;
use crate::digest::Fingerprint;
use crate::name::Name;
use crate::policy::{Api, Credential, Place};
use crate::reason::Reason;

use holders::Holding;

pub use ticket::Ticket;
pub(crate) use tried::Miss;
pub use tried::Tried;

/// What becomes of a request, and why. Only [`Policy::judge`](crate::Policy::judge) makes one.
#[derive(Clone, Debug)]
pub struct Verdict<'p> {
    outcome: Outcome,
    reason: Reason,
    api: Option<&'p Api>,
    /// Which of its rules decided.
    place: Option<Place>,
    presented: Option<Fingerprint>,
    accepted: Option<Accepted<'p>>,
    tried: Vec<Tried<'p>>,
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
    holding: Holding<'p>,
    fingerprint: Fingerprint,
    leaf: Option<Rc<Leaf>>,
    /// When its own time ends, if that is soon.
    expires_soon: Option<i64>,
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

    /// The authorities that were asked and did not admit the certificate, in order. A refusal that is
    /// remembered asks nobody.
    pub fn tried(&self) -> &[Tried<'p>] {
        &self.tried
    }

    /// A request that the host could not be asked about, or to which it did not do what was decided.
    pub fn internal() -> Self {
        let (outcome, reason) = (Outcome::Denied, Reason::Internal);
        Self {
            outcome,
            reason,
            api: None,
            place: None,
            presented: None,
            accepted: None,
            tried: Vec::new(),
        }
    }
}

impl<'p> Accepted<'p> {
    /// Who the client is.
    pub fn identity(&self) -> String {
        let Holding { path, .. } = &self.certificate.holding;
        let entry = self.certificate.holding.entry();
        let from_leaf = path.as_ref().and_then(|path| path.identity.as_deref());
        match from_leaf.or(entry.identity.as_deref()) {
            Some(identity) => identity.to_owned(),
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

    /// When the certificate's time ends, in seconds since the Unix epoch, if its dates were looked at and
    /// that is within the time of warning.
    pub fn expires_soon(&self) -> Option<i64> {
        self.certificate.expires_soon
    }

    /// The list that admitted the certificate, and the position of the entry in it, from 0; a dynamic list's
    /// entries have none.
    pub fn entry(&self) -> (&'p str, Option<usize>) {
        let Holding { list, held, .. } = &self.certificate.holding;
        (list.name(), held.position().map(|position| list.written_position(position)))
    }

    /// The certificates between the client's and the authority that admitted it, by their subjects, the
    /// issuer of the client's first; `None` if it was admitted by itself.
    pub fn path(&self) -> Option<&[Box<str>]> {
        self.certificate.holding.path.as_ref().map(|holding| &*holding.path.via)
    }

    /// A label of the entry that admitted the certificate.
    pub(crate) fn label(&self, name: &Name) -> Option<&str> {
        let labels = &self.certificate.holding.entry().labels;
        labels.iter().find(|(label, _)| label == name).map(|(_, value)| &**value)
    }
}
