//! `certificate`: which certificates hold.

use crate::policy::{CertificateRule, IfRefused, ListId, ValidityRule};

use super::api::Context;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, boolean, word};

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
    let (_, own_deny) = references("deny");
    let inherit = fields.read("inherit", problems, boolean).unwrap_or(true);
    let validity = fields.read("validity", problems, |node, at, problems| {
        let words = [
            ("required", ValidityRule::Required),
            ("when_known", ValidityRule::WhenKnown),
            ("unchecked", ValidityRule::Unchecked),
        ];
        word(node, at, problems, &words)
    });
    let if_refused = fields.read("if_refused", problems, |node, at, problems| {
        word(node, at, problems, &[("deny", IfRefused::Deny), ("ignore", IfRefused::Ignore)])
    });
    fields.finish(problems);

    if inherit {
        allow.extend(
            context
                .global
                .allow
                .iter()
                .filter(|id| !allow.contains(id))
                .copied()
                .collect::<Vec<_>>(),
        );
    }
    if allow.is_empty() && !is_given && !(inherit && context.global.has_allow) {
        problems.report(&at.field("allow"), "missing: no list admits anybody here");
    }
    admitting_only(context, &allow, &at.field("allow"), problems);
    admitting_only(context, &require, &at.field("require"), problems);
    let mut deny = own_deny;
    deny.extend(
        context.global.deny.iter().filter(|id| !deny.contains(id)).copied().collect::<Vec<_>>(),
    );
    let admitting: Vec<ListId> = allow.iter().chain(&require).copied().collect();
    evadable(context, &admitting, &deny, at, problems);

    let counts = |id: &ListId| context.lists.get(*id).map(|(_, list)| list.counts());
    let validity = validity.unwrap_or_default();
    let needs_leaf = admitting.iter().filter_map(counts).any(|counts| counts.keys > 0)
        || deny.iter().filter_map(counts).any(|counts| counts.refuses_by_leaf())
        || context.forward.client_cert.is_some();
    Some(CertificateRule {
        allow,
        require,
        deny,
        validity,
        if_refused: if_refused.unwrap_or_default(),
        needs_leaf,
    })
}

/// `issued` entries admit nobody: a list that has them is meant for `deny`.
fn admitting_only(context: &Context<'_>, lists: &[ListId], at: &At<'_>, problems: &mut Problems) {
    for (name, list) in lists.iter().filter_map(|id| context.lists.get(*id)) {
        if list.counts().issued > 0 {
            let name = name.as_str();
            problems
                .report(at, format_args!("list {name:?} has `issued` entries, which only refuse"));
        }
    }
}

/// Whoever holds a certificate can re-encode its signature and so change its fingerprint: where the new
/// one would be admitted, a deny entry by `sha256` holds nobody back.
fn evadable(
    context: &Context<'_>,
    admitting: &[ListId],
    deny: &[ListId],
    at: &At<'_>,
    problems: &mut Problems,
) {
    let find = |ids: &[ListId], has: fn(crate::list::Counts) -> bool| {
        let mut lists = ids.iter().filter_map(|id| context.lists.get(*id));
        lists.find(|(_, list)| has(list.counts())).map(|(name, _)| name.to_string())
    };
    let by_key = find(admitting, |counts| counts.keys > 0);
    let by_fingerprint = find(deny, |counts| counts.fingerprints > 0);
    if let (Some(allowed), Some(denied)) = (by_key, by_fingerprint) {
        let message = format_args!(
            "list {denied:?} denies by sha256, which a holder can change by re-encoding the signature, \
             while list {allowed:?} admits by spki_sha256: deny by issued, spki_sha256 or pem"
        );
        problems.report(&at.field("deny"), message);
    }
}
