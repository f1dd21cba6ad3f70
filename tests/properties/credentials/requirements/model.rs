//! What a policy decides: what each method finds, and what the policy makes of that.

use peergate::{Credential, Reason};

use super::evidence::{Connection, Evidence, KEYS, Key, Token};
use super::plan::Plan;

/// What becomes of one method's credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Absent,
    Holds,
    /// Whether `if_refused: ignore` may pass over it.
    Refused(Reason, bool),
}

/// The model: what each method finds, then what the policy makes of that.
pub(super) struct Model<'m> {
    pub(super) plan: &'m Plan,
    pub(super) evidence: &'m Evidence,
}

impl Model<'_> {
    /// What is wrong with the connection's certificate, whoever admits it.
    fn flaw(&self) -> Option<(Reason, bool)> {
        match self.evidence.connection {
            Connection::Of("rsa") => Some((Reason::CertificateDenied, false)),
            Connection::Of("expired") => Some((Reason::CertificateExpired, true)),
            Connection::Mismatched => Some((Reason::CertificateMismatch, false)),
            _ => None,
        }
    }

    /// What comes of being bound to a certificate.
    fn bound(&self, to: &str) -> Finding {
        let own = match self.evidence.connection {
            Connection::Of(name) => name,
            Connection::Mismatched => "partner",
            _ => "",
        };
        match self.flaw() {
            _ if own != to => Finding::Refused(Reason::BindingMismatch, false),
            Some((reason, may_be_ignored)) => Finding::Refused(reason, may_be_ignored),
            None => Finding::Holds,
        }
    }

    fn find(&self, method: Credential) -> Finding {
        let refused = |reason| Finding::Refused(reason, true);
        match method {
            Credential::Certificate => match (self.evidence.connection, self.flaw()) {
                (Connection::Plaintext | Connection::Anonymous, _) => Finding::Absent,
                (_, Some((reason, may_be_ignored))) => Finding::Refused(reason, may_be_ignored),
                (Connection::Of("partner"), None) => Finding::Holds,
                _ => refused(Reason::CertificateNotAllowed),
            },
            Credential::Jwt => match self.evidence.token {
                Token::Absent => Finding::Absent,
                Token::Unbound => Finding::Holds,
                Token::BoundTo(name) => self.bound(name),
                Token::BoundToNothing => Finding::Refused(Reason::BindingMismatch, false),
                Token::WithoutScope => refused(Reason::JwtInsufficient),
                Token::Unverified | Token::OfAnotherIssuer => refused(Reason::JwtRefused),
            },
            Credential::ApiKey => match self.evidence.key {
                Key::Absent => Finding::Absent,
                Key::Twice => Finding::Refused(Reason::ApiKeyAmbiguous, false),
                Key::Named(name) => match KEYS.iter().find(|(known, ..)| *known == name) {
                    None => refused(Reason::ApiKeyUnknown),
                    Some((_, true, _)) => refused(Reason::SessionInactive),
                    Some((_, _, None)) => Finding::Holds,
                    Some((_, _, Some(bound))) => self.bound(bound),
                },
            },
        }
    }

    /// The methods that let it pass, or why it is refused and by what.
    pub(super) fn decide(&self) -> Result<Vec<Credential>, (Reason, Credential)> {
        if self.plan.passes_preflight && self.evidence.is_preflight {
            return Ok(vec![]);
        }
        let mut holding = Vec::new();
        for method in Credential::ALL.into_iter().filter(|method| self.plan.names(*method)) {
            match self.find(method) {
                Finding::Absent => {}
                Finding::Holds => holding.push(method),
                Finding::Refused(_, true) if self.plan.ignores.contains(&method) => {}
                Finding::Refused(reason, _) => return Err((reason, method)),
            }
        }
        let is_missing = |method: &&Credential| !holding.contains(method);
        let lacking = |methods: &Vec<Credential>| methods.iter().filter(is_missing).count();
        let first = self.plan.alternatives.iter().find(|methods| lacking(methods) == 0);
        match first {
            Some(methods) => Ok(methods.clone()),
            None if self.plan.is_open => Ok(vec![]),
            None => {
                // The first of those that lack the fewest.
                let least = self.plan.alternatives.iter().map(lacking).min().unwrap();
                let nearest =
                    self.plan.alternatives.iter().find(|methods| lacking(methods) == least);
                let missing = *nearest.unwrap().iter().find(is_missing).unwrap();
                let is_plaintext = self.evidence.connection == Connection::Plaintext;
                let reason = match missing {
                    Credential::Certificate if is_plaintext => Reason::NoTls,
                    Credential::Certificate => Reason::CertificateRequired,
                    Credential::Jwt => Reason::JwtRequired,
                    Credential::ApiKey => Reason::ApiKeyRequired,
                };
                Err((reason, missing))
            }
        }
    }

    /// Who the client is.
    pub(super) fn identity(&self, methods: &[Credential]) -> String {
        let usual = [Credential::Certificate, Credential::ApiKey, Credential::Jwt];
        let mut from = self.plan.identity_from.into_iter().chain(usual);
        match (from.find(|method| methods.contains(method)), self.evidence.key) {
            (Some(Credential::Certificate), _) => "partner-a".to_owned(),
            (Some(Credential::Jwt), _) => "https://idp.example#alice".to_owned(),
            (Some(Credential::ApiKey), Key::Named(name)) => name.to_owned(),
            _ => String::new(),
        }
    }
}
