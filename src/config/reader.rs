//! Typed reading of the tree: every problem is reported with its place, and reading goes on.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::node::Node;
use super::problem::{At, Problems};

/// An object whose fields are taken one by one; what nobody took is an unknown field.
pub(crate) struct Fields<'n, 'p> {
    at: &'p At<'p>,
    entries: &'n [(Cow<'n, str>, Node<'n>)],
    known: Vec<&'static str>,
}

impl<'n, 'p> Fields<'n, 'p> {
    /// Opens an object, reporting another kind of value and duplicate keys.
    pub(crate) fn of(node: &'n Node<'n>, at: &'p At<'p>, problems: &mut Problems) -> Option<Self> {
        let entries = entries(node, at, problems)?;
        Some(Self { at, entries, known: Vec::new() })
    }

    /// A field that may be left out.
    pub(crate) fn optional(&mut self, name: &'static str) -> Option<&'n Node<'n>> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.entries.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// A field that must be given.
    pub(crate) fn required(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
    ) -> Option<&'n Node<'n>> {
        let node = self.optional(name);
        if node.is_none() {
            problems.report(&self.at.field(name), "missing");
        }
        node
    }

    /// An optional field read by `read`; `Some` if it is there and good.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
        read: impl FnOnce(&'n Node<'n>, &At<'_>, &mut Problems) -> Option<T>,
    ) -> Option<T> {
        let node = self.optional(name)?;
        read(node, &self.at.field(name), problems)
    }

    /// Reports the fields that nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, _) in self.entries {
            if !self.known.contains(&key.as_ref()) {
                let known = self.known.join(", ");
                problems
                    .report(&self.at.field(key), format_args!("unknown field; known are: {known}"));
            }
        }
    }
}

/// The entries of an object, reporting duplicate keys.
pub(crate) fn entries<'n>(
    node: &'n Node<'n>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<&'n [(Cow<'n, str>, Node<'n>)]> {
    let Node::Object(entries) = node else {
        wrong_kind("an object", node, at, problems);
        return None;
    };
    let mut keys = HashSet::with_capacity(entries.len());
    for (key, _) in entries {
        if !keys.insert(key.as_ref()) {
            problems.report(&at.field(key), "duplicate key");
        }
    }
    Some(entries)
}

/// The items of a list that may not be empty.
pub(crate) fn items<'n>(
    node: &'n Node<'n>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<&'n [Node<'n>]> {
    match node {
        Node::List(items) if items.is_empty() => {
            problems.report(at, "empty list");
            None
        }
        Node::List(items) => Some(items),
        _ => {
            wrong_kind("a list", node, at, problems);
            None
        }
    }
}

/// A list that may not be empty, each item read by `read`; good ones are kept.
pub(crate) fn list<'n, T>(
    node: &'n Node<'n>,
    at: &At<'_>,
    problems: &mut Problems,
    mut read: impl FnMut(&'n Node<'n>, &At<'_>, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let items = items(node, at, problems)?.iter().enumerate();
    Some(items.filter_map(|(index, item)| read(item, &at.index(index), problems)).collect())
}

/// A list of texts that are parsed, none of them twice.
pub(crate) fn set<'n, T>(node: &'n Node<'n>, at: &At<'_>, problems: &mut Problems) -> Option<Vec<T>>
where
    T: FromStr<Err: Display> + PartialEq,
{
    let items = items(node, at, problems)?;
    let mut values = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let at = at.index(index);
        if let Some(value) = parsed(item, &at, problems) {
            if values.contains(&value) {
                problems.report(&at, "given twice");
            } else {
                values.push(value);
            }
        }
    }
    Some(values)
}

/// A string.
pub(crate) fn text<'n>(
    node: &'n Node<'n>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<&'n str> {
    match node {
        Node::Text(text) => Some(text),
        _ => {
            wrong_kind("a string", node, at, problems);
            None
        }
    }
}

/// A string that is parsed.
pub(crate) fn parsed<T: FromStr<Err: Display>>(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<T> {
    let text = text(node, at, problems)?;
    problems.keep(at, text.parse())
}

/// A boolean.
pub(crate) fn boolean(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<bool> {
    match node {
        Node::Bool(value) => Some(*value),
        _ => {
            wrong_kind("true or false", node, at, problems);
            None
        }
    }
}

/// A whole number in a range.
pub(crate) fn whole(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
    range: RangeInclusive<u32>,
) -> Option<u32> {
    let Node::Number(number) = node else {
        wrong_kind("a number", node, at, problems);
        return None;
    };
    // Bit by bit: there is no other conversion that says whether it was one.
    let largest = (0..32).rev().fold(0_u32, |largest, bit| {
        let larger = largest | 1_u32.rotate_left(bit);
        if f64::from(larger) <= *number { larger } else { largest }
    });
    let found = (f64::from(largest) == *number && range.contains(&largest)).then_some(largest);
    if found.is_none() {
        let (start, end) = range.into_inner();
        problems.report(at, format_args!("expected a whole number of {start} to {end}"));
    }
    found
}

/// One of a few words.
pub(crate) fn word<T: Copy>(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
    words: &[(&str, T)],
) -> Option<T> {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let (_, value) = words.get(position(node, at, problems, &known)?)?;
    Some(*value)
}

/// Which of these words it is.
fn position(
    node: &Node<'_>,
    at: &At<'_>,
    problems: &mut Problems,
    words: &[&str],
) -> Option<usize> {
    let text = text(node, at, problems)?;
    let found = words.iter().position(|word| *word == text);
    if found.is_none() {
        let known = words.join(", ");
        problems.report(at, format_args!("unknown word {text:?}; known are: {known}"));
    }
    found
}

pub(crate) fn wrong_kind(expected: &str, node: &Node<'_>, at: &At<'_>, problems: &mut Problems) {
    problems.report(at, format_args!("expected {expected}, found {}", node.kind()));
}
