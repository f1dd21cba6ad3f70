//! `certificate`: which certificates hold.

use crate::list::List;
use crate::policy::{CertificateRule, IfRefused, ListId, ValidityRule};

use super::api::Context;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, boolean, word};
use super::requirement::if_refused;

pub(crate) fn read(
    node: &Node<'_>,
    at: &At<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<CertificateRule> {
    let mut fields = Fields::of(node, at, problems)?;
    let mut references = |name| {
        let read = fields.read(name, problems, |node, at, problems| {
            Some(context.lists.references(node, at, problems))
        });
        // Given but faulty: it was reported, and must not look as if it had been left out.
        (read.is_some(), read.flatten().unwrap_or_default())
    };
    let (is_given, mut allow) = references("allow");
    let (_, require) = references("require");
    let (_, mut deny) = references("deny");
    let inherit = fields.read("inherit", problems, boolean).unwrap_or(true);
    let validity = fields.read("validity", problems, |node, at, problems| {
        let words = [
            ("required", ValidityRule::Required),
            ("when_known", ValidityRule::WhenKnown),
            ("unchecked", ValidityRule::Unchecked),
        ];
        word(node, at, problems, &words)
    });
    let if_refused = fields.read("if_refused", problems, if_refused);
    fields.finish(problems);

    let global = context.global;
    if allow.is_empty() && !is_given && !(inherit && global.has_allow) {
        problems.report(&at.field("allow"), "missing: no list admits anybody here");
    }
    context.lists.admitting(&allow, &at.field("allow"), problems);
    context.lists.admitting(&require, &at.field("require"), problems);
    if inherit {
        add(&mut allow, &global.allow);
    }
    context.lists.denying(&deny, &at.field("deny"), problems);
    add(&mut deny, &global.deny);
    contradictory(context, &allow, &require, &deny, at, problems);
    evadable(context, &allow, &require, &deny, at, problems);

    let counts = |id: &ListId| context.lists.get(*id).map(|(_, list)| list.counts());
    let admitting = allow.iter().chain(&require);
    let needs_leaf = admitting.filter_map(counts).any(|counts| counts.admits_by_content())
        || denies_by_leaf(context, &deny)
        || context.forward.client_cert.is_some();
    Some(CertificateRule {
        allow,
        require,
        deny,
        validity: validity.unwrap_or_default(),
        if_refused: if_refused.unwrap_or_default(),
        needs_leaf,
    })
}

/// Which certificates hold that a token or a key is bound to: whoever binds them vouches for them, so that no
/// list has to, and they must not be denied or out of date. `own` is the rule for certificates beside it.
pub(crate) fn bound(context: &Context<'_>, own: Option<&CertificateRule>) -> CertificateRule {
    let deny = own.map_or(&context.global.deny, |own| &own.deny).clone();
    CertificateRule {
        allow: Vec::new(),
        require: Vec::new(),
        needs_leaf: denies_by_leaf(context, &deny),
        deny,
        validity: own.map(|own| own.validity).unwrap_or_default(),
        if_refused: IfRefused::Deny,
    }
}

fn denies_by_leaf(context: &Context<'_>, deny: &[ListId]) -> bool {
    // A feed may deny by what only the whole leaf tells.
    let by_leaf = |(_, list): &(String, List)| list.counts().refuses_by_leaf();
    deny.iter()
        .any(|id| context.lists.is_dynamic(*id) || context.lists.get(*id).is_some_and(by_leaf))
}

/// Whether what a rule's lists say only another policy changes.
pub(crate) fn is_static(context: &Context<'_>, rule: &CertificateRule) -> bool {
    let mut all = rule.allow.iter().chain(&rule.require).chain(&rule.deny);
    !all.any(|id| context.lists.is_dynamic(*id))
}

/// Adds what is not there yet.
fn add(lists: &mut Vec<ListId>, others: &[ListId]) {
    for id in others {
        if !lists.contains(id) {
            lists.push(*id);
        }
    }
}

/// Reports a rule that refuses every certificate that it admits.
fn contradictory(
    context: &Context<'_>,
    allow: &[ListId],
    require: &[ListId],
    deny: &[ListId],
    at: &At<'_>,
    problems: &mut Problems,
) {
    // What a feed says of one certificate may admit it, and refuse another.
    let is_denied = |id: &ListId| deny.contains(id) && !context.lists.is_dynamic(*id);
    if (!allow.is_empty() && allow.iter().all(is_denied)) || require.iter().any(is_denied) {
        problems.report(at, "nobody could pass: what must hold a certificate denies it as well");
    }
}

/// Whoever holds a certificate can re-encode its signature and so change its fingerprint: where the new
/// one would be admitted, by its key or its authority, a deny entry by `sha256` holds nobody back.
fn evadable(
    context: &Context<'_>,
    allow: &[ListId],
    require: &[ListId],
    deny: &[ListId],
    at: &At<'_>,
    problems: &mut Problems,
) {
    let lists = |ids: &[ListId]| -> Vec<&(String, List)> {
        ids.iter().filter_map(|id| context.lists.get(*id)).collect()
    };
    let by_content = |(_, list): &&(String, List)| list.counts().admits_by_content();
    let by_fingerprint = |(_, list): &&(String, List)| list.counts().fingerprints > 0;
    let (allow, require, deny) = (lists(allow), lists(require), lists(deny));
    if let Some((allowed, list)) = allow.into_iter().find(|list| by_content(list))
        && require.iter().all(by_content)
        && let Some((denied, _)) = deny.into_iter().find(|list| by_fingerprint(list))
    {
        let (by, instead) = match list.counts().keys {
            0 => ("ca", "the certificate, by issued or pem"),
            _ => ("spki_sha256", "the key, by spki_sha256"),
        };
        let message = format_args!(
            "list {denied:?} denies by sha256, which a holder can change by re-encoding the signature, \
             while list {allowed:?} admits by {by}: deny {instead}"
        );
        problems.report(&at.field("deny"), message);
    }
}
