//! `match`: one rule, or a list of which any may hold.

use crate::target::{AuthorityRules, HostPattern, MalformedPath, MatchRule, PathPattern};

use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, list, set, text};

/// Reads a `match`; what hosts may look like depends on what Envoy ignores of an authority.
pub(crate) fn read(
    node: &Node<'_>,
    at: &At<'_>,
    authority: AuthorityRules,
    problems: &mut Problems,
) -> Option<Vec<MatchRule>> {
    let before = problems.len();
    let rules = match node {
        Node::List(_) => {
            list(node, at, problems, |node, at, problems| read_rule(node, at, authority, problems))
        }
        _ => read_rule(node, at, authority, problems).map(|rule| vec![rule]),
    };
    // With a faulty part left out it would match more than is written: nothing is said of such a rule.
    rules.filter(|_| problems.len() == before)
}

fn read_rule(
    node: &Node<'_>,
    at: &At<'_>,
    authority: AuthorityRules,
    problems: &mut Problems,
) -> Option<MatchRule> {
    let mut fields = Fields::of(node, at, problems)?;
    let virtual_hosts = fields.read("virtual_hosts", problems, names);
    let routes = fields.read("routes", problems, names);
    let hosts = fields.read("hosts", problems, |node, at, problems| {
        let hosts: Vec<HostPattern> = set(node, at, problems)?;
        for (index, host) in hosts.iter().enumerate() {
            if let Some(why) = host.never_matches(authority) {
                problems.report(&at.index(index), why);
            }
        }
        Some(hosts)
    });
    let mut path = |name, parse: fn(&str) -> Result<PathPattern, MalformedPath>| {
        fields.read(name, problems, |node, at, problems| {
            let text = text(node, at, problems)?;
            problems.keep(at, parse(text))
        })
    };
    let paths = [
        path("path", PathPattern::exact),
        path("path_prefix", PathPattern::prefix),
        path("path_template", PathPattern::template),
    ];
    let methods = fields.read("methods", problems, set);
    fields.finish(problems);

    let mut paths = paths.into_iter().flatten();
    let path = paths.next();
    if paths.next().is_some() {
        problems.report(at, "expected at most one of path, path_prefix, path_template");
    }
    Some(MatchRule { virtual_hosts, routes, hosts, path, methods })
}

/// Names that Envoy's configuration gives; any text but an empty one, which stands for "unnamed".
fn names(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let names: Vec<String> = set(node, at, problems)?;
    if let Some(index) = names.iter().position(String::is_empty) {
        problems.report(&at.index(index), "expected a name");
    }
    Some(names)
}
