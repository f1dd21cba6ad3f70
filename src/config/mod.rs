//! From a plugin configuration to a [`Policy`], or to all that is wrong with it.

mod api;
mod authority;
mod certificate;
mod entry;
mod lists;
mod matches;
mod node;
mod problem;
mod reader;
mod requirement;
mod settings;
mod wire;

use crate::policy::{Api, Policy};
use crate::target::MatchRule;
use lists::Lists;
use node::Node;
use problem::At;
use reader::Fields;

pub use problem::{Problem, Problems};

impl Policy {
    /// Reads a plugin configuration as Envoy hands it over: JSON text (a `StringValue`), or the wire
    /// bytes of a `google.protobuf.Struct`.
    ///
    /// # Errors
    /// Every problem that it has, each with its place.
    ///
    /// # Example
    /// ```
    /// let error = peergate::Policy::read(br#"{"version": 1, "apis": []}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "apis: empty list");
    /// ```
    pub fn read(configuration: &[u8]) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let policy = tree(configuration, &mut problems).and_then(|node| read(&node, &mut problems));
        match policy {
            Some(policy) if problems.is_empty() => Ok(policy),
            _ => Err(problems),
        }
    }
}

fn tree<'a>(configuration: &'a [u8], problems: &mut Problems) -> Option<Node<'a>> {
    if configuration.trim_ascii().is_empty() {
        problems.report(&At::ROOT, "empty");
        return None;
    }
    // A Struct begins with the tag of its field 1, which is a line feed too: what reads as JSON is JSON.
    let json = serde_json::from_slice(configuration);
    if json.is_err()
        && configuration.first() == Some(&STRUCT_TAG)
        && let Some(node) = wire::read_struct(configuration)
    {
        return Some(node);
    }
    problems.keep(&At::ROOT, json)
}

fn read(node: &Node<'_>, problems: &mut Problems) -> Option<Policy> {
    let mut fields = Fields::of(node, &At::ROOT, problems)?;
    if let Some(version) = fields.required("version", problems)
        && *version != Node::Number(1.0)
    {
        problems.report(&At::ROOT.field("version"), "expected 1, the only version there is");
    }
    let lists =
        fields.read("lists", problems, |node, at, problems| Some(Lists::read(node, at, problems)));
    let lists = lists.unwrap_or_default();
    let global = fields.read("global", problems, |node, at, problems| {
        Some(settings::Global::read(node, at, &lists, problems))
    });
    let global = global.unwrap_or_default();
    let forward = fields.read("forward", problems, settings::forward).unwrap_or_default();
    let context = api::Context { lists: &lists, global: &global, forward: &forward };
    let apis = fields.required("apis", problems);
    let apis =
        apis.and_then(|node| api::read_all(node, &At::ROOT.field("apis"), &context, problems));
    let unmatched = fields.read("default", problems, settings::unmatched).unwrap_or_default();
    let detail = fields.read("replies", problems, settings::replies).unwrap_or_default();
    fields.finish(problems);

    let apis = apis?;
    let (lists, trusts, skipped) = lists.into_parts();
    let asks = |asks: fn(&MatchRule) -> bool| apis.iter().flat_map(Api::rules).any(asks);
    Some(Policy {
        asks_virtual_host: asks(|rule| rule.virtual_hosts.is_some()),
        asks_route: asks(|rule| rule.routes.is_some()),
        apis,
        lists,
        trusts,
        skipped,
        authority: global.authority,
        sni: global.sni,
        unmatched,
        enforcement: global.enforcement,
        expiry_warning: global.expiry_warning.0,
        forward,
        detail,
    })
}

/// Field 1, length-delimited.
const STRUCT_TAG: u8 = 0x0a;

#[cfg(test)]
mod tests;
