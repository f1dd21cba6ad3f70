//! What a credential must be to be accepted: conditions that hold of each that is, whatever the policy makes of
//! it. Not all of them together: what is missing here can only be refused more.

use peergate::{Credential, Fingerprint};

use super::plan::{Met, Plan};
use super::request::{CERTIFICATES, Request};
use crate::certificates::{ALL, Certificate};
use crate::credentials::requirements::evidence::{KEYS, Key, Token};
use crate::host::NOW;

/// The model of one request under one rule.
pub(super) struct Model<'m> {
    pub(super) plan: &'m Plan,
    pub(super) met: &'m Met<'m>,
    pub(super) request: &'m Request,
}

impl Model<'_> {
    pub(super) fn is_acceptable(&self, method: &str) -> bool {
        match method {
            "certificate" => self.presented().is_some_and(|own| self.admits(own)),
            "jwt" => self.is_good_token(),
            "api_key" => self.is_good_key(),
            _ => false,
        }
    }

    /// The certificate that the connection's client proved to hold, as the host says.
    fn presented(&self) -> Option<&'static Certificate> {
        let hex = self.request.host.fingerprint.clone().ok()??;
        let fingerprint = Fingerprint::from_hex(&hex)?;
        ALL.iter().find(|one| one.leaf.fingerprint() == fingerprint)
    }

    fn admits(&self, own: &Certificate) -> bool {
        let rule = self.met.rule;
        let global = if rule.inherits { &self.plan.allow[..] } else { &[] };
        let is_granted = rule.allow.iter().chain(global).any(|list| self.holds(list, own));
        let is_required = rule.require.iter().all(|list| self.holds(list, own));
        let is_in_time = rule.validity != "required" || is_in_time(own);
        is_granted && is_required && is_in_time && !self.is_denied(own)
    }

    /// Whether the list holds it, so that it may be admitted by that.
    fn holds(&self, list: &str, own: &Certificate) -> bool {
        let is = |names: &[&str]| names.contains(&&*own.name);
        let has_key =
            |name: &str| ALL.iter().any(|one| one.name == name && one.leaf.key() == own.leaf.key());
        match list {
            "pins" => is(&["partner", "expired"]),
            "renewed" => is(&["partner-renewed"]),
            "keys" => has_key("employee"),
            "authority" => own.issuer().is_some_and(|by| by.name == "authority") && is_in_time(own),
            "registered" => CERTIFICATES.iter().any(|(name, is_active, apis)| {
                *name == own.name && *is_active && self.is_granted_by(apis)
            }),
            _ => false,
        }
    }

    fn is_denied(&self, own: &Certificate) -> bool {
        let tbs =
            |name: &str| ALL.iter().any(|one| one.name == name && one.leaf.tbs() == own.leaf.tbs());
        self.met.deny().iter().chain(&self.plan.deny).any(|list| match *list {
            "blocked" => tbs("rsa"),
            "suspects" => tbs("partner") || tbs("employee"),
            "registered" => own.name == "partner-same-serial",
            _ => false,
        })
    }

    fn is_granted_by(&self, apis: &str) -> bool {
        apis == "*" || apis == self.met.api.name
    }

    fn is_good_token(&self) -> bool {
        let rule = self.met.rule;
        match self.request.evidence.token {
            Token::Unbound => rule.bound != "required",
            Token::BoundTo(_) | Token::BoundToNothing if rule.bound == "unchecked" => true,
            Token::BoundTo(name) => self.is_bound_to(name),
            _ => false,
        }
    }

    fn is_good_key(&self) -> bool {
        let Key::Named(key) = self.request.evidence.key else {
            return false;
        };
        KEYS.iter().any(|(name, is_suspended, bound)| {
            *name == key && !is_suspended && bound.is_none_or(|bound| self.is_bound_to(bound))
        })
    }

    /// Whether the connection's certificate is this one, and nobody has denied it.
    fn is_bound_to(&self, name: &str) -> bool {
        self.presented().is_some_and(|own| own.name == name && !self.is_denied(own))
    }

    /// Whether these methods, in their order, are one of the rule's alternatives.
    pub(super) fn is_alternative(&self, methods: &[&str]) -> bool {
        let words = |methods: &Vec<Credential>| -> Vec<&str> {
            methods.iter().map(|method| method.word()).collect()
        };
        self.met.rule.alternatives.iter().any(|alternative| words(alternative) == methods)
    }
}

fn is_in_time(own: &Certificate) -> bool {
    let validity = own.leaf.validity();
    (validity.not_before..=validity.not_after).contains(&NOW)
}
