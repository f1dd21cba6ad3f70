//! How old resources are: of several for the same, Istio goes by age.

use crate::manifest::resource::Resource;

/// The age of a resource, the oldest first: when it was made, and its name where that is the same. What does not say is
/// not applied yet, and will be the youngest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Age<'d> {
    is_new: bool,
    /// RFC 3339, in UTC, as an API server writes it: it sorts as text.
    made: &'d str,
    /// Of two that are not applied yet nobody knows which one will be the older: what counts as the last.
    is_last: bool,
    name: &'d str,
}

impl<'d> Age<'d> {
    pub(super) fn of(resource: &Resource<'d>) -> Self {
        let metadata = resource.part.get("metadata");
        let made = metadata.map(|it| it.text_of("creationTimestamp")).unwrap_or_default();
        Self { is_new: made.is_empty(), made, is_last: false, name: resource.name }
    }

    /// Of what takes away what others put there, if `takes_away`: it is expected to come last.
    pub(super) fn taking_away(self, takes_away: bool) -> Self {
        Self { is_last: takes_away && self.is_new, ..self }
    }

    /// Whether nobody knows which of two will be the older.
    pub(super) fn is_open(&self, other: &Self) -> bool {
        self.is_new && other.is_new
    }
}
