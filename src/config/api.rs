//! `apis` and their `operations`.

use crate::name::Name;
use crate::policy::{
    Api, CertificateRule, Credential, Enforcement, Forward, OpenStreams, Operation, Requirement,
    Ruling,
};
use crate::target::MatchRule;

use super::lists::Lists;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, items, parsed, word};
use super::settings::{Global, enforcement};
use super::{certificate, matches, requirement};

/// What an API's rules refer to.
pub(crate) struct Context<'c> {
    pub(crate) lists: &'c Lists,
    pub(crate) global: &'c Global,
    pub(crate) forward: &'c Forward,
}

pub(crate) fn read_all(
    node: &Node<'_>,
    at: &At<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<Vec<Api>> {
    let items = items(node, at, problems)?;
    let mut apis: Vec<Api> = Vec::with_capacity(items.len());
    let mut is_whole = true;
    for (index, item) in items.iter().enumerate() {
        let at = at.index(index);
        let is_named_like = |earlier: &Node<'_>| written_name(earlier) == written_name(item);
        if let Some(name) = written_name(item)
            && items.iter().take(index).any(is_named_like)
        {
            problems.report(&at.field("name"), format_args!("another API is named {name:?}"));
        }
        let Some(mut api) = read_api(item, &at, context, problems) else {
            is_whole = false;
            continue;
        };
        let earlier = apis.iter().map(|api| &*api.matches);
        dead(&api.matches, earlier, item, &at, problems);
        api.position = index;
        apis.push(api);
    }
    is_whole.then_some(apis)
}

/// The name that an API is given, whatever else is wrong with it.
fn written_name<'n>(api: &'n Node<'_>) -> Option<&'n str> {
    match field(api, "name") {
        Some(Node::Text(name)) => Some(name),
        _ => None,
    }
}

/// Reports the rules of a `match` that can never be the one that holds: an earlier one, of the same
/// `match` or of one before it, matches all that they do.
fn dead<'m>(
    rules: &'m [MatchRule],
    earlier: impl Iterator<Item = &'m [MatchRule]> + Clone,
    owner: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) {
    let at_match = at.field("match");
    let is_list = matches!(field(owner, "match"), Some(Node::List(_)));
    for (index, rule) in rules.iter().enumerate() {
        let own = rules.iter().take(index);
        if earlier.clone().flatten().chain(own).any(|earlier| earlier.covers(rule)) {
            let at_rule = at_match.index(index);
            let at = if is_list { &at_rule } else { &at_match };
            problems.report(at, "never chosen: an earlier rule matches all of it");
        }
    }
}

/// A field of an object, whatever else is wrong with it.
fn field<'n>(object: &'n Node<'_>, name: &str) -> Option<&'n Node<'n>> {
    let Node::Object(fields) = object else {
        return None;
    };
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The parts of a ruling, each of which an operation may leave to its API.
struct Parts {
    requirement: Option<Requirement>,
    certificate: Option<CertificateRule>,
    enforcement: Option<Enforcement>,
    /// Whether a `certificate` block is there, good or not.
    has_certificate: bool,
}

impl Parts {
    fn read(fields: &mut Fields<'_, '_>, context: &Context<'_>, problems: &mut Problems) -> Self {
        let certificate = fields.read("certificate", problems, |node, at, problems| {
            Some(certificate::read(node, at, context, problems))
        });
        Self {
            has_certificate: certificate.is_some(),
            certificate: certificate.flatten(),
            requirement: fields.read("policy", problems, requirement::read),
            enforcement: fields.read("enforcement", problems, enforcement),
        }
    }
}

