//! Tokens that are bound to a certificate (RFC 8705 section 3.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::config::node::Node;
use crate::digest::Fingerprint;

/// Whose certificate a token is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// To none: whoever has the token may use it.
    None,
    /// To this certificate.
    Certificate(Fingerprint),
    /// To something that cannot be checked, so that nobody may use it.
    Unusable,
}

impl Binding {
    /// Reads `cnf` and in it `x5t#S256`, 43 characters of base64url without padding. Another kind of
    /// confirmation, and another form of this one, is none that could be checked here.
    pub(super) fn read(payload: &Node<'_>) -> Self {
        let Some(cnf) = payload.member("cnf") else {
            return Self::None;
        };
        let thumbprint = cnf.member("x5t#S256").and_then(Node::text);
        thumbprint.and_then(fingerprint).map_or(Self::Unusable, Self::Certificate)
    }

    /// The same where there must be one.
    pub(super) fn required(self) -> Self {
        if self == Self::None { Self::Unusable } else { self }
    }
}

fn fingerprint(thumbprint: &str) -> Option<Fingerprint> {
    let digest = URL_SAFE_NO_PAD.decode(thumbprint).ok()?;
    digest.try_into().ok().map(Fingerprint::from_digest)
}
