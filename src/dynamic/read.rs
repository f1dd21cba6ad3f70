//! Reading entries, as feeds write them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::config::entry::{Moment, Printable, read_labels};
use crate::config::node::Node;
use crate::config::problem::{At, Problems};
use crate::config::rate::rate;
use crate::config::reader::{Fields, boolean, items, parsed, set};
use crate::digest::{Fingerprint, KeyHash};
use crate::serial::Serial;

use super::entry::{Content, Grant, Key, Session};

/// An entry that cannot be used.
#[derive(Debug)]
pub(crate) struct Unacceptable {
    /// What it is about, if that much can be read.
    pub(crate) key: Option<Key>,
    /// What is wrong with it; never empty.
    pub(crate) problems: Problems,
}

/// Reads an entry, which is to be put into a list, from its JSON text.
pub(crate) fn read_put(text: &str, at: &At<'_>) -> Result<(Key, Content), Unacceptable> {
    let mut problems = Problems::default();
    let node = read_small(text, at, &mut problems);
    let read = node.and_then(|node| read_entry(&node, at, &mut problems));
    match read {
        Some(entry) if problems.is_empty() => Ok(entry),
        _ => Err(Unacceptable { key: read_key_alone(text), problems }),
    }
}

/// Makes a tree of JSON text that is no longer than an entry may be.
pub(crate) fn read_small<'a>(
    text: &'a str,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Node<'a>> {
    if text.len() > LONGEST {
        let message =
            format_args!("has {} bytes, more than the {LONGEST} that it may have", text.len());
        problems.report(at, message);
        return None;
    }
    problems.keep(at, serde_json::from_str(text))
}

