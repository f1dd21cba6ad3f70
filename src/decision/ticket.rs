//! What is kept of a request that is being served, to see later whether its client still passes.

use std::rc::Rc;

use crate::certificate::Leaf;
use crate::digest::Fingerprint;
use crate::effects::UNMATCHED;
use crate::evidence::Source;
use crate::memory::{Memory, PathHolding};
use crate::policy::{Enforcement, ListId, OpenStreams, Place, Policy};
use crate::reason::Reason;
use crate::request::Headers;

use super::Verdict;

/// Stands for a client that was let in by its certificate, while its request is being served.
#[derive(Clone, Debug)]
pub struct Ticket {
    place: Place,
    fingerprint: Fingerprint,
    leaf: Option<Rc<Leaf>>,
    /// The paths that were found for it: what the client presented for them is gone by then.
    holdings: Vec<(ListId, Rc<PathHolding>)>,
}

impl Policy {
    /// The ticket of a request whose API ends requests of clients that no longer pass; `None` for all
    /// others.
    pub fn ticket(&self, verdict: &Verdict<'_>, memory: &mut Memory) -> Option<Ticket> {
        let accepted = verdict.accepted.as_ref()?;
        let (api, place) = (verdict.api?, verdict.place?);
        if api.open_streams == OpenStreams::Keep {
            return None;
        }
        let fingerprint = accepted.certificate.fingerprint;
        let holdings = memory.client(fingerprint).map(|client| client.holdings().to_vec());
        let leaf = accepted.certificate.leaf.clone();
        Some(Ticket { place, fingerprint, leaf, holdings: holdings.unwrap_or_default() })
    }

    /// Whether the client of a request that is being served would be refused by now. What only keeps new
    /// requests waiting, such as a list that is out of date, ends none; nor does a policy that is only tried
    /// out.
    ///
    /// # Errors
    /// Why it would be refused; [`Reason::Internal`] if that cannot be told, because the host does not
    /// answer.
    pub fn recheck(
        &self,
        ticket: &Ticket,
        source: &impl Source,
        memory: &mut Memory,
    ) -> Result<(), Reason> {
        let selection = self.at(ticket.place).ok_or(Reason::Internal)?;
        let is_shadow = selection.ruling.enforcement == Enforcement::Shadow;
        if let Some(leaf) = &ticket.leaf {
            memory.keep(leaf, &ticket.holdings);
        }
        let headers = Headers::default();
        let fingerprint = ticket.fingerprint;
        let mut tried = Vec::new();
        let admitted = self.admit(selection, &headers, source, memory, fingerprint, &mut tried);
        match admitted {
            Err(Reason::Internal) => Err(Reason::Internal),
            Err(reason) if reason.status().is_some_and(|status| status.http == 503) => Ok(()),
            Err(reason) if is_shadow && !reason.holds_in_shadow() => Ok(()),
            Err(reason) => Err(reason),
            Ok(_) => Ok(()),
        }
    }

    /// The name of the counter of requests that were ended, less Envoy's own prefix.
    pub fn ended_metric(&self, ticket: &Ticket, reason: Reason) -> String {
        let api = self.apis.get(ticket.place.0).map_or(UNMATCHED, |api| api.name.as_str());
        format!("peergate.api.{api}.ended.reason.{reason}")
    }

    /// Whether some API ends requests of clients that no longer pass.
    pub fn ends_streams(&self) -> bool {
        self.apis.iter().any(|api| api.open_streams == OpenStreams::End)
    }
}
