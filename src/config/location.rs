//! `from`: where clients put a token or a key.

use crate::header_name::{HeaderName, MalformedHeaderName};
use crate::location::Location;
use crate::policy::Forward;

use super::node::Node;
use super::problem::{At, Problems};
use super::reader::{Fields, list, text};

/// Reads places, of which no two may overlap.
pub(crate) fn read(
    node: &Node<'_>,
    at: &At<'_>,
    forward: &Forward,
    problems: &mut Problems,
) -> Option<Vec<Location>> {
    let mut seen: Vec<Option<Location>> = Vec::new();
    let read = list(node, at, problems, |node, at, problems| {
        let location = read_one(node, at, problems);
        if let Some(location) = &location {
            let overlaps = |other: &Option<Location>| {
                other.as_ref().is_some_and(|other| other.overlaps(location))
            };
            if let Some(earlier) = seen.iter().position(overlaps) {
                problems.report(at, format_args!("reads what from[{earlier}] reads"));
            }
            if let Location::Header { name, .. } = location
                && forward.names().any(|own| own.is_read_from(name.as_bytes()))
            {
                problems.report(at, "`forward` sets this header for the upstream");
            }
        }
        seen.push(location.clone());
        Some(location)
    });
    read?.into_iter().collect()
}

fn read_one(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Location> {
    let mut fields = Fields::of(node, at, problems)?;
    let [header, query, cookie] = ["header", "query", "cookie"].map(|name| fields.optional(name));
    let scheme = fields.optional("scheme");
    fields.finish(problems);
    let scheme_of = |problems: &mut Problems| {
        scheme.map(|node| read_scheme(node, &at.field("scheme"), problems))
    };
    match (header, query, cookie) {
        (Some(node), None, None) => {
            let name = read_header(node, &at.field("header"), problems);
            let scheme = match scheme_of(problems) {
                Some(scheme) => Some(scheme?),
                None => None,
            };
            Some(Location::Header { name: name?, scheme })
        }
        (None, Some(_), None) | (None, None, Some(_)) if scheme.is_some() => {
            problems.report(&at.field("scheme"), "only a header has one");
            None
        }
        (None, Some(node), None) => {
            read_name(node, &at.field("query"), problems).map(Location::Query)
        }
        (None, None, Some(node)) => {
            read_name(node, &at.field("cookie"), problems).map(Location::Cookie)
        }
        _ => {
            problems.report(at, "expected exactly one of header, query, cookie");
            None
        }
    }
}

/// A header that credentials may stand in: of those that mean something else, these two mean just that.
fn read_header(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Box<str>> {
    let name = text(node, at, problems)?;
    match name.parse::<HeaderName>() {
        Ok(name) => Some(name.as_str().into()),
        Err(MalformedHeaderName::Reserved)
            if CREDENTIALS.iter().any(|known| name.eq_ignore_ascii_case(known)) =>
        {
            Some(name.to_ascii_lowercase().into())
        }
        Err(_) if name.eq_ignore_ascii_case("cookie") => {
            problems.report(at, "say which one: { cookie: NAME }");
            None
        }
        Err(error) => {
            problems.report(at, error);
            None
        }
    }
}

fn read_scheme(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Box<str>> {
    let scheme = text(node, at, problems)?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if (1..=LONGEST).contains(&scheme.len()) && scheme.bytes().all(is_token) {
        return Some(scheme.into());
    }
    problems.report(at, "expected an authentication scheme as Bearer, without blanks");
    None
}

/// A name of a parameter or a cookie: what nobody escapes or quotes.
fn read_name(node: &Node<'_>, at: &At<'_>, problems: &mut Problems) -> Option<Box<str>> {
    let name = text(node, at, problems)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if (1..=LONGEST).contains(&name.len()) && name.bytes().all(is_plain) {
        return Some(name.into());
    }
    problems.report(at, "expected a name of 1 to 64 letters, digits and -._~");
    None
}

const CREDENTIALS: [&str; 2] = ["authorization", "proxy-authorization"];

const LONGEST: usize = 64;
