//! `jwt`: which tokens hold.

use crate::location::Location;
use crate::metadata::{JWT_FAILED_STATUS, JWT_PAYLOAD};
use crate::token::{BoundRule, ClaimName, ClaimRule, JwtRule, Scalar, Wanted};

use super::api::Context;
use super::location;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, entries, items, list, parsed, text, word, wrong_kind};
use super::requirement::if_refused;

pub(crate) fn read(
    node: &Node<'_>,
    at: &At<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<JwtRule> {
    let mut fields = Fields::of(node, at, problems)?;
    let issuers = fields.required("issuers", problems);
    let issuers = issuers.and_then(|node| texts(node, &at.field("issuers"), problems, is_issuer));
    let audiences = fields
        .read("audiences", problems, |node, at, problems| texts(node, at, problems, |_| Ok(())));
    let mut key = |name, default: &str| {
        let given = fields.optional(name).is_some();
        let read = fields.read(name, problems, read_key);
        if given { read } else { Some(default.into()) }
    };
    let payload = key("payload", JWT_PAYLOAD);
    let failed_status = key("failed_status", JWT_FAILED_STATUS);
    if payload.is_some() && payload == failed_status {
        problems.report(&at.field("failed_status"), "is where the payload is");
    }
    let given = fields.optional("from").is_some();
    let from = fields.read("from", problems, |node, at, problems| {
        location::read(node, at, context.forward, problems)
    });
    let from = if given { from } else { Some(default_locations()) };
    let claims = fields.read("claims", problems, read_claims);
    let scopes =
        fields.read("scopes", problems, |node, at, problems| texts(node, at, problems, is_scope));
    let identity = fields.read("identity", problems, parsed::<ClaimName>);
    let bound = fields.read("bound", problems, |node, at, problems| {
        let words = [
            ("required", BoundRule::Required),
            ("if_claimed", BoundRule::IfClaimed),
            ("unchecked", BoundRule::Unchecked),
        ];
        word(node, at, problems, &words)
    });
    let if_refused = fields.read("if_refused", problems, if_refused);
    fields.finish(problems);
    Some(JwtRule {
        issuers: issuers?,
        audiences: audiences.unwrap_or_default(),
        payload: payload?,
        failed_status: failed_status?,
        from: from?,
        claims: claims.unwrap_or_default(),
        scopes: scopes.unwrap_or_default(),
        identity,
        bound: bound.unwrap_or_default(),
        if_refused: if_refused.unwrap_or_default(),
    })
}

/// Where Envoy looks for tokens unless told otherwise.
fn default_locations() -> Vec<Location> {
    let scheme = Some("Bearer".into());
    let header = Location::Header { name: "authorization".into(), scheme };
    vec![header, Location::Query("access_token".into())]
}

/// A list of texts, none of them empty and none twice.
fn texts(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
    is_good: fn(&str) -> Result<(), &'static str>,
) -> Option<Vec<Box<str>>> {
    let mut seen: Vec<&str> = Vec::new();
    list(node, at, problems, |node, at, problems| {
        let text = text(node, at, problems)?;
        if text.is_empty() {
            problems.report(at, "empty");
        } else if let Err(why) = is_good(text) {
            problems.report(at, why);
        } else if seen.contains(&text) {
            problems.report(at, "given twice");
        }
        seen.push(text);
        Some(text.into())
    })
}

fn is_issuer(issuer: &str) -> Result<(), &'static str> {
    if issuer.contains('#') {
        return Err("has a `#`, which is what parts issuer and subject in identities");
    }
    Ok(())
}

fn is_scope(scope: &str) -> Result<(), &'static str> {
    if scope.contains(' ') { Err("expected one scope, without blanks") } else { Ok(()) }
}

/// A key of the metadata.
fn read_key(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Box<str>> {
    let key = text(node, at, problems)?;
    if key.is_empty() {
        problems.report(at, "empty");
        return None;
    }
    Some(key.into())
}

fn read_claims(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Vec<ClaimRule>> {
    let entries = entries(node, at, problems)?;
    if entries.is_empty() {
        problems.report(at, "empty");
    }
    let mut rules = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        let at = at.field(key);
        let name = problems.keep(&at, key.parse());
        let wanted = read_wanted(node, &at, problems);
        rules.extend(name.zip(wanted).map(|(name, wanted)| ClaimRule { name, wanted }));
    }
    Some(rules)
}

fn read_wanted(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Wanted> {
    let mut fields = Fields::of(node, at, problems)?;
    let [equals, one_of, contains] =
        ["equals", "one_of", "contains"].map(|name| fields.optional(name));
    fields.finish(problems);
    match (equals, one_of, contains) {
        (Some(node), None, None) => {
            let value = scalar(node, &at.field("equals"), problems)?;
            Some(Wanted::OneOf(vec![value]))
        }
        (None, Some(node), None) => {
            list(node, &at.field("one_of"), problems, scalar).map(Wanted::OneOf)
        }
        (None, None, Some(node)) => {
            let at = at.field("contains");
            let values = match node {
                Node::List(_) => {
                    let items = items(node, &at, problems)?.iter().enumerate();
                    let read = items.map(|(index, it)| scalar(it, &at.index(index), problems));
                    read.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?
                }
                _ => vec![scalar(node, &at, problems)?],
            };
            Some(Wanted::Contains(values))
        }
        _ => {
            problems.report(at, "expected exactly one of equals, one_of, contains");
            None
        }
    }
}

fn scalar(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Scalar> {
    match node {
        Node::Text(text) => Some(Scalar::Text(text.as_ref().into())),
        Node::Bool(value) => Some(Scalar::Bool(*value)),
        // Larger ones lose digits on their way here, and on Envoy's.
        Node::Number(number) if number.is_finite() && number.abs() <= LARGEST => {
            Some(Scalar::Number(*number))
        }
        Node::Number(_) => {
            problems.report(at, "expected a number of at most 2147483647");
            None
        }
        _ => {
            wrong_kind("a string, a number or a boolean", node, at, problems);
            None
        }
    }
}

const LARGEST: f64 = 2_147_483_647.0;
