//! From a plugin configuration to a [`Policy`], or to all that is wrong with it.

mod api;
mod api_key;
mod authority;
mod certificate;
pub(crate) mod duration;
pub(crate) mod entry;
pub(crate) mod feed;
mod jwt;
mod lists;
mod location;
mod matches;
pub(crate) mod node;
pub(crate) mod problem;
pub(crate) mod rate;
pub(crate) mod reader;
mod requirement;
mod ruling;
mod settings;
pub(crate) mod wire;

use std::sync::Arc;

use crate::authority::Trust;
use crate::believed::Believed;
use crate::dynamic::DynamicList;
use crate::name::Name;
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

impl DynamicList {
    /// Reads a configuration of the sync service: `version` and `lists`, each of which has a feed.
    ///
    /// # Errors
    /// Every problem that it has, each with its place.
    ///
    /// # Example
    /// ```
    /// use peergate::dynamic::DynamicList;
    ///
    /// let error = DynamicList::read_all(br#"{"version": 1, "lists": {"a": {}}}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "lists.a.feed: missing");
    /// ```
    pub fn read_all(configuration: &[u8]) -> Result<Vec<Arc<Self>>, Problems> {
        let mut problems = Problems::default();
        let node = tree(configuration, &mut problems);
        let lists = node.and_then(|node| read_lists(&node, &mut problems));
        match lists {
            Some(lists) if problems.is_empty() => Ok(lists),
            _ => Err(problems),
        }
    }
}

fn read_lists(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Arc<DynamicList>>> {
    let mut fields = Fields::of(node, &At::ROOT, problems)?;
    read_version(&mut fields, problems);
    let lists = fields.required("lists", problems);
    fields.finish(problems);
    let at = At::ROOT.field("lists");
    let mut read = Vec::new();
    for (key, node) in reader::entries(lists?, &at, problems)? {
        let at = at.field(key);
        problems.keep::<Name, _>(&at, key.parse());
        let Some(mut fields) = Fields::of(node, &at, problems) else {
            continue;
        };
        fields.required("feed", problems);
        let keeping = feed::read(&mut fields, &at, problems);
        fields.finish(problems);
        read.extend(keeping.map(|keeping| Arc::new(DynamicList::new(key, keeping))));
    }
    if read.is_empty() && problems.is_empty() {
        problems.report(&at, "empty");
    }
    Some(read)
}

fn read_version(fields: &mut Fields<'_, '_>, problems: &mut Problems) {
    if let Some(version) = fields.required("version", problems)
        && *version != Node::Number(1.0)
    {
        problems.report(&At::ROOT.field("version"), "expected 1, the only version there is");
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
    read_version(&mut fields, problems);
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
    let mut issuers: Vec<_> = trusts.iter().flat_map(Trust::issuers).collect();
    issuers.dedup();
    let asks = |asks: fn(&MatchRule) -> bool| apis.iter().flat_map(Api::rules).any(asks);
    Some(Policy {
        asks_virtual_host: asks(|rule| rule.virtual_hosts.is_some()),
        asks_route: asks(|rule| rule.routes.is_some()),
        apis,
        lists,
        trusts,
        issuers,
        skipped,
        authority: global.authority,
        sni: global.sni,
        unmatched,
        enforcement: global.enforcement,
        expiry_warning: global.expiry_warning.0,
        ready_path: global.ready_path,
        believed: Believed::of(&forward),
        forward,
        detail,
    })
}

/// Field 1, length-delimited.
const STRUCT_TAG: u8 = 0x0a;

#[cfg(test)]
mod tests;
