//! Which rules a request falls under, before anybody looks at its credentials.

use crate::evidence::{Peer, Source, Unreadable};
use crate::policy::{Policy, Preflight, Selection, ServerNameRule};
use crate::reason::Reason;
use crate::request::Headers;
use crate::target::Target;

use super::judge::known;

/// The rules that a request falls under.
#[derive(Debug)]
pub struct Aim<'p> {
    pub(super) selection: Option<Selection<'p>>,
    /// What its client presented, if somebody has asked already: nobody asks twice.
    pub(super) peer: Option<Result<Peer, Unreadable>>,
}

impl<'p> Aim<'p> {
    /// The rules of a request for which its certificate, the policy and the time are all that matters.
    pub(super) fn by_certificate_alone(&self, headers: &Headers<'_>) -> Option<Selection<'p>> {
        let selection = self.selection?;
        let is_preflight = || selection.api.preflight == Preflight::Pass && headers.is_preflight();
        (selection.goes_by_certificate_alone() && !is_preflight()).then_some(selection)
    }
}

impl Policy {
    /// Finds the rules for a request.
    ///
    /// # Errors
    /// Why it is refused whatever its rules say: its target could be read otherwise, it came over a connection
    /// that was made for another host, or the host does not answer.
    pub fn aim(&self, headers: &Headers<'_>, source: &impl Source) -> Result<Aim<'_>, Reason> {
        let mut target = Target::read(headers, self.authority).ok_or(Reason::BadTarget)?;
        if self.asks_virtual_host {
            target.virtual_host = known(source.virtual_host())?.unwrap_or_default();
        }
        if self.asks_route {
            target.route = known(source.route())?.unwrap_or_default();
        }
        let selection = self.select(&target).map_err(|_| Reason::BadTarget)?;
        if self.sni != ServerNameRule::Unchecked {
            self.check_server_name(&target, source)?;
        }
        Ok(Aim { selection, peer: None })
    }

    /// RFC 9110 section 7.4: a connection that was made for one host must not serve another.
    #[inline(never)]
    fn check_server_name(&self, target: &Target<'_>, source: &impl Source) -> Result<(), Reason> {
        match known(source.server_name())? {
            None if self.sni == ServerNameRule::Required => Err(Reason::Misdirected),
            Some(name) if !name.eq_ignore_ascii_case(target.server_name()) => {
                Err(Reason::Misdirected)
            }
            _ => Ok(()),
        }
    }
}
