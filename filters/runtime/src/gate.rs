//! One policy at work: the core, what it remembers, and the host as its source of evidence.

use std::cell::{RefCell, RefMut};
use std::time::Duration;

use peergate::{
    Aim, Audit, CONNECTION, Effects, Headers, Memory, Outcome, Pass, Policy, Reason, Reply, Ticket,
    Unreadable, Verdict, internal_refusal,
};

use crate::host::{self, Level, Map};
use crate::live::{Fate, Live};
use crate::look::Look;
use crate::metrics::Metrics;
use crate::pairs;
use crate::plugin::Plugin;
use crate::standings::Standings;
use crate::waiting::Waiting;
use crate::watch::Watch;

/// A policy and what belongs to it. Nothing is shared with another policy of the same VM.
pub(crate) struct Gate {
    policy: Policy,
    memory: RefCell<Memory>,
    audit: RefCell<Audit>,
    counters: RefCell<Vec<Counters>>,
    watch: Watch,
    plugin: Plugin,
    standings: Standings,
    waiting: Waiting,
    live: Live,
    /// Of streams that were ended.
    metrics: Metrics,
}

/// The counters of one API that were needed so far.
type Counters = Vec<(Outcome, Reason, u32)>;

/// What a decision means for the stream.
pub(crate) enum Passage {
    /// It goes on.
    Open,
    /// It is answered by this.
    Shut(Option<Reply>),
    /// It is held until the lists are there that it needs.
    Held,
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
            plugin: Plugin::default(),
            standings: Standings::default(),
            waiting: Waiting::new(policy.start_wait()),
            live: Live::default(),
            metrics: Metrics::default(),
            policy,
        }
    }

    /// Looks at what will soon be out of date.
    pub(crate) fn watch(&self) {
        self.watch.look(&self.policy, &self.plugin);
    }

    /// Looks at the dynamic lists, and at the streams that they may concern. Returns when to look again.
    pub(crate) fn look(&self) -> Duration {
        let is_changed = self.standings.look(&self.policy);
        if !self.waiting.is_empty()
            && self.waiting.is_over(|| self.standings.are_loaded(&self.policy))
        {
            self.resume();
        }
        let recheck = |stream, ticket: &Ticket| self.recheck(stream, ticket);
        let is_swept = !self.policy.ends_streams() || self.live.look(is_changed, recheck);
        match (is_swept, self.waiting.is_empty()) {
            (false, _) => SOON,
            (_, false) => HELD,
            _ if self.policy.ends_streams() => OFTEN,
            _ => LOOK,
        }
    }

    /// Shows how the dynamic lists stand.
    pub(crate) fn show(&self) {
        self.standings.show(&self.policy);
    }

    /// Forgets a stream that has ended. Most were neither held nor may be ended.
    pub(crate) fn forget(&self, stream: u32) {
        if !self.waiting.is_empty() {
            self.waiting.remove(stream);
        }
        if !self.live.is_empty() {
            self.live.remove(stream);
        }
    }

    /// Judges the request of the current stream and does what follows from it, but for the reply.
    pub(crate) fn judge(&self, stream: u32) -> Passage {
        let bytes = Map::Headers.read().ok();
        let Some(headers) = bytes.as_deref().and_then(pairs::parse).map(Headers::new) else {
            return self.fail(&Headers::default());
        };
        if self.policy.is_probe(&headers) {
            return self.tell_whether_ready();
        }
        let Ok(mut memory) = self.memory.try_borrow_mut() else {
            return self.fail(&headers);
        };
        let look = Look::new(&self.standings, &self.plugin);
        let mut aim = self.policy.aim(&headers, &look);
        if let Ok(aim) = &mut aim
            && let Some(pass) = self.policy.recall(aim, &headers, &look, &mut memory)
        {
            drop(memory);
            return self.wave_through(&pass, &headers);
        }
        self.weigh(stream, aim, &headers, &look, memory)
    }

    /// Judges a request that no pass is kept for. In a function of its own: the others would pay for code that lies
    /// between what they need.
    #[inline(never)]
    fn weigh(
        &self,
        stream: u32,
        aim: Result<Aim<'_>, Reason>,
        headers: &Headers<'_>,
        look: &Look<'_>,
        mut memory: RefMut<'_, Memory>,
    ) -> Passage {
        let verdict = self.policy.judge_under(aim, headers, look, &mut memory);
        self.policy.remember(&verdict, &mut memory);
        let ticket = self.policy.ticket(&verdict, &mut memory);
        drop(memory);
        // A policy that is only tried out delays nobody.
        if verdict.reason() == Reason::ListStale
            && verdict.outcome() == Outcome::Denied
            && self.waiting.hold(stream, || self.standings.are_loaded(&self.policy))
        {
            return Passage::Held;
        }
        match carry_out(self.policy.effects(&verdict, headers)) {
            Ok(passage) => {
                self.trace(&verdict, headers);
                if let Some(ticket) = ticket {
                    self.live.insert(stream, ticket);
                }
                passage
            }
            Err(Unreadable) => self.fail(headers),
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_whether_ready(&self) -> Passage {
        let is_ready = self.standings.are_fresh(&self.policy);
        Passage::Shut(Some(self.policy.probe_reply(is_ready)))
    }

    /// Does what follows from what an earlier request passed with.
    fn wave_through(&self, pass: &Pass, headers: &Headers<'_>) -> Passage {
        match self.pass_on(pass, headers) {
            Ok(()) => {
                self.count(Some(pass.api_position()), Outcome::Allowed, Reason::Allowed);
                Passage::Open
            }
            Err(Unreadable) => self.fail(headers),
        }
    }

    /// Does the same as [`carry_out`] with what is kept, in the same order.
    fn pass_on(&self, pass: &Pass, headers: &Headers<'_>) -> Result<(), Unreadable> {
        let mut spoofed = self.policy.spoofed(headers);
        spoofed.try_for_each(|name| match pass.replaces(name, headers) {
            true => Ok(()),
            false => Map::Headers.remove(name),
        })?;
        match self.policy.connection_options(headers) {
            None => {}
            Some(left) if left.is_empty() => Map::Headers.remove(CONNECTION.as_bytes())?,
            Some(left) => Map::Headers.set(CONNECTION.as_bytes(), &left)?,
        }
        pass.set().try_for_each(|(name, value)| Map::Headers.set(name.as_bytes(), value))?;
        pass.state().try_for_each(|(name, value)| host::set_filter_state(name, value))
    }

    /// Refuses a request that the host could not be asked about, or to which it did not do what was
    /// decided.
    #[cold]
    #[inline(never)]
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

    /// Judges some of the held requests again, and lets them go. What follows is for their streams.
    fn resume(&self) {
        for stream in self.waiting.take() {
            // One that has ended is not held any more: it is the host that fails.
            if host::enter_context(stream).is_err() {
                self.waiting.keep(stream);
                continue;
            }
            match self.judge(stream) {
                Passage::Open if host::resume_request().is_err() => {
                    self.live.remove(stream);
                    answer(internal_refusal().as_ref());
                }
                Passage::Open | Passage::Held => {}
                Passage::Shut(reply) => answer(reply.as_ref()),
            }
        }
    }

    /// Resets a stream if its client would be refused by now. What follows is for that stream.
    fn recheck(&self, stream: u32, ticket: &Ticket) -> Fate {
        // One that has ended has no ticket any more: it is the host that fails.
        if host::enter_context(stream).is_err() {
            return Fate::Failed;
        }
        let Ok(mut memory) = self.memory.try_borrow_mut() else {
            return Fate::Failed;
        };
        let look = Look::new(&self.standings, &self.plugin);
        match self.policy.recheck(ticket, &look, &mut memory) {
            Ok(()) => Fate::Passes,
            Err(Reason::Internal) => Fate::Failed,
            Err(_) if host::reset_request().is_err() => Fate::Failed,
            Err(reason) => {
                self.metrics.count(self.policy.ended_metric(ticket, reason));
                Fate::Ended
            }
        }
    }

    /// Counts the verdict, and writes the audit line of a refusal.
    fn trace(&self, verdict: &Verdict<'_>, headers: &Headers<'_>) {
        self.count(verdict.api_position(), verdict.outcome(), verdict.reason());
        self.write_audit(verdict, headers);
        self.watch.hear(&self.policy, &self.plugin, verdict);
    }

    fn count(&self, api: Option<usize>, outcome: Outcome, reason: Reason) {
        let place = api.map_or(0, |place| place.saturating_add(1));
        let known = self.counters.try_borrow().ok().and_then(|counters| {
            let mut own = counters.get(place)?.iter();
            own.find(|(of, why, _)| (*of, *why) == (outcome, reason)).map(|(.., counter)| *counter)
        });
        if let Some(counter) = known.or_else(|| self.new_counter(place, outcome, reason)) {
            // A lost count is no reason to refuse a request.
            let _ = host::count(counter);
        }
    }

    /// The counter of a verdict that has not come before: every definition costs the host an entry.
    #[cold]
    #[inline(never)]
    fn new_counter(&self, place: usize, outcome: Outcome, reason: Reason) -> Option<u32> {
        let mut counters = self.counters.try_borrow_mut().ok()?;
        let own = counters.get_mut(place)?;
        let api = place.checked_sub(1).and_then(|place| self.policy.apis().get(place));
        let name = outcome.metric(api.map(|api| api.name().as_str()), reason);
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

/// Answers the current stream. Should that fail, the stream stays paused and ends by Envoy's own time
/// limit, unanswered but refused.
pub(crate) fn answer(reply: Option<&Reply>) {
    if reply.is_none_or(|reply| host::reply(reply).is_err()) {
        host::log(Level::Error, "a refusal could not be sent");
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

/// How often the dynamic lists are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The same where live streams may have to end.
const OFTEN: Duration = Duration::from_millis(250);

/// The same while requests are held.
const HELD: Duration = Duration::from_millis(20);

/// When to go on with what was too much for one callback.
const SOON: Duration = Duration::from_millis(5);