/// Reads what is to be deleted from a list.
pub(crate) fn read_delete(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Key> {
    let mut fields = Fields::of(node, at, problems)?;
    let (key, _) = read_key(&mut fields, at, problems)?;
    fields.finish(problems);
    key
}

/// `apis`: `["*"]`, or names.
pub(crate) fn grant(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Grant> {
    let all = |item: &Node<'_>| matches!(item, Node::Text(word) if word == "*");
    let items = items(node, at, problems)?;
    match items.iter().position(all) {
        Some(_) if items.len() == 1 => Some(Grant::All),
        Some(index) => {
            problems.report(&at.index(index), "\"*\" stands alone");
            None
        }
        None => {
            let names = set(node, at, problems).filter(|names| !names.is_empty());
            names.map(|names| Grant::Only(names.into()))
        }
    }
}

fn read_entry(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<(Key, Content)> {
    let mut fields = Fields::of(node, at, problems)?;
    let (key, about) = read_key(&mut fields, at, problems)?;
    let content = match about {
        About::Denial => {
            let until = optional::<Moment>(&mut fields, "until", at, problems);
            Some(Content::Deny(until.map(|Moment(seconds)| seconds)))
        }
        about => read_session(&mut fields, about, at, problems)
            .map(|session| Content::Session(Box::new(session))),
    };
    fields.finish(problems);
    Some((key?, content?))
}

fn read_session(
    fields: &mut Fields<'_, '_>,
    about: About,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<Session> {
    let identity = optional::<Printable>(fields, "identity", at, problems);
    let apis = fields.required("apis", problems);
    let apis = apis.and_then(|node| grant(node, &at.field("apis"), problems));
    let is_active = given(fields, "active")
        .and_then(|node| boolean(node, &at.field("active"), problems))
        .unwrap_or(true);
    let not_before = optional::<Moment>(fields, "not_before", at, problems);
    let expires = optional::<Moment>(fields, "expires", at, problems);
    let labels =
        given(fields, "labels").and_then(|node| read_labels(node, &at.field("labels"), problems));
    let rate = given(fields, "rate").and_then(|node| rate(node, &at.field("rate"), problems));
    let mut certificates = None;
    if about == About::ApiKey {
        certificates = given(fields, "certificates")
            .and_then(|node| set(node, &at.field("certificates"), problems));
    }
    Some(Session {
        identity: identity.map(|Printable(text)| text),
        apis: apis?,
        is_inactive: !is_active,
        not_before: not_before.map(|Moment(seconds)| seconds),
        expires: expires.map(|Moment(seconds)| seconds),
        labels: labels.unwrap_or_default(),
        certificates: certificates.unwrap_or_default().into(),
        rate,
    })
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Certificate,
    ApiKey,
    Denial,
}

/// The one member that says what an entry is about; its key is `None` if it is faulty.
fn read_key(
    fields: &mut Fields<'_, '_>,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<(Option<Key>, About)> {
    let members = [
        (About::Certificate, fields.optional("certificate")),
        (About::ApiKey, fields.optional("api_key")),
        (About::Denial, fields.optional("deny")),
    ];
    let mut given = members.into_iter().filter_map(|(about, node)| Some((about, node?)));
    match (given.next(), given.next()) {
        (Some((about, node)), None) => Some((about.key(node, at, problems), about)),
        _ => {
            problems.report(at, "expected exactly one of certificate, api_key, deny");
            None
        }
    }
}

impl About {
    fn key(self, node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Key> {
        match self {
            Self::Certificate => {
                parsed(node, &at.field("certificate"), problems).map(Key::certificate)
            }
            Self::ApiKey => {
                let digest: Fingerprint = parsed(node, &at.field("api_key"), problems)?;
                Some(Key::api_key(digest.digest()))
            }
            Self::Denial => read_denied(node, &at.field("deny"), problems),
        }
    }
}

/// What a denial refuses.
fn read_denied(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Key> {
    let mut fields = Fields::of(node, at, problems)?;
    let (certificate, key, issued) =
        (fields.optional("certificate"), fields.optional("spki_sha256"), fields.optional("issued"));
    fields.finish(problems);
    match (certificate, key, issued) {
        (Some(node), None, None) => {
            parsed(node, &at.field("certificate"), problems).map(Key::deny_certificate)
        }
        (None, Some(node), None) => {
            parsed::<KeyHash>(node, &at.field("spki_sha256"), problems).map(Key::deny_key)
        }
        (None, None, Some(node)) => read_issued(node, &at.field("issued"), problems),
        _ => {
            problems.report(at, "expected exactly one of certificate, spki_sha256, issued");
            None
        }
    }
}

fn read_issued(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Key> {
    let mut fields = Fields::of(node, at, problems)?;
    let certificate = fields.read("by_sha256", problems, parsed::<Fingerprint>);
    let name = fields.read("by_name_sha256", problems, parsed::<Fingerprint>);
    let is_one =
        fields.optional("by_sha256").is_some() != fields.optional("by_name_sha256").is_some();
    if !is_one {
        problems.report(at, "expected exactly one of by_sha256, by_name_sha256");
    }
    let serial = fields.required("serial", problems);
    fields.finish(problems);
    let serial: Serial = serial.and_then(|node| parsed(node, &at.field("serial"), problems))?;
    match (certificate, name) {
        (Some(certificate), None) if is_one => Some(Key::issued(certificate.digest(), &serial)),
        (None, Some(name)) if is_one => Some(Key::issued_by_name(name.digest(), &serial)),
        _ => None,
    }
}

/// What an entry is about, if exactly one of its members says so, whatever is wrong with the rest: other
/// members may be as long and as deep as they like.
fn read_key_alone(text: &str) -> Option<Key> {
    // An object, and not the list of values that would be read as one.
    let object = text.starts_with('{').then_some(text)?;
    let members: Members<'_> = serde_json::from_str(object).ok()?;
    let members = [
        (About::Certificate, members.certificate),
        (About::ApiKey, members.api_key),
        (About::Denial, members.deny),
    ];
    let mut keys = members.into_iter().filter_map(|(about, raw)| {
        let text = raw.map(RawValue::get).filter(|text| text.len() <= LONGEST)?;
        let mut problems = Problems::default();
        let key = about.key(&serde_json::from_str(text).ok()?, &At::ROOT, &mut problems)?;
        problems.is_empty().then_some(key)
    });
    keys.next().filter(|_| keys.next().is_none())
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, default)]
    certificate: Option<&'a RawValue>,
    #[serde(borrow, default)]
    api_key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    deny: Option<&'a RawValue>,
}

/// A member that may be left out, or be null.
fn given<'n>(fields: &mut Fields<'n, '_>, name: &'static str) -> Option<&'n Node<'n>> {
    fields.optional(name).filter(|node| **node != Node::Null)
}

/// A member that may be left out or be null, and is a text otherwise.
fn optional<T: std::str::FromStr<Err: std::fmt::Display>>(
    fields: &mut Fields<'_, '_>,
    name: &'static str,
    at: &At<'_>,
    problems: &mut Problems,
) -> Option<T> {
    given(fields, name).and_then(|node| parsed(node, &at.field(name), problems))
}

/// The most bytes of JSON that an entry may have.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests;
