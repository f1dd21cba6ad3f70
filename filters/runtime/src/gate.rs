//! One policy at work: the core, what it remembers, and the host as its source of evidence.

use std::cell::RefCell;

use peergate::{
    Audit, Effects, Headers, HostVerifier, Memory, Outcome, Policy, Reading, Reason, Reply, Source,
    Unreadable, Verdict, internal_refusal,
};

use crate::host::{self, Level, Map};
use crate::pairs;
use crate::signature;
use crate::watch::Watch;

/// A policy and what belongs to it. Nothing is shared with another policy of the same VM.
pub(crate) struct Gate {
    policy: Policy,
    memory: RefCell<Memory>,
    audit: RefCell<Audit>,
    counters: RefCell<Vec<Counters>>,
    watch: Watch,
}

/// The counters of one API that were needed so far.
type Counters = Vec<(Outcome, Reason, u32)>;

/// What a decision means for the stream.
pub(crate) enum Passage {
    /// It goes on.
    Open,
    /// It is answered by this.
    Shut(Option<Reply>),
}

impl Gate {
    /// A policy at work that was read from this configuration.
    pub(crate) fn new(policy: Policy, configuration: &[u8]) -> Self {
        Self {
            memory: RefCell::default(),
            audit: RefCell::default(),
            // One more than APIs: the first is for requests that none of them decides.
            counters: RefCell::new(vec![Counters::new(); policy.apis().len().saturating_add(1)]),
            watch: Watch::new(configuration),
            policy,
        }
    }

    /// Looks at what will soon be out of date.
    pub(crate) fn watch(&self) {
        self.watch.look(&self.policy);
    }

    /// Judges the request of the current stream and does what follows from it, but for the reply.
    pub(crate) fn judge(&self) -> Passage {
        let bytes = Map::Headers.read().ok();
        let Some(headers) = bytes.as_deref().and_then(pairs::parse).map(Headers::new) else {
            return self.fail(&Headers::default());
        };
        let Ok(mut memory) = self.memory.try_borrow_mut() else {
            return self.fail(&headers);
        };
        let verdict = self.policy.judge(&headers, self, &mut memory);
        drop(memory);
        match carry_out(self.policy.effects(&verdict, &headers)) {
            Ok(passage) => {
                self.trace(&verdict, &headers);
                passage
            }
            Err(Unreadable) => self.fail(&headers),
        }
    }

    /// Refuses a request that the host could not be asked about, or to which it did not do what was
    /// decided.
    fn fail(&self, headers: &Headers<'_>) -> Passage {
        let verdict = Verdict::internal();
        self.trace(&verdict, headers);
        let passage = carry_out(self.policy.effects(&verdict, headers));
        passage.unwrap_or_else(|Unreadable| Passage::Shut(internal_refusal()))
    }

    /// Removes trailers that an upstream could take for headers of ours.
    pub(crate) fn clear_trailers(&self) -> Result<(), Unreadable> {
        let bytes = Map::Trailers.read()?;
        let trailers = Headers::new(pairs::parse(&bytes).ok_or(Unreadable)?);
        self.policy.spoofed_trailers(&trailers).try_for_each(|name| Map::Trailers.remove(name))
    }

    /// Counts the verdict, and writes the audit line of a refusal.
    fn trace(&self, verdict: &Verdict<'_>, headers: &Headers<'_>) {
        if let Some(counter) = self.counter(verdict) {
            host::count(counter);
        }
        self.write_audit(verdict, headers);
        self.watch.hear(&self.policy, verdict);
    }

    /// The counter of a verdict: made when it is first needed, and kept, since every definition costs the
    /// host an entry.
    fn counter(&self, verdict: &Verdict<'_>) -> Option<u32> {
        let (outcome, reason) = (verdict.outcome(), verdict.reason());
        let mut counters = self.counters.try_borrow_mut().ok()?;
        let own =
            counters.get_mut(verdict.api_position().map_or(0, |place| place.saturating_add(1)))?;
        let known = own.iter().find(|(of, why, _)| (*of, *why) == (outcome, reason));
        if let Some((.., counter)) = known {
            return Some(*counter);
        }
        let name = outcome.metric(verdict.api().map(|api| api.as_str()), reason);
        let counter = host::counter(&name).ok()?;
        own.push((outcome, reason, counter));
        Some(counter)
    }

    fn write_audit(&self, verdict: &Verdict<'_>, headers: &Headers<'_>) {
        if verdict.outcome() == Outcome::Allowed {
            return;
        }
        let now = host::now().unwrap_or_default();
        let line = self
            .audit
            .try_borrow_mut()
            .ok()
            .and_then(|mut audit| audit.line(verdict, headers, now));
        if let Some(line) = line {
            host::log(Level::Warning, &line);
        }
    }
}

/// Does what follows from a verdict. The guard's filter state comes last: whatever fails before it leaves a
/// request that nobody lets pass.
fn carry_out(effects: Effects<'_>) -> Result<Passage, Unreadable> {
    let Effects { remove, set, state, reply } = effects;
    for name in remove {
        Map::Headers.remove(name)?;
    }
    for (name, value) in set {
        Map::Headers.set(name.as_bytes(), &value)?;
    }
    for (name, value) in state {
        host::set_filter_state(name, &value)?;
    }
    Ok(reply.map_or(Passage::Open, |reply| Passage::Shut(Some(reply))))
}

impl Source for Gate {
    fn virtual_host(&self) -> Reading {
        host::property("xds\0virtual_host_name")
    }

    fn route(&self) -> Reading {
        host::property("xds\0route_name")
    }

    fn server_name(&self) -> Reading {
        host::property("connection\0requested_server_name")
    }

    fn tls_version(&self) -> Reading {
        host::property("connection\0tls_version")
    }

    fn fingerprint(&self) -> Reading {
        host::property("connection\0sha256_peer_certificate_digest")
    }

    fn peer_certificate(&self) -> Reading {
        host::property("connection\0peer_certificate")
    }

    fn filter_state_certificate(&self) -> Reading {
        host::property("filter_state\0peergate.peer_certificate")
    }

    fn now(&self) -> Result<i64, Unreadable> {
        host::now()
    }

    fn signatures(&self) -> Option<HostVerifier> {
        Some(|check| signature::verify(check.hash, check.key, check.signature, check.message))
    }
}
