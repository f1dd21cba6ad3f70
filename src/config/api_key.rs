//! `api_key`: which API keys hold.

use crate::api_key::{ApiKeyRule, KeyDigest};

use super::api::Context;
use super::location;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, text};
use super::requirement::if_refused;

pub(crate) fn read(
    node: &Node<'_>,
    at: &At<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<ApiKeyRule> {
    let mut fields = Fields::of(node, at, problems)?;
    let (lists, from) = (fields.required("lists", problems), fields.required("from", problems));
    let hash = fields.read("hmac_secret", problems, secret);
    let if_refused = fields.read("if_refused", problems, if_refused);
    fields.finish(problems);
    let at_lists = at.field("lists");
    let lists = lists.and_then(|node| context.lists.references(node, &at_lists, problems)).inspect(
        |lists| {
            for (name, _) in lists
                .iter()
                .filter(|id| !context.lists.is_dynamic(**id))
                .filter_map(|id| context.lists.get(*id))
            {
                let message =
                    format_args!("list {name:?} has no feed, and no other list holds API keys");
                problems.report(&at_lists, message);
            }
        },
    );
    let at_from = at.field("from");
    let from = from.and_then(|node| location::read(node, &at_from, context.forward, problems));
    Some(ApiKeyRule {
        lists: lists?,
        from: from?,
        hash: hash.unwrap_or(KeyDigest::Sha256),
        if_refused: if_refused.unwrap_or_default(),
    })
}

fn secret(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<KeyDigest> {
    let secret = text(node, at, problems)?;
    if secret.len() < SHORTEST {
        problems.report(at, format_args!("expected {SHORTEST} bytes at least"));
        return None;
    }
    Some(KeyDigest::Hmac(secret.as_bytes().into()))
}

/// Bytes of a secret: fewer could be guessed.
const SHORTEST: usize = 16;
