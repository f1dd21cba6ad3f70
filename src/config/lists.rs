//! `lists`: names and their entries.

use crate::authority::Trust;
use crate::dynamic::DynamicList;
use crate::list::{List, written_position};
use crate::name::Name;
use crate::policy::ListId;

use super::authority::Trusts;
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, entries, items, list, text, word};
use super::{entry, feed};

/// The lists of a configuration, by name.
#[derive(Default)]
pub(crate) struct Lists {
    named: Vec<(String, List)>,
    /// Those that have a feed, good or not.
    fed: Vec<ListId>,
    trusts: Trusts,
    /// What is wrong with entries that were skipped.
    skipped: Problems,
    /// The block is no object: whoever refers to a list in it is not to blame.
    is_faulty: bool,
}

impl Lists {
    pub(crate) fn read(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Self {
        let Some(entries) = entries(node, at, problems) else {
            return Self { is_faulty: true, ..Self::default() };
        };
        let mut lists = Self::default();
        for (key, node) in entries {
            let at = at.field(key);
            problems.keep::<Name, _>(&at, key.parse());
            // A list with problems keeps its name: whoever refers to it is not to blame.
            let list = lists.read_list(key, node, &at, problems).unwrap_or_default();
            if matches!(node, Node::Object(fields) if fields.iter().any(|(name, _)| name == "feed"))
            {
                lists.fed.push(lists.named.len());
            }
            lists.named.push((key.to_string(), list));
        }
        lists
    }

    /// Resolves references to lists.
    pub(crate) fn references(
        &self,
        node: &Node<'_>,
        at: &At<'_>,
        problems: &mut Problems,
    ) -> Option<Vec<ListId>> {
        let mut seen = Vec::new();
        list(node, at, problems, |node, at, problems| {
            let wanted = text(node, at, problems)?;
            let id = self.named.iter().position(|(name, _)| name == wanted);
            match id {
                None if self.is_faulty => {}
                None => problems.report(at, format_args!("unknown list {wanted:?}")),
                Some(id) if seen.contains(&id) => {
                    problems.report(at, format_args!("list {wanted:?} is given twice"));
                }
                Some(id) => seen.push(id),
            }
            id
        })
    }

    /// Whether a feed fills it.
    pub(crate) fn is_dynamic(&self, id: ListId) -> bool {
        self.fed.contains(&id)
    }

    pub(crate) fn get(&self, id: ListId) -> Option<&(String, List)> {
        self.named.get(id)
    }

    /// Reports lists that can only refuse, where they are to admit.
    pub(crate) fn admitting(&self, lists: &[ListId], at: &At<'_>, problems: &mut Problems) {
        for (name, list) in lists.iter().filter_map(|id| self.get(*id)) {
            if list.counts().issued > 0 {
                let message = format_args!("list {name:?} has `issued` entries, which only refuse");
                problems.report(at, message);
            }
        }
    }

    /// Reports lists that are not fit to refuse anybody.
    pub(crate) fn denying(&self, lists: &[ListId], at: &At<'_>, problems: &mut Problems) {
        for (name, list) in lists.iter().filter_map(|id| self.get(*id)) {
            if list.counts().authorities > 0 {
                let message = format_args!(
                    "list {name:?} has `ca` entries, which only admit: whoever leaves out an intermediate \
                     would not be denied"
                );
                problems.report(at, message);
            }
            if list.skips_invalid() {
                let message = format_args!(
                    "list {name:?} skips invalid entries: what it is to deny would pass unnoticed"
                );
                problems.report(at, message);
            }
        }
    }

    pub(crate) fn into_parts(self) -> (Vec<List>, Vec<Trust>, Problems) {
        let lists = self.named.into_iter().map(|(_, list)| list).collect();
        (lists, self.trusts.into_trusts(), self.skipped)
    }

    fn read_list(
        &mut self,
        name: &str,
        node: &Node<'_>,
        at: &At<'_>,
        problems: &mut Problems,
    ) -> Option<List> {
        let mut fields = Fields::of(node, at, problems)?;
        let has_feed = fields.optional("feed").is_some();
        let keeping = feed::read(&mut fields, at, problems);
        if has_feed {
            for name in ["entries", "on_invalid_entry"] {
                if fields.optional(name).is_some() {
                    problems
                        .report(&at.field(name), "a list with a feed has no entries of its own");
                }
            }
            fields.finish(problems);
            return Some(List::fed(DynamicList::new(name, keeping?)));
        }
        let node = fields.required("entries", problems);
        let on_invalid = fields.read("on_invalid_entry", problems, |node, at, problems| {
            word(node, at, problems, &[("error", OnInvalid::Error), ("skip", OnInvalid::Skip)])
        });
        fields.finish(problems);
        let at = at.field("entries");
        let items = items(node?, &at, problems)?;
        let on_invalid = on_invalid.unwrap_or_default();
        let mut list = List::with_room(items.len());
        let mut repeated = None;
        // The positions of entries that the list goes without.
        let mut left_out = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let mut own = Problems::default();
            let entry = entry::read(item, &mut self.trusts, &at.index(index), &mut own);
            let is_skipped = on_invalid == OnInvalid::Skip && !own.is_empty();
            if is_skipped {
                self.skipped.append(own);
            } else {
                problems.append(own);
            }
            match entry.filter(|_| !is_skipped) {
                Some((pin, entry)) if repeated.is_none() => repeated = list.push(pin, entry).err(),
                Some(_) => {}
                None => left_out.push(index),
            }
        }
        let list = repeated.map_or_else(|| list.sorted(), Err).map_err(|duplicate| {
            let position = |place| written_position(place, &left_out);
            let first = position(duplicate.first);
            let message = format_args!("says the same of a certificate as entries[{first}]");
            problems.report(&at.index(position(duplicate.second)), message);
        });
        Some(list.ok()?.named(name, left_out, on_invalid == OnInvalid::Skip))
    }
}

/// What becomes of a list with an entry that cannot be used.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum OnInvalid {
    /// The configuration is refused.
    #[default]
    Error,
    /// The list goes without it.
    Skip,
}
