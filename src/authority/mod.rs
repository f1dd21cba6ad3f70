//! Authorities in lists: whose clients are meant, who they are, and whether a path leads to them.

mod candidates;
mod fault;
mod identity;
mod link;
mod name_text;
mod names;
mod path;
mod profile;
mod revocation;
mod spiffe;
mod subject;
mod trust;

use crate::policy::TrustId;

pub(crate) use fault::{Fault, rank};
pub(crate) use identity::IdentityRule;
pub(crate) use link::Link;
pub(crate) use names::NameKind;
pub(crate) use path::{Examined, Path, Terms, find};
pub(crate) use revocation::{
    Depth, Revocation, RevocationList, RevocationRules, WhenExpired, WhenMissing,
};
pub(crate) use subject::SubjectRule;
pub(crate) use trust::{Anchor, Trust, check_intermediate};

/// An entry of a list that admits by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) trust: TrustId,
    pub(crate) subject: SubjectRule,
    pub(crate) identity: IdentityRule,
}

#[cfg(test)]
mod tests;
