//! What a token says.

use std::fmt;
use std::str::FromStr;

use crate::config::node::Node;

/// A claim: a member of the payload by its name, or one inside it by a JSON Pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimName(Vec<Box<str>>);

impl ClaimName {
    /// The claim of a payload.
    pub(crate) fn find<'n>(&self, payload: &'n Node<'n>) -> Option<&'n Node<'n>> {
        self.0.iter().try_fold(payload, |node, name| node.member(name))
    }
}

impl FromStr for ClaimName {
    type Err = MalformedClaimName;

    /// Reads a JSON Pointer if the text begins with `/`; else all of it is one name.
    fn from_str(text: &str) -> Result<Self, MalformedClaimName> {
        let Some(pointer) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Err(MalformedClaimName)
            } else {
                Ok(Self(vec![text.into()]))
            };
        };
        let names = pointer.split('/').map(|name| {
            let is_escape = |rest: &str| rest.starts_with(['0', '1']);
            let is_good = name.split('~').skip(1).all(is_escape) && !name.is_empty();
            is_good.then(|| name.replace("~1", "/").replace("~0", "~").into())
        });
        names.collect::<Option<_>>().map(Self).ok_or(MalformedClaimName)
    }
}

/// A text that names no claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedClaimName;

impl fmt::Display for MalformedClaimName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(
            "expected the name of a claim, or a JSON Pointer to one as /realm_access/roles",
        )
    }
}

/// A value without parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Text(Box<str>),
    Number(f64),
    Bool(bool),
}

impl Scalar {
    /// Whether a claim is this value, and of this type.
    fn is(&self, claim: &Node<'_>) -> bool {
        match (self, claim) {
            (Self::Text(wanted), Node::Text(found)) => **wanted == **found,
            (Self::Number(wanted), Node::Number(found)) => wanted == found,
            (Self::Bool(wanted), Node::Bool(found)) => wanted == found,
            _ => false,
        }
    }
}

/// What a claim must say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// One of these.
    OneOf(Vec<Scalar>),
    /// A list, in which all of these are.
    Contains(Vec<Scalar>),
}

/// A claim that must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClaimRule {
    pub(crate) name: ClaimName,
    pub(crate) wanted: Wanted,
}

impl ClaimRule {
    pub(super) fn holds(&self, payload: &Node<'_>) -> bool {
        let Some(claim) = self.name.find(payload) else {
            return false;
        };
        match (&self.wanted, claim) {
            (Wanted::OneOf(values), claim) => values.iter().any(|value| value.is(claim)),
            (Wanted::Contains(values), Node::List(items)) => {
                values.iter().all(|value| items.iter().any(|item| value.is(item)))
            }
            (Wanted::Contains(_), _) => false,
        }
    }
}

/// The texts that a claim is, or lists. A list with anything else in it has none: nobody knows what it means.
pub(super) fn texts<'n>(claim: Option<&'n Node<'n>>) -> Vec<&'n str> {
    match claim {
        Some(Node::Text(text)) => vec![text],
        Some(Node::List(items)) => {
            items.iter().map(Node::text).collect::<Option<_>>().unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// What a token grants: `scope` (RFC 8693 section 4.2, RFC 9068 section 2.2.3) and `scp`, each a text parted by
/// blanks or a list. Istio makes a list of a text `scope`.
pub(super) fn scopes<'n>(payload: &'n Node<'n>) -> Vec<&'n str> {
    let said = ["scope", "scp"].into_iter().flat_map(|name| texts(payload.member(name)));
    said.flat_map(|text| text.split(' ')).collect()
}
