//! From a request and its evidence to a verdict.

use crate::evidence::{Peer, Source, Unreadable};
use crate::memory::Memory;
use crate::policy::{
    Credential, Enforcement, IfRefused, Policy, Requirement, ServerNameRule, Unmatched,
};
use crate::reason::Reason;
use crate::request::Headers;
use crate::target::Target;

use super::{Accepted, Admitted, Outcome, Verdict};

impl Policy {
    /// Judges a request on its headers and on what the source shows of its connection. The memory is this
    /// policy's own: that of another one would let its clients in.
    pub fn judge<'p>(
        &'p self,
        headers: &Headers<'_>,
        source: &impl Source,
        memory: &mut Memory,
    ) -> Verdict<'p> {
        // Until something else is known, as every refusal that nothing explains.
        let mut verdict = Verdict::internal();
        let mut enforcement = self.enforcement;
        match self.weigh(headers, source, memory, &mut verdict, &mut enforcement) {
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
        memory: &mut Memory,
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
        verdict.place = Some(selection.place);
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
        let tried = &mut verdict.tried;
        match self.admit(selection, headers, source, memory, fingerprint, tried) {
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
