//! `lists`: names and their entries.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::carrier::pem;
use crate::certificate::{Leaf, Validity, subject_of};
use crate::digest::IssuedHash;
use crate::list::{Entry, List, Pin};
use crate::name::Name;
use crate::policy::ListId;
use crate::serial::Serial;

use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, entries, items, list, parsed, text};

/// The lists of a configuration, by name.
#[derive(Default)]
pub(crate) struct Lists {
    named: Vec<(String, List)>,
    /// The block is no object: whoever refers to a list in it is not to blame.
    is_faulty: bool,
}

impl Lists {
    pub(crate) fn read(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Self {
        let Some(entries) = entries(node, at, problems) else {
            return Self { named: Vec::new(), is_faulty: true };
        };
        let mut named = Vec::new();
        for (key, node) in entries {
            let at = at.field(key);
            problems.keep::<Name, _>(&at, key.parse());
            // A list with problems keeps its name: whoever refers to it is not to blame.
            named.push((key.to_string(), read_list(node, &at, problems).unwrap_or_default()));
        }
        Self { named, is_faulty: false }
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

    pub(crate) fn into_lists(self) -> Vec<List> {
        self.named.into_iter().map(|(_, list)| list).collect()
    }
}

fn read_list(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<List> {
    let mut fields = Fields::of(node, at, problems)?;
    let node = fields.required("entries", problems);
    fields.finish(problems);
    let at = at.field("entries");
    let items = items(node?, &at, problems)?;
    let mut pinned = Vec::with_capacity(items.len());
    let mut positions = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        if let Some(entry) = read_entry(item, &at.index(index), problems) {
            pinned.push(entry);
            positions.push(index);
        }
    }
    List::new(pinned)
        .map_err(|duplicate| {
            let position = |index: usize| positions.get(index).copied().unwrap_or(index);
            let first = position(duplicate.first);
            let message = format_args!("says the same of a certificate as entries[{first}]");
            problems.report(&at.index(position(duplicate.second)), message);
        })
        .ok()
}

fn read_entry(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<(Pin, Entry)> {
    let mut fields = Fields::of(node, at, problems)?;
    let pins = [
        fields
            .optional("sha256")
            .map(|node| parsed(node, &at.field("sha256"), problems).map(Pin::Fingerprint)),
        fields.optional("pem").map(|node| {
            read_leaf(node, &at.field("pem"), problems).map(|leaf| Pin::Certificate(Box::new(leaf)))
        }),
        fields
            .optional("spki_sha256")
            .map(|node| parsed(node, &at.field("spki_sha256"), problems).map(Pin::Key)),
        fields.optional("issued").map(|node| read_issued(node, &at.field("issued"), problems)),
    ];
    let identity = fields.read("identity", problems, parsed::<Printable>);
    let labels = fields.read("labels", problems, read_labels).unwrap_or_default();
    let not_after = fields.read("not_after", problems, parsed::<Moment>);
    fields.finish(problems);

    let mut given = pins.into_iter().flatten();
    let (Some(pin), None) = (given.next(), given.next()) else {
        problems.report(at, "expected exactly one of sha256, pem, spki_sha256, issued");
        return None;
    };
    let pin = pin?;
    if matches!(pin, Pin::Issued(_)) && (identity.is_some() || !labels.is_empty()) {
        problems.report(at, "an entry that only refuses has neither identity nor labels");
    }
    let validity = match (&pin, not_after) {
        (Pin::Certificate(leaf), None) => Some(leaf.validity()),
        (Pin::Fingerprint(_), Some(Moment(not_after))) => {
            Some(Validity { not_before: i64::MIN, not_after })
        }
        (_, None) => None,
        (_, Some(_)) => {
            problems.report(&at.field("not_after"), "only an entry with sha256 takes a date");
            None
        }
    };
    Some((pin, Entry { identity: identity.map(|Printable(text)| text), labels, validity }))
}

fn read_leaf(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Leaf> {
    let text = text(node, at, problems)?;
    let der = problems.keep(at, pem::one_certificate(text))?;
    problems.keep(at, Leaf::parse(&der))
}

fn read_issued(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Pin> {
    let mut fields = Fields::of(node, at, problems)?;
    let by = fields.required("by", problems);
    let serial = fields.required("serial", problems);
    fields.finish(problems);
    let by = by.and_then(|node| {
        let at = at.field("by");
        let text = text(node, &at, problems)?;
        let der = problems.keep(&at, pem::one_certificate(text))?;
        problems.keep(&at, subject_of(&der))
    });
    let serial = serial.and_then(|node| parsed::<Serial>(node, &at.field("serial"), problems));
    Some(Pin::Issued(IssuedHash::of(&by?, &serial?)))
}

fn read_labels(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Labels> {
    let mut labels = Vec::new();
    for (key, node) in entries(node, at, problems)? {
        let at = at.field(key);
        let name = problems.keep(&at, key.parse());
        let value = parsed::<Printable>(node, &at, problems);
        labels.extend(name.zip(value).map(|(name, Printable(value))| (name, value)));
    }
    Some(labels.into())
}

type Labels = Box<[(Name, Box<str>)]>;

/// A text that can stand in a header as it is.
struct Printable(Box<str>);

impl FromStr for Printable {
    type Err = NotPrintable;

    fn from_str(text: &str) -> Result<Self, NotPrintable> {
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if printable && text.trim() == text && (1..=256).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(NotPrintable)
        }
    }
}

struct NotPrintable;

impl fmt::Display for NotPrintable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected 1 to 256 printable ASCII characters without blanks at the ends")
    }
}

/// Seconds since the Unix epoch, written as RFC 3339.
struct Moment(i64);

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NoMoment)?;
        Ok(Self(moment.unix_timestamp()))
    }
}

struct NoMoment;

impl fmt::Display for NoMoment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected a date and time as 2027-01-01T00:00:00Z")
    }
}
