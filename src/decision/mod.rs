//! The verdict on a request: what becomes of it, why, and by which credential.

mod admission;
mod aim;
mod charge;
mod hearing;
mod holder;
mod holders;
mod judge;
mod pass;
mod registry;
mod ticket;
mod tried;

use std::borrow::Cow;
use std::rc::Rc;

use crate::certificate::Leaf;
use crate::digest::{Digest, Fingerprint};
use crate::list::Entry;
use crate::name::Name;
use crate::policy::{Api, Credential, Place, Requirement};
use crate::reason::Reason;

use crate::token::Token;

use holder::KeyHolder;
use holders::Holding;
use registry::Sessions;

pub use aim::Aim;
pub(crate) use pass::Lasting;
pub use pass::Pass;
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
    /// What was refused and counts as not presented.
    ignored: Vec<Credential>,
    /// The credential that was refused, or is missing.
    credential: Option<Credential>,
    /// Who came too often, and in how many seconds he may come again.
    limited: Option<(String, u32)>,
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
    identity_from: Option<Credential>,
    /// Of these, those are there that are among the credentials.
    certificate: Option<Admitted<'p>>,
    jwt: Option<Token>,
    api_key: Option<KeyHolder<'p>>,
    bound: Option<Bound>,
    seen: Seen,
}

/// What was looked at and found good, part of the accepted alternative or not: should it be taken back, the
/// client would be refused.
#[derive(Clone, Debug, Default)]
struct Seen {
    certificate: Option<Fingerprint>,
    leaf: Option<Rc<Leaf>>,
    /// The digest of the API key.
    api_key: Option<Digest>,
}

/// The certificate that a token or key is bound to. No list has to admit it.
#[derive(Clone, Debug)]
struct Bound {
    fingerprint: Fingerprint,
    leaf: Option<Rc<Leaf>>,
}

/// A certificate that a list admits, and by which entry.
#[derive(Clone, Debug)]
struct Admitted<'p> {
    holding: Holding<'p>,
    /// What dynamic lists say of it, also those that are only required, or behind the one that admits it.
    sessions: Sessions,
    fingerprint: Fingerprint,
    leaf: Option<Rc<Leaf>>,
    /// When its own time ends, if that is soon.
    expires_soon: Option<i64>,
    /// How long it is admitted, as far as it goes by its lists.
    lasting: Lasting,
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

    /// The credential that was refused, or that is missing; `None` if it is not about one.
    pub fn credential(&self) -> Option<Credential> {
        self.credential
    }

    /// What the rules that decided ask for: alternatives in order, of each all credentials; one without any is
    /// `anonymous`. `None` if no API matched.
    pub fn asked_for(&self) -> Option<&'p [Vec<Credential>]> {
        self.requirement().map(|requirement| &*requirement.alternatives)
    }

    /// What those rules look at besides, if it is presented.
    pub fn checked(&self) -> &'p [Credential] {
        self.requirement().map_or(&[], |requirement| &requirement.check)
    }

    fn requirement(&self) -> Option<&'p Requirement> {
        let (_, operation) = self.place?;
        self.api?.ruling(operation).map(|ruling| &ruling.requirement)
    }

    /// The client whose credentials were accepted and who came too often, and in how many seconds he may come
    /// again.
    pub fn limited(&self) -> Option<(&str, u32)> {
        self.limited.as_ref().map(|(identity, seconds)| (&**identity, *seconds))
    }

    /// The place of the rules that decided.
    pub(crate) fn place(&self) -> Option<Place> {
        self.place
    }

    /// Whether what stands where this credential stands is taken away before the upstream: where the API says so,
    /// and where it was refused and ignored, since nobody has vouched for it.
    pub(crate) fn strips(&self, credential: Credential) -> bool {
        self.api.is_some_and(|api| api.strips) || self.ignored.contains(&credential)
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
            ignored: Vec::new(),
            credential: None,
            limited: None,
        }
    }
}

