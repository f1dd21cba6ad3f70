//! `global`, `default`, `forward` and `replies`.

use crate::header_name::HeaderName;
use crate::policy::{
    CertificateFormat, Detail, Enforcement, Forward, ForwardedState, ListId, Preflight,
    ServerNameRule, Unmatched,
};
use crate::target::AuthorityRules;

use super::duration::Period;
use super::lists::Lists;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, boolean, entries, list, parsed, text, word};

/// What holds for every API unless it says otherwise.
#[derive(Default)]
pub(crate) struct Global {
    pub(crate) allow: Vec<ListId>,
    /// Whether `allow` is there, good or not.
    pub(crate) has_allow: bool,
    pub(crate) deny: Vec<ListId>,
    pub(crate) enforcement: Enforcement,
    pub(crate) authority: AuthorityRules,
    pub(crate) sni: ServerNameRule,
    pub(crate) preflight: Preflight,
    pub(crate) expiry_warning: ExpiryWarning,
    /// The path that tells whether all dynamic lists are fresh.
    pub(crate) ready_path: Option<Box<str>>,
}

/// Seconds before the end of something at which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpiryWarning(pub(crate) i64);

impl Default for ExpiryWarning {
    /// 30 days.
    fn default() -> Self {
        Self(2_592_000)
    }
}

impl From<Period> for ExpiryWarning {
    fn from(Period(length): Period) -> Self {
        Self(i64::try_from(length.as_secs()).unwrap_or(i64::MAX))
    }
}

impl Global {
    pub(crate) fn read(
        node: &Node<'_>,
        at: &At<'_>,
        lists: &Lists,
        problems: &mut Problems,
    ) -> Self {
        let Some(mut fields) = Fields::of(node, at, problems) else {
            // Whoever relies on it is not to blame.
            return Self { has_allow: true, ..Self::default() };
        };
        let mut references = |name| {
            fields.read(name, problems, |node, at, problems| lists.references(node, at, problems))
        };
        let allow = references("allow").unwrap_or_default();
        let deny = references("deny").unwrap_or_default();
        lists.admitting(&allow, &at.field("allow"), problems);
        lists.denying(&deny, &at.field("deny"), problems);
        let global = Self {
            has_allow: fields.optional("allow").is_some(),
            allow,
            deny,
            enforcement: fields.read("enforcement", problems, enforcement).unwrap_or_default(),
            authority: fields.read("authority", problems, authority).unwrap_or_default(),
            sni: fields.read("sni", problems, server_name).unwrap_or_default(),
            preflight: fields.read("cors_preflight", problems, preflight).unwrap_or_default(),
            expiry_warning: fields
                .read("expiry_warning", problems, parsed::<Period>)
                .map(ExpiryWarning::from)
                .unwrap_or_default(),
            ready_path: fields.read("ready_path", problems, ready_path),
        };
        fields.finish(problems);
        global
    }
}

