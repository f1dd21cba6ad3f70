//! `policy`: which credentials must hold together.

use crate::policy::{Credential, IfRefused, Requirement};

use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, items, list, text, word, wrong_kind};

/// Reads a word, a list of all that must hold, or alternatives with what is checked besides.
pub(crate) fn read(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Requirement> {
    let alternatives = match node {
        Node::Text(word) => match &**word {
            "mandatory" => vec![vec![Credential::Certificate]],
            "optional" => vec![vec![Credential::Certificate], vec![]],
            "open" => vec![vec![]],
            _ => {
                let known = "mandatory, optional, open, a list, or an object with any_of";
                problems.report(at, format_args!("unknown word {word:?}; known are: {known}"));
                return None;
            }
        },
        Node::List(_) => vec![all_of(node, at, problems)?],
        Node::Object(_) => return read_alternatives(node, at, problems),
        _ => {
            wrong_kind("a word, a list or an object", node, at, problems);
            return None;
        }
    };
    Some(Requirement { alternatives, check: Vec::new() })
}

fn read_alternatives(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Requirement> {
    let mut fields = Fields::of(node, at, problems)?;
    let any_of = fields.required("any_of", problems);
    let check = fields.read("check", problems, all_of).unwrap_or_default();
    fields.finish(problems);

    let at_any = at.field("any_of");
    let items = items(any_of?, &at_any, problems)?;
    // One that is faulty keeps its place, so that the others are told by theirs.
    let mut alternatives: Vec<Option<Vec<Credential>>> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = at_any.index(index);
        let alternative = match item {
            _ if is_anonymous(item) => {
                if index.saturating_add(1) < items.len() {
                    problems.report(&at, "anonymous always holds: it can only be the last");
                }
                Some(vec![])
            }
            Node::Text(_) => credential(item, &at, problems).map(|credential| vec![credential]),
            _ => all_of(item, &at, problems),
        };
        let hides = |earlier: &Option<Vec<Credential>>| {
            earlier.iter().zip(&alternative).any(|(earlier, alternative)| {
                !earlier.is_empty() && earlier.iter().all(|one| alternative.contains(one))
            })
        };
        if let Some(earlier) = alternatives.iter().position(hides) {
            problems
                .report(&at, format_args!("never needed: any_of[{earlier}] holds where it does"));
        }
        alternatives.push(alternative);
    }
    let alternatives = alternatives.into_iter().collect::<Option<_>>()?;
    Some(Requirement { alternatives, check })
}

fn is_anonymous(node: &Node<'_>) -> bool {
    matches!(node, Node::Text(word) if word == "anonymous")
}

/// A list of credentials, each once, put in the order in which they are looked at; `None` if one of them is
/// none.
fn all_of(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Vec<Credential>> {
    let mut named = Vec::new();
    let read = list(node, at, problems, |node, at, problems| {
        let credential = credential(node, at, problems);
        if credential.is_some() && named.contains(&credential) {
            problems.report(at, "given twice");
        }
        named.push(credential);
        Some(credential)
    });
    let named: Vec<Credential> = read?.into_iter().collect::<Option<_>>()?;
    Some(Credential::ALL.into_iter().filter(|credential| named.contains(credential)).collect())
}

pub(crate) fn credential(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Credential> {
    let name = text(node, at, problems)?;
    let found = Credential::ALL.into_iter().find(|known| known.word() == name);
    if found.is_none() {
        let hint = match name {
            "anonymous" => "stands alone, as the last of any_of",
            "mandatory" | "optional" | "open" => "is a whole policy, no method",
            _ => "is no method; known are: certificate, jwt, api_key",
        };
        problems.report(at, format_args!("{name:?} {hint}"));
    }
    found
}

/// `if_refused`: what becomes of a request whose credential of this method is refused.
pub(crate) fn if_refused(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<IfRefused> {
    word(node, at, problems, &[("deny", IfRefused::Deny), ("ignore", IfRefused::Ignore)])
}
