//! What is kept of a request that is being served, to see later whether its client still passes.

use std::rc::Rc;

use crate::certificate::Leaf;
use crate::digest::{Digest, Fingerprint};
use crate::effects::UNMATCHED;
use crate::evidence::{Peer, Source};
use crate::memory::{Memory, PathHolding};
use crate::policy::{Enforcement, ListId, OpenStreams, Place, Policy, Selection};
use crate::reason::Reason;
use crate::request::Headers;

use super::Verdict;

/// Stands for a client that was let in, while its request is being served.
#[derive(Clone, Debug)]
pub struct Ticket {
    place: Place,
    /// The certificate that admitted it.
    certificate: Option<Fingerprint>,
    /// The certificate that its token or key is bound to.
    bound: Option<Fingerprint>,
    /// The digest of its API key.
    api_key: Option<Digest>,
    leaf: Option<Rc<Leaf>>,
    /// The paths that were found for its certificate: what the client presented for them is gone by then.
    holdings: Vec<(ListId, Rc<PathHolding>)>,
}

impl Policy {
    /// The ticket of a request whose API ends requests of clients that no longer pass; `None` for all
    /// others, and for those that show nothing that could be taken back.
    pub fn ticket(&self, verdict: &Verdict<'_>, memory: &mut Memory) -> Option<Ticket> {
        let accepted = verdict.accepted.as_ref()?;
        let (api, place) = (verdict.api?, verdict.place?);
        if api.open_streams == OpenStreams::Keep {
            return None;
        }
        let seen = &accepted.seen;
        let (certificate, api_key) = (seen.certificate, seen.api_key);
        let bound = accepted.bound.as_ref().map(|bound| bound.fingerprint);
        if certificate.or(bound).is_none() && api_key.is_none() {
            return None;
        }
        let known = certificate.or(bound).and_then(|fingerprint| memory.client(fingerprint));
        let holdings = known.map(|client| client.holdings().to_vec()).unwrap_or_default();
        let of_bound = accepted.bound.as_ref().and_then(|bound| bound.leaf.clone());
        let leaf = seen.leaf.clone().or(of_bound);
        Some(Ticket { place, certificate, bound, api_key, leaf, holdings })
    }

    /// Whether the client of a request that is being served would be refused by now. What only keeps new
    /// requests waiting, such as a list that is out of date, ends none; nor does a policy that is only tried
    /// out, nor a rate, nor the end of a token's time.
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
        let of_certificate = self.certificate_still_passes(ticket, selection, source, memory);
        let of_key = self.key_still_passes(ticket, selection, source, memory);
        // What cannot be told of the one hides nothing of the other.
        for rechecked in [of_certificate, of_key] {
            match rechecked {
                Err(Reason::Internal) => return Err(Reason::Internal),
                Err(reason) if reason.status().is_some_and(|status| status.http == 503) => {}
                Err(reason) if is_shadow && !reason.holds_in_shadow() => {}
                rechecked => rechecked?,
            }
        }
        Ok(())
    }

    fn certificate_still_passes(
        &self,
        ticket: &Ticket,
        selection: Selection<'_>,
        source: &impl Source,
        memory: &mut Memory,
    ) -> Result<(), Reason> {
        let headers = Headers::default();
        if let Some(fingerprint) = ticket.certificate {
            let mut tried = Vec::new();
            self.admit(selection, &headers, source, memory, fingerprint, &mut tried)?;
        } else if let Some(fingerprint) = ticket.bound {
            self.vet(&selection.ruling.bound, &headers, source, memory, fingerprint)?;
        }
        Ok(())
    }

    fn key_still_passes(
        &self,
        ticket: &Ticket,
        selection: Selection<'_>,
        source: &impl Source,
        memory: &mut Memory,
    ) -> Result<(), Reason> {
        let Some(digest) = ticket.api_key else {
            return Ok(());
        };
        let holder = self.holder(selection, source, digest)?;
        if holder.bindings.is_empty() {
            return Ok(());
        }
        // It may be bound since: the connection's certificate is asked for anew.
        let Peer::Presented(fingerprint) = Peer::read(source).map_err(|_| Reason::Internal)? else {
            return Err(Reason::BindingMismatch);
        };
        if holder.bindings.iter().any(|bound| !bound.contains(&fingerprint)) {
            return Err(Reason::BindingMismatch);
        }
        if ticket.certificate.or(ticket.bound).is_none() {
            let headers = Headers::default();
            self.vet(&selection.ruling.bound, &headers, source, memory, fingerprint)?;
        }
        Ok(())
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
