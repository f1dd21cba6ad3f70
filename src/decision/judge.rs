//! From a request and its evidence to a verdict.

use std::rc::Rc;

use crate::certificate::{Leaf, Validity};
use crate::digest::Fingerprint;
use crate::evidence::{Peer, Source, Unreadable, Whole, leaf};
use crate::list::{Entry, List};
use crate::policy::{
    CertificateRule, Credential, Enforcement, IfRefused, ListId, Policy, Requirement,
    ServerNameRule, Unmatched, ValidityRule,
};
use crate::reason::Reason;
use crate::request::Headers;
use crate::target::Target;

use super::{Accepted, Admitted, Outcome, Verdict};

impl Policy {
    /// Judges a request on its headers and on what the source shows of its connection.
    pub fn judge<'p>(&'p self, headers: &Headers<'_>, source: &impl Source) -> Verdict<'p> {
        // Until something else is known, as every refusal that nothing explains.
        let mut verdict = Verdict::internal();
        let mut enforcement = self.enforcement;
        match self.weigh(headers, source, &mut verdict, &mut enforcement) {
            Ok(accepted) => {
                verdict.outcome = Outcome::Allowed;
                verdict.reason =
                    if accepted.is_some() { Reason::Allowed } else { Reason::Anonymous };
                verdict.accepted = accepted;
            }
            Err(reason) => {
                verdict.reason = reason;
                if enforcement == Enforcement::Shadow && !reason.holds_in_shadow() {
                    verdict.outcome = Outcome::Shadowed;
                }
            }
        }
        verdict
    }