fn read_api(
    node: &Node<'_>,
    at: &At<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<Api> {
    let mut fields = Fields::of(node, at, problems)?;
    let name = fields.required("name", problems);
    let name: Option<Name> = name.and_then(|node| parsed(node, &at.field("name"), problems));
    let matches = read_matches(&mut fields, context, problems);
    fields.required("policy", problems);
    let parts = Parts::read(&mut fields, context, problems);
    let operations = fields.optional("operations");
    let open_streams = fields.read("open_streams", problems, |node, at, problems| {
        word(node, at, problems, &[("keep", OpenStreams::Keep), ("end", OpenStreams::End)])
    });
    fields.finish(problems);

    let mut is_used = uses_certificate(parts.requirement.as_ref());
    if is_used && !parts.has_certificate {
        problems.report(&at.field("certificate"), "missing: the policy names certificate");
    }
    // A faulty policy is reported already. The operations are read all the same, as those of one that
    // looks at certificates, so that nothing is said of them that the policy is to blame for.
    let is_faulty = parts.requirement.is_none();
    let ruling = Ruling {
        requirement: parts.requirement.unwrap_or_else(Requirement::of_certificate),
        certificate: parts.certificate,
        enforcement: parts.enforcement.unwrap_or(context.global.enforcement),
    };
    let at_operations = at.field("operations");
    let mut read = Vec::new();
    for (index, item) in operations
        .and_then(|node| items(node, &at_operations, problems))
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let at = at_operations.index(index);
        let has_certificate = parts.has_certificate || is_faulty;
        let api = Owner { ruling: &ruling, has_certificate };
        let Some((operation, uses_api)) = read_operation(item, &at, &api, context, problems) else {
            is_used = true;
            continue;
        };
        is_used |= uses_api;
        let earlier = read.iter().map(|earlier: &Operation| &*earlier.matches);
        dead(&operation.matches, earlier, item, &at, problems);
        read.push(operation);
    }
    if let Some(matches) = &matches
        && !read.is_empty()
        && matches.iter().all(|rule| {
            read.iter().flat_map(|operation| &operation.matches).any(|other| other.covers(rule))
        })
    {
        problems.report(&at_operations, "leave nothing to the API's own policy");
    }
    if parts.has_certificate && !is_used && !is_faulty {
        problems.report(&at.field("certificate"), "no policy here looks at certificates");
    }
    if open_streams == Some(OpenStreams::End) && !is_used && !is_faulty {
        problems.report(&at.field("open_streams"), "no policy here looks at certificates");
    }
    if is_faulty {
        return None;
    }
    Some(Api {
        name: name?,
        position: 0,
        matches: matches?,
        ruling,
        operations: read,
        open_streams: open_streams.unwrap_or_default(),
    })
}

/// What an operation leaves out, its API says.
struct Owner<'a> {
    ruling: &'a Ruling,
    has_certificate: bool,
}

/// Reads an operation, and whether it uses the API's `certificate`.
fn read_operation(
    node: &Node<'_>,
    at: &At<'_>,
    api: &Owner<'_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<(Operation, bool)> {
    let mut fields = Fields::of(node, at, problems)?;
    let is_given = fields.required("match", problems).is_some();
    let matches = is_given.then(|| read_matches(&mut fields, context, problems)).flatten();
    let has_policy = fields.optional("policy").is_some();
    let parts = Parts::read(&mut fields, context, problems);
    fields.finish(problems);

    if !has_policy && !parts.has_certificate && parts.enforcement.is_none() {
        problems.report(at, "changes nothing: expected policy, certificate or enforcement");
    }
    let requirement = match (parts.requirement, has_policy) {
        (Some(requirement), _) => requirement,
        (None, true) => return None,
        (None, false) => api.ruling.requirement.clone(),
    };
    let is_used = uses_certificate(Some(&requirement));
    if is_used && !parts.has_certificate && !api.has_certificate {
        problems.report(&at.field("certificate"), "missing: the policy names certificate");
    }
    if parts.has_certificate && !is_used {
        problems.report(&at.field("certificate"), "no policy here looks at certificates");
    }
    let certificate =
        if parts.has_certificate { parts.certificate } else { api.ruling.certificate.clone() };
    let enforcement = parts.enforcement.unwrap_or(api.ruling.enforcement);
    let ruling = Ruling { requirement, certificate, enforcement };
    Some((Operation { matches: matches?, ruling }, is_used && !parts.has_certificate))
}

fn read_matches(
    fields: &mut Fields<'_, '_>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<Vec<MatchRule>> {
    if fields.optional("match").is_none() {
        return Some(vec![MatchRule::default()]);
    }
    fields.read("match", problems, |node, at, problems| {
        matches::read(node, at, context.global.authority, problems)
    })
}

fn uses_certificate(requirement: Option<&Requirement>) -> bool {
    requirement.is_some_and(|requirement| requirement.names(Credential::Certificate))
}
