//! JSON Web Tokens (RFC 7519) that another filter has verified: which of them hold, and for whom.

mod binding;
mod claims;
mod same;

use crate::config::node::Node;
use crate::location::Location;
use crate::metadata::{self, JWT_AUTHN, Malformed};
use crate::policy::IfRefused;
use crate::reason::Reason;
use crate::request::Headers;

pub(crate) use binding::Binding;
pub(crate) use claims::{ClaimName, ClaimRule, Scalar, Wanted};

/// Which tokens hold.
#[derive(Clone, Debug)]
pub(crate) struct JwtRule {
    /// `iss` must be one of these.
    pub(crate) issuers: Vec<Box<str>>,
    /// `aud` must name one of these, if there are any.
    pub(crate) audiences: Vec<Box<str>>,
    /// Under what name the verified payload stands in the metadata of `jwt_authn`.
    pub(crate) payload: Box<str>,
    /// Under what name it says why it accepts none.
    pub(crate) failed_status: Box<str>,
    /// Where clients put tokens.
    pub(crate) from: Vec<Location>,
    /// All of these must hold.
    pub(crate) claims: Vec<ClaimRule>,
    /// All of these must be granted.
    pub(crate) scopes: Vec<Box<str>>,
    /// The claim that says who the client is; `None`: issuer and subject together.
    pub(crate) identity: Option<ClaimName>,
    pub(crate) bound: BoundRule,
    pub(crate) if_refused: IfRefused,
}

/// Whether a token must be bound to the client's certificate (RFC 8705 section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BoundRule {
    /// It must.
    Required,
    /// If it says so, its client must hold that certificate.
    #[default]
    IfClaimed,
    /// What it says of that is not looked at.
    Unchecked,
}

/// A token that holds, less its binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Who the client is.
    pub(crate) identity: String,
    pub(crate) binding: Binding,
}

impl JwtRule {
    /// Finds the request's token, given the metadata of the request; `Ok(None)` if it has none. One that was
    /// presented and not verified is refused, never absent.
    ///
    /// # Errors
    /// Why the token does not hold; [`Reason::Internal`] if the metadata is none.
    pub(crate) fn find(
        &self,
        metadata: &[u8],
        headers: &Headers<'_>,
    ) -> Result<Option<Token>, Reason> {
        let said = metadata::read(metadata, JWT_AUTHN);
        let said = said.map_err(|Malformed| Reason::Internal)?;
        if said == Some(Node::Null) {
            return Err(Reason::JwtRefused);
        }
        let member = |name: &str| said.as_ref().and_then(|said| said.member(name));
        match member(&self.payload) {
            Some(payload @ Node::Object(_)) if self.is_alone(payload, headers) => {
                self.accept(payload).map(Some)
            }
            // Beside it stands what nobody has verified.
            Some(Node::Object(_)) => Err(Reason::JwtRefused),
            // Whoever put that there has not verified a token.
            Some(_) => Err(Reason::JwtRefused),
            None if self.is_presented(member(&self.failed_status), headers) => {
                Err(Reason::JwtRefused)
            }
            None => Ok(None),
        }
    }

    /// Whether no other token than the verified one is left for the upstream to read.
    fn is_alone(&self, payload: &Node<'_>, headers: &Headers<'_>) -> bool {
        self.from.iter().filter(|location| location.may_hold(headers)).all(|location| {
            let tokens = location.read(headers);
            !tokens.is_empty() && tokens.iter().all(|token| same::says(token, payload))
        })
    }

    /// Whether the client sent a token that was not verified.
    fn is_presented(&self, status: Option<&Node<'_>>, headers: &Headers<'_>) -> bool {
        status.is_some_and(|status| !says_missing(status))
            || self.from.iter().any(|location| location.may_hold(headers))
    }

    fn accept(&self, payload: &Node<'_>) -> Result<Token, Reason> {
        let issuer = payload.member("iss").and_then(Node::text).ok_or(Reason::JwtRefused)?;
        if !self.issuers.iter().any(|known| **known == *issuer) {
            return Err(Reason::JwtRefused);
        }
        if !self.audiences.is_empty() {
            let named = claims::texts(payload.member("aud"));
            let is_known = |name: &&str| self.audiences.iter().any(|known| **known == **name);
            if !named.iter().any(is_known) {
                return Err(Reason::JwtRefused);
            }
        }
        let identity = self.identify(issuer, payload).ok_or(Reason::JwtRefused)?;
        if !self.claims.iter().all(|rule| rule.holds(payload)) {
            return Err(Reason::JwtInsufficient);
        }
        let granted = claims::scopes(payload);
        if !self.scopes.iter().all(|scope| granted.contains(&&**scope)) {
            return Err(Reason::JwtInsufficient);
        }
        let binding = match self.bound {
            BoundRule::Unchecked => Binding::None,
            BoundRule::IfClaimed => Binding::read(payload),
            BoundRule::Required => Binding::read(payload).required(),
        };
        Ok(Token { identity, binding })
    }

    /// Who the client is, as it may stand in a header; `None` if the token does not say it so.
    fn identify(&self, issuer: &str, payload: &Node<'_>) -> Option<String> {
        let identity = match &self.identity {
            Some(claim) => claim.find(payload)?.text()?.to_owned(),
            // No issuer has a `#`, so no two pairs read alike.
            None => {
                format!("{issuer}#{}", payload.member("sub")?.text().filter(|it| !it.is_empty())?)
            }
        };
        // Blanks at the ends are no part of a header's value: the upstream would read another name.
        let is_printable = identity.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && identity.trim_ascii() == identity;
        (is_printable && (1..=LONGEST).contains(&identity.len())).then_some(identity)
    }
}

/// Whether a status is no more than that there is no token: Envoy says so where it knows one provider alone.
fn says_missing(status: &Node<'_>) -> bool {
    status.member("code") == Some(&Node::Number(MISSING))
}

/// The code of "Jwt is missing".
const MISSING: f64 = 1.0;

/// Bytes of an identity.
const LONGEST: usize = 256;

#[cfg(test)]
mod tests;