impl<'p> Accepted<'p> {
    /// Who the client is.
    pub fn identity(&self) -> String {
        self.identity_text().into_owned()
    }

    pub(crate) fn identity_text(&self) -> Cow<'_, str> {
        let mut identities =
            self.by_identity().filter_map(|credential| self.identity_by(credential));
        identities.next().unwrap_or_default()
    }

    /// The credentials in words: `certificate+jwt`.
    pub fn method(&self) -> String {
        self.method_text().into_owned()
    }

    pub(crate) fn method_text(&self) -> Cow<'static, str> {
        match self.credentials {
            [one] => one.word().into(),
            several => {
                let words: Vec<&str> = several.iter().map(|credential| credential.word()).collect();
                words.join("+").into()
            }
        }
    }

    /// The accepted certificate's fingerprint.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.certificate.as_ref().map(|admitted| admitted.fingerprint)
    }

    /// The accepted certificate, if the policy had to look at it.
    pub fn leaf(&self) -> Option<&Leaf> {
        self.certificate.as_ref()?.leaf.as_deref()
    }

    /// When the certificate's time ends, in seconds since the Unix epoch, if its dates were looked at and
    /// that is within the time of warning.
    pub fn expires_soon(&self) -> Option<i64> {
        self.certificate.as_ref()?.expires_soon
    }

    /// The list that admitted the certificate, and the position of the entry in it, from 0; a dynamic list's
    /// entries have none.
    pub fn entry(&self) -> Option<(&'p str, Option<usize>)> {
        let Holding { list, held, .. } = &self.certificate.as_ref()?.holding;
        Some((list.name(), held.position().map(|position| list.written_position(position))))
    }

    /// The list that holds the API key.
    pub fn key_list(&self) -> Option<&'p str> {
        self.api_key.as_ref().map(|holder| holder.list.name())
    }

    /// The certificate that the token or key is bound to.
    pub fn bound_to(&self) -> Option<Fingerprint> {
        self.bound.as_ref().map(|bound| bound.fingerprint)
    }

    /// The certificates between the client's and the authority that admitted it, by their subjects, the
    /// issuer of the client's first; `None` if it was admitted by itself.
    pub fn path(&self) -> Option<&[Box<str>]> {
        let path = self.certificate.as_ref()?.holding.path.as_ref();
        path.map(|holding| &*holding.path.via)
    }

    /// A label of the entry of the credential that says who the client is, or else of another.
    pub(crate) fn label(&self, name: &Name) -> Option<&str> {
        self.by_identity().find_map(|credential| {
            let labels = &self.entry_of(credential)?.labels;
            labels.iter().find(|(label, _)| label == name).map(|(_, value)| &**value)
        })
    }

    /// The kinds of credentials, in the order in which they say who the client is.
    fn by_identity(&self) -> impl Iterator<Item = Credential> {
        let usual = [Credential::Certificate, Credential::ApiKey, Credential::Jwt];
        self.identity_from.into_iter().chain(usual)
    }

    fn identity_by(&self, credential: Credential) -> Option<Cow<'_, str>> {
        match credential {
            Credential::Certificate => self.certificate.as_ref().map(Admitted::identity),
            Credential::Jwt => self.jwt.as_ref().map(|token| (&*token.identity).into()),
            Credential::ApiKey => self.api_key.as_ref().map(KeyHolder::identity),
        }
    }

    fn entry_of(&self, credential: Credential) -> Option<&Entry> {
        match credential {
            Credential::Certificate => {
                self.certificate.as_ref().map(|admitted| admitted.holding.entry())
            }
            Credential::Jwt => None,
            Credential::ApiKey => self.api_key.as_ref().map(|holder| &*holder.entry),
        }
    }
}

impl Admitted<'_> {
    fn identity(&self) -> Cow<'_, str> {
        match self.holding.identity() {
            Some(identity) => identity.into(),
            None => self.fingerprint.to_string().into(),
        }
    }
}
