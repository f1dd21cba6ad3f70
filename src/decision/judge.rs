//! From a request and its evidence to a verdict.

use crate::evidence::{Source, Unreadable};
use crate::memory::Memory;
use crate::policy::{Credential, Enforcement, Policy, Preflight, Selection, Unmatched};
use crate::reason::Reason;
use crate::request::Headers;

use super::charge::{Uncharged, charge};
use super::hearing::Hearing;
use super::{Accepted, Aim, Outcome, Verdict};

impl Policy {
    /// Judges a request on its headers and on what the source shows of its connection. The memory is this
    /// policy's own: that of another one would let its clients in.
    pub fn judge<'p>(
        &'p self,
        headers: &Headers<'_>,
        source: &impl Source,
        memory: &mut Memory,
    ) -> Verdict<'p> {
        self.judge_under(self.aim(headers, source), headers, source, memory)
    }

    /// Judges a request whose rules this policy has found.
    pub fn judge_under<'p>(
        &'p self,
        aim: Result<Aim<'p>, Reason>,
        headers: &Headers<'_>,
        source: &impl Source,
        memory: &mut Memory,
    ) -> Verdict<'p> {
        // Until something else is known, as every refusal that nothing explains.
        let mut verdict = Verdict::internal();
        let mut enforcement = self.enforcement;
        match self.weigh(aim, headers, source, memory, &mut verdict, &mut enforcement) {
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
        aim: Result<Aim<'p>, Reason>,
        headers: &Headers<'_>,
        source: &impl Source,
        memory: &mut Memory,
        verdict: &mut Verdict<'p>,
        enforcement: &mut Enforcement,
    ) -> Result<Option<Accepted<'p>>, Reason> {
        let Aim { selection, peer } = aim?;
        let Some(selection) = selection else {
            return match self.unmatched {
                Unmatched::Deny => Err(Reason::NoMatchingApi),
                Unmatched::Allow => Ok(None),
            };
        };
        verdict.api = Some(selection.api);
        verdict.place = Some(selection.place);
        *enforcement = selection.ruling.enforcement;
        if selection.api.preflight == Preflight::Pass && headers.is_preflight() {
            return Ok(None);
        }
        let mut hearing = Hearing::new(self, selection, peer, headers, source);
        let heard = hear(&mut hearing, selection, memory, &mut verdict.credential);
        verdict.presented = hearing.presented();
        verdict.tried = std::mem::take(&mut hearing.tried);
        verdict.ignored = std::mem::take(&mut hearing.ignored);
        heard?;
        let accepted = hearing.settle().map_err(|(reason, credential)| {
            verdict.credential = credential;
            reason
        })?;
        // Last, and never while a policy is only tried out: what is refused spends nothing.
        if let Some(accepted) = &accepted
            && *enforcement == Enforcement::Enforce
        {
            charge(accepted, selection, source).map_err(|uncharged| {
                if let Uncharged::Limited(seconds) = uncharged {
                    verdict.limited = Some((accepted.identity(), seconds));
                }
                Reason::from(uncharged)
            })?;
        }
        Ok(accepted)
    }
}

/// Looks at every credential that the policy names, noting whose turn it is.
fn hear<S: Source>(
    hearing: &mut Hearing<'_, '_, S>,
    selection: Selection<'_>,
    memory: &mut Memory,
    turn: &mut Option<Credential>,
) -> Result<(), Reason> {
    let requirement = &selection.ruling.requirement;
    for credential in Credential::ALL.into_iter().filter(|one| requirement.names(*one)) {
        *turn = Some(credential);
        hearing.look(credential, memory)?;
    }
    *turn = None;
    Ok(())
}

/// What the host could be asked.
pub(super) fn known<T>(read: Result<T, Unreadable>) -> Result<T, Reason> {
    read.map_err(|_| Reason::Internal)
}
