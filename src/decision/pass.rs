//! What a request passed with, kept for the next one of the same certificate under the same rules.

use std::rc::Rc;

use crate::certificate::Validity;
use crate::effects::{Effects, is_replaced};
use crate::evidence::{Peer, Source};
use crate::memory::Memory;
use crate::policy::{Credential, Place, Policy};
use crate::reason::Reason;
use crate::request::Headers;

use super::{Aim, Outcome, Verdict};

/// A verdict that let a request pass by its certificate alone, and all that follows from it but for what the
/// request's own headers ask for. It is the policy's in whose [`Memory`] it is.
#[derive(Debug)]
pub struct Pass {
    place: Place,
    /// When it holds; `None`: always, since no date was looked at.
    window: Option<Validity>,
    set: Vec<(Box<str>, Box<[u8]>)>,
    state: Vec<(&'static str, Box<str>)>,
}

/// How long a certificate is admitted that goes by lists of this policy alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// As long as the policy is there.
    Always,
    /// In this time.
    Within(Validity),
    /// The next request may show what this one did not.
    Unknown,
}

impl Lasting {
    /// In this time, but not long after now: whoever tells of what is soon out of date has to hear of it again.
    pub(super) fn within(validity: Validity, now: i64) -> Self {
        let soon = Validity { not_before: now, not_after: now.saturating_add(LONGEST) };
        Self::Within(validity.both(soon))
    }
}

impl Pass {
    /// The place of the API that decided, from 0.
    pub fn api_position(&self) -> usize {
        self.place.0
    }

    /// Whether a header of this name comes once and is replaced by what is set: it need not be removed.
    pub fn replaces(&self, name: &[u8], headers: &Headers<'_>) -> bool {
        is_replaced(name, self.set().map(|(name, _)| name), headers)
    }

    /// Headers to set, each in place of any copy.
    pub fn set(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.set.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Filter state `wasm.<name>`, for the guard and for access logs. The guard's is the last.
    pub fn state(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.state.iter().map(|(name, value)| (*name, &**value))
    }

    /// Bytes that it takes, roughly.
    pub(crate) fn weight(&self) -> usize {
        let set = self.set.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        let state = self.state.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        set.chain(state).fold(0, |sum, part| sum.saturating_add(part).saturating_add(FIELD))
    }

    fn holds(&self, source: &impl Source) -> bool {
        // Without a clock the request is judged, and refused if that needs one.
        self.window.is_none_or(|window| source.now().is_ok_and(|now| window.contains(now)))
    }
}

impl Policy {
    /// What an earlier request of the same certificate passed with under the same rules, if this one would too.
    /// Only where nothing but the certificate, the policy and the time decides.
    pub fn recall(
        &self,
        aim: &mut Aim<'_>,
        headers: &Headers<'_>,
        source: &impl Source,
        memory: &mut Memory,
    ) -> Option<Rc<Pass>> {
        let selection = aim.by_certificate_alone(headers)?;
        let digits = source.fingerprint();
        let known = digits.as_ref().ok().and_then(Option::as_deref);
        let pass = known.and_then(|digits| memory.pass(digits, selection.place));
        let pass = pass.filter(|pass| pass.holds(source));
        if pass.is_none() {
            aim.peer = Some(digits.and_then(|digits| Peer::of(digits.as_deref(), source)));
        }
        pass
    }

    /// Keeps what a verdict let a request pass with, if it would be the same for the next one.
    pub fn remember(&self, verdict: &Verdict<'_>, memory: &mut Memory) {
        let Some(accepted) = verdict.accepted().filter(|_| verdict.reason == Reason::Allowed)
        else {
            return;
        };
        let Some(admitted) = &accepted.certificate else { return };
        let window = match admitted.lasting {
            Lasting::Always => None,
            Lasting::Within(window) => Some(window),
            Lasting::Unknown => return,
        };
        let Some(selection) = verdict.place().and_then(|place| self.at(place)) else { return };
        if verdict.outcome != Outcome::Allowed
            || accepted.credentials != [Credential::Certificate]
            || !selection.goes_by_certificate_alone()
        {
            return;
        }
        let Effects { set, state, .. } = self.told(verdict);
        let set = set.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let state = state.into_iter().map(|(name, value)| (name, value.into())).collect();
        let pass = Pass { place: selection.place, window, set, state };
        memory.keep_pass(admitted.fingerprint, selection.place, pass);
    }
}

/// Seconds for which a request is not judged anew.
const LONGEST: i64 = 600;

/// Bytes of a header or filter state beside its name and value, roughly.
const FIELD: usize = 48;