/// A path that a probe sends as it is written here.
fn ready_path(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Box<str>> {
    let path = text(node, at, problems)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if path.len() > 1 && path.starts_with('/') && path.bytes().all(is_plain) {
        return Some(path.into());
    }
    problems.report(at, "expected a path as \"/ready\", of letters, digits and /-._~");
    None
}

pub(crate) fn enforcement(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Enforcement> {
    let words = [("enforce", Enforcement::Enforce), ("shadow", Enforcement::Shadow)];
    word(node, at, problems, &words)
}

fn authority(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<AuthorityRules> {
    let mut fields = Fields::of(node, at, problems)?;
    let rules = AuthorityRules {
        ignore_port: fields.read("ignore_port", problems, boolean).unwrap_or_default(),
        ignore_trailing_dot: fields
            .read("ignore_trailing_dot", problems, boolean)
            .unwrap_or_default(),
    };
    fields.finish(problems);
    Some(rules)
}

fn server_name(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<ServerNameRule> {
    let words = [
        ("unchecked", ServerNameRule::Unchecked),
        ("when_present", ServerNameRule::WhenPresent),
        ("required", ServerNameRule::Required),
    ];
    word(node, at, problems, &words)
}

pub(crate) fn preflight(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Preflight> {
    word(node, at, problems, &[("check", Preflight::Check), ("pass", Preflight::Pass)])
}

pub(crate) fn unmatched(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Unmatched> {
    word(node, at, problems, &[("deny", Unmatched::Deny), ("allow", Unmatched::Allow)])
}

pub(crate) fn replies(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Detail> {
    let mut fields = Fields::of(node, at, problems)?;
    fields.read("profile", problems, |node, at, problems| {
        word(node, at, problems, &[("problem", ())])
    });
    let detail = fields.read("detail", problems, |node, at, problems| {
        word(node, at, problems, &[("generic", Detail::Generic), ("reason", Detail::Reason)])
    });
    fields.finish(problems);
    detail
}

pub(crate) fn forward(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Forward> {
    let mut fields = Fields::of(node, at, problems)?;
    let mut header = |name| fields.read(name, problems, parsed::<HeaderName>);
    let (identity, method, fingerprint) =
        (header("identity"), header("method"), header("fingerprint"));
    let client_cert = fields.read("client_cert", problems, client_cert);
    let labels = fields.read("labels", problems, |node, at, problems| {
        let mut labels = Vec::new();
        for (key, node) in entries(node, at, problems)? {
            let at = at.field(key);
            let name = problems.keep(&at, key.parse());
            labels.extend(name.zip(parsed::<HeaderName>(node, &at, problems)));
        }
        Some(labels)
    });
    let states = fields.read("filter_state", problems, |node, at, problems| {
        let mut seen = Vec::new();
        list(node, at, problems, |node, at, problems| {
            let words = ForwardedState::ALL.map(|state| (state.word(), state));
            let state = word(node, at, problems, &words)?;
            if seen.contains(&state) {
                problems.report(at, "given twice");
            }
            seen.push(state);
            Some(state)
        })
    });
    fields.finish(problems);
    let (labels, states) = (labels.unwrap_or_default(), states.unwrap_or_default());
    let forward = Forward { identity, method, fingerprint, client_cert, labels, states };
    unalike(&forward, at, problems);
    Some(forward)
}

/// Reports headers of which readers could take one for the other.
fn unalike(forward: &Forward, at: &At<'_>, problems: &mut Problems) {
    let (at_cert, at_labels) = (at.field("client_cert"), at.field("labels"));
    let blocks = [
        (at.field("identity"), &forward.identity),
        (at.field("method"), &forward.method),
        (at.field("fingerprint"), &forward.fingerprint),
    ];
    let header = forward.client_cert.as_ref().map(|(header, _)| (at_cert.field("header"), header));
    let labels = forward.labels.iter();
    let labels = labels.map(|(label, header)| (at_labels.field(label.as_str()), header));
    let named: Vec<(At<'_>, &HeaderName)> = blocks
        .into_iter()
        .filter_map(|(at, header)| Some((at, header.as_ref()?)))
        .chain(header)
        .chain(labels)
        .collect();
    for (index, (at, name)) in named.iter().enumerate() {
        let same =
            |(_, other): &&(At<'_>, &HeaderName)| other.is_read_from(name.as_str().as_bytes());
        if let Some((_, other)) = named.iter().take(index).find(same) {
            problems.report(at, format_args!("is the same header as \"{other}\" to some readers"));
        }
    }
}

fn client_cert(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<(HeaderName, CertificateFormat)> {
    let mut fields = Fields::of(node, at, problems)?;
    let header = fields.required("header", problems);
    let format = fields.required("format", problems);
    fields.finish(problems);
    let header = header.and_then(|node| parsed(node, &at.field("header"), problems));
    let formats = [
        ("rfc9440", CertificateFormat::Rfc9440),
        ("der_base64", CertificateFormat::DerBase64),
        ("pem_percent", CertificateFormat::PemPercent),
    ];
    let format = format.and_then(|node| word(node, &at.field("format"), problems, &formats));
    Some((header?, format?))
}
