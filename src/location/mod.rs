//! Where in a request a token or a key may stand.

mod strip;

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode;

use crate::request::Headers;

pub(crate) use strip::strip;

/// A place of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// The value of a header, of every copy of it.
    Header {
        /// In lower case.
        name: Box<str>,
        /// The authentication scheme before the value (RFC 9110 section 11.4), in either case; without one,
        /// all of the header is the value.
        scheme: Option<Box<str>>,
    },
    /// A parameter of the query, as forms write it.
    Query(Box<str>),
    /// A cookie.
    Cookie(Box<str>),
}

impl Location {
    /// Every value that stands there and is not empty.
    pub(crate) fn read<'r>(&self, headers: &Headers<'r>) -> Vec<Cow<'r, [u8]>> {
        let mut values = Vec::new();
        match self {
            Self::Header { name, scheme } => {
                let found = headers.all(name.as_bytes()).filter_map(|value| after(scheme, value));
                values.extend(found.map(Cow::Borrowed));
            }
            Self::Query(name) => {
                let pairs = query(headers).into_iter().flat_map(pairs);
                values.extend(pairs.filter_map(|pair| parameter(name, pair)));
            }
            Self::Cookie(name) => {
                let crumbs = headers.all(COOKIE).flat_map(crumbs);
                values.extend(crumbs.filter_map(|it| cookie(name, it)).map(Cow::Borrowed));
            }
        }
        values.retain(|value| !value.is_empty());
        values
    }

    /// Whether somebody may find a value there: who reads a header joined from several, as Envoy does, finds a
    /// scheme anywhere in it.
    pub(crate) fn may_hold(&self, headers: &Headers<'_>) -> bool {
        match self {
            Self::Header { name, scheme: Some(scheme) } => {
                headers.all(name.as_bytes()).any(|value| mentions(scheme, value))
            }
            _ => !self.read(headers).is_empty(),
        }
    }

    /// Whether some value stands at both.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Header { name, scheme }, Self::Header { name: other, scheme: others }) => {
                name == other
                    && match (scheme, others) {
                        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
                        _ => true,
                    }
            }
            _ => self == other,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { name, scheme: None } => write!(out, "header {name}"),
            Self::Header { name, scheme: Some(scheme) } => {
                write!(out, "header {name} with scheme {scheme}")
            }
            Self::Query(name) => write!(out, "query parameter {name}"),
            Self::Cookie(name) => write!(out, "cookie {name}"),
        }
    }
}

/// What follows the scheme in a header's value; `None` if it has another one.
fn after<'v>(scheme: &Option<Box<str>>, value: &'v [u8]) -> Option<&'v [u8]> {
    let value = value.trim_ascii();
    let Some(scheme) = scheme else {
        return Some(value);
    };
    let (found, rest) = value.split_at_checked(scheme.len())?;
    let is_it = found.eq_ignore_ascii_case(scheme.as_bytes()) && begins_blank(rest);
    is_it.then_some(rest.trim_ascii())
}

/// Whether a blank comes next: a tab is none to RFC 9110, and is one to many readers.
fn begins_blank(rest: &[u8]) -> bool {
    matches!(rest.first(), Some(b' ' | b'\t'))
}

/// Whether a header's value has the scheme somewhere, with something behind it.
fn mentions(scheme: &str, value: &[u8]) -> bool {
    let mut rests =
        (0..value.len()).filter_map(|at| value.get(at..)?.split_at_checked(scheme.len()));
    rests.any(|(found, rest)| {
        let is_it = found.eq_ignore_ascii_case(scheme.as_bytes()) && begins_blank(rest);
        is_it && !rest.trim_ascii().is_empty()
    })
}

/// The query of the request's target.
fn query<'r>(headers: &Headers<'r>) -> Option<&'r [u8]> {
    let (_, query) = split_query(headers.first(PATH)?);
    query
}

/// A target without its query, and the query.
fn split_query(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    (parts.next().unwrap_or_default(), parts.next())
}

/// The parts of a query, as they were written.
fn pairs(query: &[u8]) -> impl Iterator<Item = &[u8]> {
    query.split(|byte| *byte == b'&')
}

/// The parts of a `cookie` header, as they were written.
fn crumbs(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b';')
}

/// The value of a part of a query, if it is the parameter of that name. The name may be escaped as well:
/// upstreams read it all the same.
fn parameter<'q>(name: &str, pair: &'q [u8]) -> Option<Cow<'q, [u8]>> {
    let mut parts = pair.splitn(2, |byte| *byte == b'=');
    let found = decoded(parts.next()?);
    (*found == *name.as_bytes()).then(|| parts.next().map(decoded).unwrap_or_default())
}

/// Undoes what forms do to values: `+` is a blank, and `%` begins an escape.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let blanks: Vec<u8> =
        text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&blanks).collect())
}

/// The value of a part of a `cookie` header, if it is the cookie of that name (RFC 6265 section 4.2.1).
fn cookie<'c>(name: &str, crumb: &'c [u8]) -> Option<&'c [u8]> {
    let rest = crumb.trim_ascii().strip_prefix(name.as_bytes())?;
    rest.trim_ascii_start().strip_prefix(b"=").map(<[u8]>::trim_ascii)
}

const PATH: &[u8] = b":path";
const COOKIE: &[u8] = b"cookie";

#[cfg(test)]
mod tests;
