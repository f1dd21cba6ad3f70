//! What a verdict means for the request: computed here, carried out by the host.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::carrier::xfcc;
use crate::decision::{Accepted, Outcome, Verdict};
use crate::header_name::{HeaderName, reads_as};
use crate::location::strip;
use crate::policy::{CertificateFormat, ForwardedState, Policy};
use crate::reason::Reason;
use crate::reply::{Reply, refusal};
use crate::request::Headers;

/// All that is to be done to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects<'a> {
    /// Names of headers to remove, every copy, before others are set.
    pub remove: Vec<&'a [u8]>,
    /// Headers to set, each in place of any copy.
    pub set: Vec<(&'a str, Cow<'a, [u8]>)>,
    /// Filter state `wasm.<name>`, for the guard and for access logs.
    pub state: Vec<(&'static str, String)>,
    /// What to answer instead of passing the request on.
    pub reply: Option<Reply>,
}

/// Filter state that says `allowed` on every request that passed: what the guard behind the filter asks.
pub const GUARD: &str = "peergate";

/// Filter state that says what was decided, for access logs.
pub const VERDICT: &str = "peergate_verdict";

impl Policy {
    /// What a verdict means for the request it was made on.
    pub fn effects<'a>(&'a self, verdict: &Verdict<'a>, headers: &Headers<'a>) -> Effects<'a> {
        let mut effects = Effects::default();
        effects.state.push((VERDICT, verdict_text(verdict)));
        if !verdict.outcome().passes() {
            effects.reply = refusal(verdict, self.detail, headers.is_grpc());
            return effects;
        }
        effects.state.push((GUARD, "allowed".to_owned()));
        self.clear(headers, &mut effects);
        if let Some(selection) = verdict.place().and_then(|place| self.at(place)) {
            let locations = selection.ruling.locations(|credential| verdict.strips(credential));
            strip(&locations, headers, &mut effects);
        }
        if let Some(accepted) = verdict.accepted() {
            self.forward(accepted, &mut effects);
            self.tell(verdict, accepted, &mut effects);
        }
        effects
    }

    /// The trailers among these names that an upstream could take for a header of ours.
    pub fn spoofed_trailers<'t>(&self, trailers: &Headers<'t>) -> impl Iterator<Item = &'t [u8]> {
        trailers.iter().map(|(name, _)| name).filter(|name| self.is_believed(name))
    }

    /// Removes what a client sent under a name that the upstream believes, and what would make the next
    /// hop remove such a header (RFC 9110 section 7.6.1).
    fn clear<'a>(&self, headers: &Headers<'a>, effects: &mut Effects<'a>) {
        for (name, _) in headers.iter() {
            // Under the carrier's own name stands what Envoy's forward mode lets stand there.
            let is_spoofed = self.is_believed(name) && name != xfcc::NAME.as_bytes();
            if is_spoofed && !effects.remove.contains(&name) {
                effects.remove.push(name);
            }
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

    /// Tells the upstream who the client is.
    fn forward<'a>(&'a self, accepted: &Accepted<'a>, effects: &mut Effects<'a>) {
        let forward = &self.forward;
        let mut set = |name: &'a HeaderName, value: Cow<'a, [u8]>| {
            effects.set.push((name.as_str(), value));
        };
        if let Some(name) = &forward.identity {
            set(name, Cow::Owned(accepted.identity().into_bytes()));
        }
        if let Some(name) = &forward.method {
            set(name, Cow::Owned(accepted.method().into_bytes()));
        }
        if let Some((name, fingerprint)) = forward.fingerprint.as_ref().zip(accepted.fingerprint())
        {
            set(name, Cow::Owned(fingerprint.to_string().into_bytes()));
        }
        if let Some(((name, format), leaf)) = forward.client_cert.as_ref().zip(accepted.leaf()) {
            set(name, Cow::Owned(write_certificate(leaf.der(), *format).into_bytes()));
        }
        for (label, name) in &forward.labels {
            if let Some(value) = accepted.label(label) {
                set(name, Cow::Owned(value.as_bytes().to_vec()));
            }
        }
    }

    /// Tells other filters who the client is.
    fn tell(&self, verdict: &Verdict<'_>, accepted: &Accepted<'_>, effects: &mut Effects<'_>) {
        for state in &self.forward.states {
            effects.state.push(match state {
                ForwardedState::Identity => (IDENTITY, accepted.identity()),
                ForwardedState::Api => {
                    (API, verdict.api().map(ToString::to_string).unwrap_or_default())
                }
                ForwardedState::Method => (METHOD, accepted.method()),
            });
        }
    }
}

/// `outcome=… reason=… api=… method=… identity=…`; the identity comes last since it may hold blanks.
fn verdict_text(verdict: &Verdict<'_>) -> String {
    let api = verdict.api().map_or(UNMATCHED, |api| api.as_str());
    let mut text =
        format!("outcome={} reason={} api={api}", verdict.outcome().word(), verdict.reason());
    if let Some(accepted) = verdict.accepted() {
        text.push_str(" method=");
        text.push_str(&accepted.method());
        text.push_str(" identity=");
        text.push_str(&accepted.identity());
    }
    text
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

/// RFC 3986 section 2.3, as Envoy encodes certificates.
const UNRESERVED_STAY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
