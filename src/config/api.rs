//! `apis` and their `operations`.

use crate::name::Name;
use crate::policy::{Api, Credential, Forward, OpenStreams, Operation, Ruling};
use crate::target::MatchRule;

use super::lists::Lists;
use super::matches;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, boolean, items, parsed, word};
use super::ruling::Parts;
use super::settings::{Global, preflight};

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
    let strips = fields.read("strip", problems, boolean).unwrap_or_default();
    let preflight = fields.read("cors_preflight", problems, preflight);
    fields.finish(problems);

    // A faulty policy is reported already. The operations are read all the same, as those of one that looks at
    // everything, so that nothing is said of them that the policy is to blame for.
    let is_faulty = parts.requirement.is_none();
    let mut used = parts.used();
    let mut is_vague = false;
    let ruling = parts.ruling(None, at, context, problems);
    let at_operations = at.field("operations");
    let mut read = Vec::new();
    for (index, item) in operations
        .and_then(|node| items(node, &at_operations, problems))
        .unwrap_or_default()
        .iter()
        .enumerate()
    {
        let at = at_operations.index(index);
        let Some((operation, uses)) = read_operation(item, &at, &parts, context, problems) else {
            used = Credential::ALL.to_vec();
            is_vague = true;
            continue;
        };
        used.extend(uses);
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
    if is_faulty {
        return None;
    }
    parts.report_unused(&used, at, problems);
    let rulings = || ruling.iter().chain(read.iter().map(|operation| &operation.ruling));
    // What a faulty operation looks at, nobody knows.
    let any = |is: fn(&Ruling) -> bool| is_vague || rulings().any(is);
    if open_streams == Some(OpenStreams::End) && !any(Ruling::may_end) {
        let message =
            "no policy here looks at certificates, API keys or tokens bound to certificates";
        problems.report(&at.field("open_streams"), message);
    }
    if strips && !any(|ruling| ruling.names_any(&[Credential::Jwt, Credential::ApiKey])) {
        problems.report(&at.field("strip"), "no policy here looks at tokens or API keys");
    }
    if parts.has_rate() && !any(Ruling::tells_apart) {
        problems.report(&at.field("rate"), "no policy here tells clients apart");
    }
    Some(Api {
        name: name?,
        position: 0,
        matches: matches?,
        ruling: ruling?,
        operations: read,
        open_streams: open_streams.unwrap_or_default(),
        strips,
        preflight: preflight.unwrap_or(context.global.preflight),
    })
}

/// Reads an operation, and which blocks of the API it uses.
fn read_operation(
    node: &Node<'_>,
    at: &At<'_>,
    api: &Parts,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<(Operation, Vec<Credential>)> {
    let mut fields = Fields::of(node, at, problems)?;
    let is_given = fields.required("match", problems).is_some();
    let matches = is_given.then(|| read_matches(&mut fields, context, problems)).flatten();
    let parts = Parts::read(&mut fields, context, problems);
    fields.finish(problems);

    if parts.is_empty() {
        let message =
            "changes nothing: expected policy, a method, identity_from, rate or enforcement";
        problems.report(at, message);
    }
    let ruling = parts.ruling(Some(api), at, context, problems)?;
    let looked_at = Credential::ALL.into_iter().filter(|one| ruling.requirement.names(*one));
    let looked_at: Vec<Credential> = looked_at.collect();
    parts.report_unused(&looked_at, at, problems);
    if parts.has_rate() && !ruling.tells_apart() {
        problems.report(&at.field("rate"), "no policy here tells clients apart");
    }
    let uses = looked_at.into_iter().filter(|credential| !parts.has(*credential)).collect();
    Some((Operation { matches: matches?, ruling }, uses))
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
