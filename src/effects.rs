//! What a verdict means for the request: computed here, carried out by the host.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::alike::alike;
use crate::carrier::xfcc;
use crate::decision::{Accepted, Outcome, Pass, Verdict};
use crate::header_name::{HeaderName, reads_as};
use crate::location::strip;
use crate::policy::{CertificateFormat, ForwardedState, Policy};
use crate::reason::Reason;
use crate::reply::{Reply, refusal};
use crate::request::Headers;

/// All that is to be done to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects<'a> {
    /// Names of headers to remove, every copy, before others are set. What comes once and is set is not
    /// among them: it is replaced.
    pub remove: Vec<&'a [u8]>,
    /// Headers to set, each in place of any copy.
    pub set: Vec<(&'a str, Cow<'a, [u8]>)>,
    /// Filter state `wasm.<name>`, for the guard and for access logs.
    pub state: Vec<(&'static str, Cow<'a, str>)>,
    /// What to answer instead of passing the request on.
    pub reply: Option<Reply>,
}

/// Filter state that says `allowed` on every request that passed: what the guard behind the filter asks.
pub const GUARD: &str = "peergate";

/// Filter state that says what was decided, for access logs.
pub const VERDICT: &str = "peergate_verdict";

impl Policy {
    /// What a verdict means for the request it was made on.
    pub fn effects<'a>(&'a self, verdict: &'a Verdict<'_>, headers: &Headers<'a>) -> Effects<'a> {
        let mut effects = Effects {
            set: Vec::with_capacity(SOME),
            state: Vec::with_capacity(SOME),
            ..Effects::default()
        };
        effects.state.push((VERDICT, verdict_text(verdict).into()));
        if !verdict.outcome().passes() {
            effects.reply = refusal(verdict, self.detail, headers.is_grpc());
            return effects;
        }
        effects.state.push((GUARD, "allowed".into()));
        self.clear(headers, &mut effects);
        if let Some(selection) = verdict.place().and_then(|place| self.at(place)) {
            let locations = selection.ruling.locations(|credential| verdict.strips(credential));
            strip(&locations, headers, &mut effects);
        }
        self.tell(verdict, &mut effects);
        let Effects { remove, set, .. } = &mut effects;
        replace(headers, set.iter().map(|(name, _)| *name), remove);
        effects
    }

    /// What is to be done to a request that passes with what an earlier one passed with, before all that is kept
    /// in the pass.
    pub fn clearing<'a>(&self, pass: &'a Pass, headers: &Headers<'a>) -> Effects<'a> {
        let mut effects = Effects::default();
        self.clear(headers, &mut effects);
        replace(headers, pass.set().map(|(name, _)| name), &mut effects.remove);
        effects
    }

    /// What follows from a verdict that lets a request pass by a certificate alone, whatever else the request has.
    pub(crate) fn told<'a>(&'a self, verdict: &'a Verdict<'_>) -> Effects<'a> {
        let mut effects = Effects::default();
        effects.state.push((VERDICT, verdict_text(verdict).into()));
        effects.state.push((GUARD, "allowed".into()));
        self.tell(verdict, &mut effects);
        effects
    }

    /// The trailers among these names that an upstream could take for a header of ours.
    pub fn spoofed_trailers<'t>(&self, trailers: &Headers<'t>) -> impl Iterator<Item = &'t [u8]> {
        trailers.iter().map(|(name, _)| name).filter(|name| self.is_believed(name))
    }

    /// Removes what a client sent under a name that the upstream believes, and what would make the next
    /// hop remove such a header (RFC 9110 section 7.6.1).
    fn clear<'a>(&self, headers: &Headers<'a>, effects: &mut Effects<'a>) {
        let lengths = self.believed_lengths();
        let mut has_options = false;
        for (name, _) in headers.iter() {
            has_options |= name == CONNECTION.as_bytes();
            // Most names are none of ours by their length alone. Under the carrier's own name stands what
            // Envoy's forward mode lets stand there.
            if lengths.contains(name)
                && self.is_believed(name)
                && name != xfcc::NAME.as_bytes()
                && !effects.remove.contains(&name)
            {
                effects.remove.push(name);
            }
        }
        if !has_options {
            return;
        }
        let options = || {
            let values = headers.all(CONNECTION.as_bytes());
            values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
        };
        if options().any(|option| self.is_believed(option)) {
            let kept: Vec<&[u8]> = options().filter(|option| !self.is_believed(option)).collect();
            if kept.is_empty() {
                effects.remove.push(CONNECTION.as_bytes());
            } else {
                effects.set.push((CONNECTION, Cow::Owned(kept.join(&b", "[..]))));
            }
        }
    }

    /// Whether an upstream may take a field of that name for one that says who the client is.
    pub(crate) fn is_believed(&self, name: &[u8]) -> bool {
        self.forward.names().any(|forwarded| forwarded.is_read_from(name))
            || reads_as(xfcc::NAME, name)
    }

    fn believed_lengths(&self) -> Lengths {
        let own = self.forward.names().map(|name| name.as_str().len());
        own.chain([xfcc::NAME.len()]).fold(Lengths::default(), Lengths::with)
    }

    /// Tells the upstream and other filters who the client is.
    fn tell<'a>(&'a self, verdict: &'a Verdict<'_>, effects: &mut Effects<'a>) {
        if let Some(accepted) = verdict.accepted() {
            self.forward(accepted, effects);
            self.tell_filters(verdict, accepted, effects);
        }
    }

    /// Tells the upstream who the client is.
    fn forward<'a>(&'a self, accepted: &'a Accepted<'_>, effects: &mut Effects<'a>) {
        let forward = &self.forward;
        let mut set = |name: &'a HeaderName, value: Cow<'a, [u8]>| {
            effects.set.push((name.as_str(), value));
        };
        if let Some(name) = &forward.identity {
            set(name, bytes(accepted.identity_text()));
        }
        if let Some(name) = &forward.method {
            set(name, bytes(accepted.method_text()));
        }
        if let Some((name, fingerprint)) = forward.fingerprint.as_ref().zip(accepted.fingerprint())
        {
            set(name, Cow::Owned(fingerprint.hex().to_vec()));
        }
        if let Some(((name, format), leaf)) = forward.client_cert.as_ref().zip(accepted.leaf()) {
            set(name, Cow::Owned(write_certificate(leaf.der(), *format).into_bytes()));
        }
        for (label, name) in &forward.labels {
            if let Some(value) = accepted.label(label) {
                set(name, Cow::Borrowed(value.as_bytes()));
            }
        }
    }

    /// Tells other filters who the client is.
    fn tell_filters<'a>(
        &self,
        verdict: &'a Verdict<'_>,
        accepted: &'a Accepted<'_>,
        effects: &mut Effects<'a>,
    ) {
        for state in &self.forward.states {
            effects.state.push(match state {
                ForwardedState::Identity => (IDENTITY, accepted.identity_text()),
                ForwardedState::Api => {
                    (API, verdict.api().map(|api| api.as_str()).unwrap_or_default().into())
                }
                ForwardedState::Method => (METHOD, accepted.method_text()),
            });
        }
    }
}