    /// Finds what lets the request pass (`None`: nothing is needed), noting on the way which API decides,
    /// how, and what was presented.
    fn weigh<'p>(
        &'p self,
        headers: &Headers<'_>,
        source: &impl Source,
        verdict: &mut Verdict<'p>,
        enforcement: &mut Enforcement,
    ) -> Result<Option<Accepted<'p>>, Reason> {
        let mut target = Target::read(headers, self.authority).ok_or(Reason::BadTarget)?;
        if self.asks_virtual_host {
            target.virtual_host = known(source.virtual_host())?.unwrap_or_default();
        }
        if self.asks_route {
            target.route = known(source.route())?.unwrap_or_default();
        }
        let selection = self.select(&target).map_err(|_| Reason::BadTarget)?;
        self.check_server_name(&target, source)?;
        let Some(selection) = selection else {
            return match self.unmatched {
                Unmatched::Deny => Err(Reason::NoMatchingApi),
                Unmatched::Allow => Ok(None),
            };
        };
        verdict.api = Some(selection.api);
        *enforcement = selection.ruling.enforcement;
        let requirement = &selection.ruling.requirement;
        if !requirement.names(Credential::Certificate) {
            return alternative(requirement, Err(Reason::CertificateRequired));
        }
        let rule = selection.ruling.certificate.as_ref().ok_or(Reason::Internal)?;
        let fingerprint = match known(Peer::read(source))? {
            Peer::Plaintext => return alternative(requirement, Err(Reason::NoTls)),
            Peer::Anonymous => return alternative(requirement, Err(Reason::CertificateRequired)),
            Peer::Presented(fingerprint) => fingerprint,
        };
        verdict.presented = Some(fingerprint);
        match self.admit(rule, headers, source, fingerprint) {
            Err(reason) if rule.if_refused == IfRefused::Ignore && reason.may_be_ignored() => {
                alternative(requirement, Err(Reason::CertificateRequired))
            }
            // Presented and refused: that denies, even where another alternative would hold.
            Err(reason) => Err(reason),
            Ok(admitted) => alternative(requirement, Ok(admitted)),
        }
    }

    /// RFC 9110 section 7.4: a connection that was made for one host must not serve another.
    fn check_server_name(&self, target: &Target<'_>, source: &impl Source) -> Result<(), Reason> {
        if self.sni == ServerNameRule::Unchecked {
            return Ok(());
        }
        match known(source.server_name())? {
            None if self.sni == ServerNameRule::Required => Err(Reason::Misdirected),
            Some(name) if !name.eq_ignore_ascii_case(target.server_name()) => {
                Err(Reason::Misdirected)
            }
            _ => Ok(()),
        }
    }

    /// Finds the entry that admits a certificate: deny lists first, then who admits it, then dates, so
    /// that dates are reported only for a certificate that would otherwise pass.
    fn admit<'p>(
        &'p self,
        rule: &CertificateRule,
        headers: &Headers<'_>,
        source: &impl Source,
        fingerprint: Fingerprint,
    ) -> Result<Admitted<'p>, Reason> {
        let denies = |leaf: Option<&Leaf>| {
            self.lists(&rule.deny).any(|list| list.refuses(fingerprint, leaf))
        };
        // What the fingerprint alone tells is told first: no carrier can hide who is denied by it.
        if denies(None) {
            return Err(Reason::CertificateDenied);
        }
        let mut whole = None;
        if rule.needs_leaf {
            whole = leaf(source, headers, fingerprint)?;
            let Some(Whole { leaf, .. }) = &whole else {
                return Err(Reason::CertificateUnavailable);
            };
            if denies(Some(leaf)) {
                return Err(Reason::CertificateDenied);
            }
        }
        let known_leaf = whole.as_ref().map(|whole| Rc::clone(&whole.leaf));
        let admits = |list: &'p List| list.admits(fingerprint, known_leaf.as_deref());
        let entry =
            self.lists(&rule.allow).find_map(admits).ok_or(Reason::CertificateNotAllowed)?;
        let required: Option<Vec<&Entry>> = self.lists(&rule.require).map(admits).collect();
        let required = required.ok_or(Reason::CertificateNotRegistered)?;

        if rule.validity != ValidityRule::Unchecked {
            // A `pem` entry is the very certificate: its dates need no other copy.
            let mut holding = required.iter().chain([&entry]);
            if whole.is_none() && !holding.any(|entry| entry.knows_all_dates()) {
                whole = leaf(source, headers, fingerprint)?;
            }
            let own = whole.as_ref().map(|whole| whole.leaf.validity());
            let entries = required.iter().chain([&entry]).filter_map(|entry| entry.validity);
            let validities: Vec<Validity> = own.into_iter().chain(entries).collect();
            if validities.is_empty() && rule.validity == ValidityRule::Required {
                return Err(Reason::CertificateUnavailable);
            }
            check_dates(&validities, source)?;
        }
        // Only of those who are admitted: strangers make as many certificates as they like.
        if let Some(Whole { leaf, is_new: true }) = &whole {
            source.remember(leaf);
        }
        Ok(Admitted { entry, fingerprint, leaf: whole.map(|whole| whole.leaf) })
    }

    fn lists(&self, ids: &[ListId]) -> impl Iterator<Item = &List> {
        ids.iter().filter_map(|id| self.lists.get(*id))
    }
}

/// Whether it is now within every one of the times.
fn check_dates(validities: &[Validity], source: &impl Source) -> Result<(), Reason> {
    if validities.is_empty() {
        return Ok(());
    }
    let now = known(source.now())?;
    if validities.iter().any(|validity| now < validity.not_before) {
        return Err(Reason::CertificateNotYetValid);
    }
    if validities.iter().any(|validity| now > validity.not_after) {
        return Err(Reason::CertificateExpired);
    }
    Ok(())
}

/// The first alternative that holds, given what is known of the certificate: admitted, or why there is
/// none to go by.
fn alternative<'p>(
    requirement: &'p Requirement,
    certificate: Result<Admitted<'p>, Reason>,
) -> Result<Option<Accepted<'p>>, Reason> {
    let (certificate, missing) = match certificate {
        Ok(admitted) => (Some(admitted), Reason::CertificateRequired),
        Err(reason) => (None, reason),
    };
    for credentials in &requirement.alternatives {
        if credentials.is_empty() {
            return Ok(None);
        }
        let holds = credentials.iter().all(|credential| match credential {
            Credential::Certificate => certificate.is_some(),
        });
        if holds && let Some(certificate) = certificate {
            return Ok(Some(Accepted { credentials, certificate }));
        }
    }
    Err(missing)
}

fn known<T>(read: Result<T, Unreadable>) -> Result<T, Reason> {
    read.map_err(|_| Reason::Internal)
}
