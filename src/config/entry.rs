//! `entries` of a list: what recognises a certificate, and what is said of its holder.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::authority::{IdentityRule, NameKind};
use crate::carrier::pem;
use crate::certificate::{Leaf, Validity, subject_of};
use crate::digest::IssuedHash;
use crate::list::{Entry, Pin};
use crate::name::Name;
use crate::serial::Serial;

use super::authority::{self, Trusts};
use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, entries, parsed, text};

/// Reads one entry.
pub(crate) fn read(
    node: &Node<'_>,
    trusts: &mut Trusts,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<(Pin, Entry)> {
    let mut fields = Fields::of(node, at, problems)?;
    let authority = authority::Given::take(&mut fields);
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
    let identity = fields.read("identity", problems, |node, at, problems| {
        read_identity(node, authority.is_authority(), at, problems)
    });
    let labels = fields.read("labels", problems, read_labels).unwrap_or_default();
    let has_labels = fields.optional("labels").is_some();
    let not_after = fields.read("not_after", problems, parsed::<Moment>);
    fields.finish(problems);

    let mut given = pins.into_iter().flatten();
    let pin = match (given.next(), given.next(), authority.is_authority()) {
        (Some(pin), None, false) => {
            authority.refuse_without_authority(at, problems);
            pin
        }
        (None, None, true) => {
            let rule = match &identity {
                None => IdentityRule::Subject,
                Some(Identity::Fixed(_)) => IdentityRule::Fixed,
                Some(Identity::From(kind)) => IdentityRule::Only(*kind),
            };
            let authority = authority.read(rule, trusts, at, problems);
            authority.map(|authority| Pin::Authority(Box::new(authority)))
        }
        _ => {
            problems.report(at, "expected exactly one of sha256, pem, spki_sha256, ca, issued");
            return None;
        }
    };
    let pin = pin?;
    if matches!(pin, Pin::Issued(_)) && (identity.is_some() || has_labels) {
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
    let identity = identity.and_then(|identity| match identity {
        Identity::Fixed(text) => Some(text),
        Identity::From(_) => None,
    });
    Some((pin, Entry { identity, labels, validity, rate: None }))
}

/// Who the clients of an entry are.
enum Identity {
    /// As the entry says.
    Fixed(Box<str>),
    /// As their certificates say.
    From(NameKind),
}

fn read_identity(
    node: &Node<'_>,
    is_authority: bool,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Identity> {
    match node {
        Node::Object(_) if is_authority => {
            authority::read_identity_source(node, at, problems).map(Identity::From)
        }
        Node::Object(_) => {
            problems.report(at, "only an entry with ca takes names from the certificate");
            None
        }
        _ => parsed::<Printable>(node, at, problems).map(|Printable(text)| Identity::Fixed(text)),
    }
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

pub(crate) fn read_labels(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Labels> {
    let mut labels = Vec::new();
    for (key, node) in entries(node, at, problems)? {
        let at = at.field(key);
        let name = problems.keep(&at, key.parse());
        let value = parsed::<Printable>(node, &at, problems);
        labels.extend(name.zip(value).map(|(name, Printable(value))| (name, value)));
    }
    Some(labels.into())
}

pub(crate) type Labels = Box<[(Name, Box<str>)]>;

/// A text that can stand in a header as it is.
pub(crate) struct Printable(pub(crate) Box<str>);

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

pub(crate) struct NotPrintable;

impl fmt::Display for NotPrintable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected 1 to 256 printable ASCII characters without blanks at the ends")
    }
}

/// Seconds since the Unix epoch, written as RFC 3339, date and time parted by `T`, `t` or a blank.
pub(crate) struct Moment(pub(crate) i64);

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        // The parser takes any byte there.
        if !matches!(text.as_bytes().get(DATE), Some(b'T' | b't' | b' ')) {
            return Err(NoMoment);
        }
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NoMoment)?;
        Ok(Self(moment.unix_timestamp()))
    }
}

pub(crate) struct NoMoment;

impl fmt::Display for NoMoment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected a date and time as 2027-01-01T00:00:00Z")
    }
}

/// Bytes of a date.
const DATE: usize = 10;
