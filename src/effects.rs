//! What a verdict means for the request: computed here, carried out by the host.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::alike::alike;
use crate::carrier::xfcc;
use crate::decision::{Accepted, Outcome, Verdict};
use crate::header_name::HeaderName;
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
    /// Filter state `wasm.<name>`, for the guard and for access logs. The guard's is the last: it says that all
    /// before it is done.
    pub state: Vec<(&'static str, Cow<'a, str>)>,
    /// What to answer instead of passing the request on.
    pub reply: Option<Reply>,
}

/// Filter state that says `allowed` on every request that passed: what the guard behind the filter asks.
pub const GUARD: &str = "peergate";

/// What the guard is told.
const PASSED: (&str, Cow<'static, str>) = (GUARD, Cow::Borrowed("allowed"));

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
        self.clear(headers, &mut effects);
        if let Some(selection) = verdict.place().and_then(|place| self.at(place)) {
            let locations = selection.ruling.locations(|credential| verdict.strips(credential));
            strip(&locations, headers, &mut effects);
        }
        self.tell(verdict, &mut effects);
        effects.state.push(PASSED);
        let Effects { remove, set, .. } = &mut effects;
        remove.retain(|name| !is_replaced(name, set.iter().map(|(name, _)| *name), headers));
        effects
    }

    /// What follows from a verdict that lets a request pass by a certificate alone, whatever else the request has.
    pub(crate) fn told<'a>(&'a self, verdict: &'a Verdict<'_>) -> Effects<'a> {
        let mut effects = Effects::default();
        effects.state.push((VERDICT, verdict_text(verdict).into()));
        self.tell(verdict, &mut effects);
        effects.state.push(PASSED);
        effects
    }

    /// The names of headers that an upstream could take for one of ours, each as often as it comes. Under the
    /// carrier's own name stands what Envoy's forward mode lets stand there.
    pub fn spoofed<'h>(&self, headers: &Headers<'h>) -> impl Iterator<Item = &'h [u8]> {
        self.believed_names(headers).filter(|name| *name != xfcc::NAME.as_bytes())
    }

    /// The names of trailers that an upstream could take for a header of ours, each as often as it comes.
    pub fn spoofed_trailers<'h>(&self, trailers: &Headers<'h>) -> impl Iterator<Item = &'h [u8]> {
        self.believed_names(trailers)
    }

    fn believed_names<'h>(&self, headers: &Headers<'h>) -> impl Iterator<Item = &'h [u8]> {
        headers.names(self.believed.lengths()).filter(|name| self.believed.reads(name))
    }

    /// What to leave of `connection`, whose options the next hop removes as headers (RFC 9110 section 7.6.1), if one
    /// of them is a header that the upstream believes. Where nothing is left, the header has to go.
    pub fn connection_options(&self, headers: &Headers<'_>) -> Option<Vec<u8>> {
        // Envoy leaves none in most requests.
        headers.first(CONNECTION.as_bytes())?;
        self.unbelieved_options(headers)
    }

    #[cold]
    #[inline(never)]
    fn unbelieved_options(&self, headers: &Headers<'_>) -> Option<Vec<u8>> {
        let options = || {
            let values = headers.all(CONNECTION.as_bytes());
            values.flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
        };
        let is_believed = |option: &&[u8]| self.believed.reads(option);
        options().any(|option| is_believed(&option)).then(|| {
            let kept: Vec<&[u8]> = options().filter(|option| !is_believed(option)).collect();
            kept.join(&b", "[..])
        })
    }

    /// Takes away what a client sent under a name that the upstream believes.
    fn clear<'a>(&self, headers: &Headers<'a>, effects: &mut Effects<'a>) {
        for name in self.spoofed(headers) {
            if !effects.remove.contains(&name) {
                effects.remove.push(name);
            }
        }
        match self.connection_options(headers) {
            None => {}
            Some(left) if left.is_empty() => effects.remove.push(CONNECTION.as_bytes()),
            Some(left) => effects.set.push((CONNECTION, Cow::Owned(left))),
        }
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

/// Whether a header of this name comes once and is replaced by what is set: it need not be removed. Of several, hosts
/// may replace the first alone.
pub(crate) fn is_replaced<'n>(
    name: &[u8],
    mut set: impl Iterator<Item = &'n str>,
    headers: &Headers<'_>,
) -> bool {
    set.any(|own| alike(own.as_bytes(), name)) && headers.all(name).nth(1).is_none()
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

/// The header of options of this connection alone.
pub const CONNECTION: &str = "connection";

/// As many headers and filter states as most policies set: room for them is taken at once.
const SOME: usize = 4;

/// RFC 3986 section 2.3, as Envoy encodes certificates.
const UNRESERVED_STAY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