/// What comes once is replaced by what is set.
fn replace<'n>(
    headers: &Headers<'_>,
    set: impl Iterator<Item = &'n str> + Clone,
    remove: &mut Vec<&[u8]>,
) {
    remove.retain(|name| {
        let is_set = set.clone().any(|own| alike(own.as_bytes(), name));
        !is_set || headers.all(name).nth(1).is_some()
    });
}

/// `outcome=… reason=… api=… method=… identity=…`; the identity comes last since it may hold blanks.
fn verdict_text(verdict: &Verdict<'_>) -> String {
    let api = verdict.api().map_or(UNMATCHED, |api| api.as_str());
    let (outcome, reason) = (verdict.outcome().word(), verdict.reason().word());
    // Most fit into this.
    let mut text = String::with_capacity(160);
    for part in ["outcome=", outcome, " reason=", reason, " api=", api] {
        text.push_str(part);
    }
    if let Some(accepted) = verdict.accepted() {
        text.push_str(" method=");
        text.push_str(&accepted.method_text());
        text.push_str(" identity=");
        text.push_str(&accepted.identity_text());
    }
    text
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Lengths that some names have, of 1 to 64 bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Lengths(u64);

impl Lengths {
    fn with(self, length: usize) -> Self {
        Self(self.0 | Self::bit(length))
    }

    fn contains(self, name: &[u8]) -> bool {
        self.0 & Self::bit(name.len()) != 0
    }

    fn bit(length: usize) -> u64 {
        let place = u32::try_from(length).ok().and_then(|length| length.checked_sub(1));
        place.and_then(|place| 1_u64.checked_shl(place)).unwrap_or_default()
    }
}

fn write_certificate(der: &[u8], format: CertificateFormat) -> String {
    let base64 = STANDARD.encode(der);
    match format {
        CertificateFormat::Rfc9440 => format!(":{base64}:"),
        CertificateFormat::DerBase64 => base64,
        CertificateFormat::PemPercent => {
            let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
            let pem = pem::encode_config(&pem::Pem::new("CERTIFICATE", der), config);
            utf8_percent_encode(&pem, UNRESERVED_STAY).to_string()
        }
    }
}

impl Outcome {
    /// The name of the counter of verdicts, less Envoy's own prefix.
    pub fn metric(self, api: Option<&str>, reason: Reason) -> String {
        let api = api.unwrap_or(UNMATCHED);
        format!("peergate.api.{api}.outcome.{}.reason.{reason}", self.word())
    }
}

/// Stands for the API where there is none; no API can have this name.
pub const UNMATCHED: &str = "_unmatched";

/// Filter state that tells of an accepted client, where the policy asks for it.
const IDENTITY: &str = "peergate_identity";
const API: &str = "peergate_api";
const METHOD: &str = "peergate_method";

const CONNECTION: &str = "connection";

/// As many headers and filter states as most policies set: room for them is taken at once.
const SOME: usize = 4;

/// RFC 3986 section 2.3, as Envoy encodes certificates.
const UNRESERVED_STAY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
