//! Paths: which are normal, and what a policy matches them by.
//!
//! The filter decides on the path that Envoy routed, never on a rewritten one (the upstream reads it as
//! it is). So what another reader could normalise to something else is refused, on every API.

use std::borrow::Cow;
use std::fmt;

use crate::bytes::Ascii;

/// The path of a request target, without its query, that [`Path::read`] found normal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path<'r> {
    sent: &'r [u8],
    folded: Cow<'r, [u8]>,
}

impl<'r> Path<'r> {
    /// Reads the path of an origin-form target (RFC 9112 section 3.2.1); `None` if it is not normal:
    /// dot segments in any spelling, empty segments, escapes that are broken or need not be there,
    /// an escaped slash, backslash or control byte, a backslash, a fragment, control or non-ASCII bytes.
    pub(crate) fn read(target: &'r [u8]) -> Option<Self> {
        if let Some(sent) = plain_path(target) {
            return Some(Self { sent, folded: Cow::Borrowed(sent) });
        }
        Self::read_odd(target)
    }

    /// Reads one that wants a closer look.
    #[cold]
    #[inline(never)]
    fn read_odd(target: &'r [u8]) -> Option<Self> {
        let sent = target.split(|byte| *byte == b'?').next()?;
        let segments = sent.strip_prefix(b"/")?;
        let mut segments = segments.split(|byte| *byte == b'/').peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            let name = without_parameters(segment);
            if !is_normal(segment) || matches!(name, b"." | b"..") {
                return None;
            }
            // A trailing slash is no empty segment; a segment of parameters alone is one to some.
            if name.is_empty() && !(last && segment.is_empty()) {
                return None;
            }
        }
        Some(Self { sent, folded: fold(sent) })
    }

    /// The path as it was sent, and as a reader would see it who drops `;` parameters, reads escapes
    /// in either case, and reads `%40` as `@`. A policy has to choose the same for both.
    pub(crate) fn readings(&self) -> (&[u8], Option<&[u8]>) {
        match &self.folded {
            Cow::Borrowed(_) => (self.sent, None),
            Cow::Owned(folded) => (self.sent, Some(folded)),
        }
    }
}

/// What a policy matches a path by. Segments compare byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathPattern {
    /// `path`: this path alone.
    Exact(Box<str>),
    /// `path_prefix`: this path and what is below it: `/a` is `/a` and `/a/…`, never `/ab`.
    Prefix(Box<str>),
    /// `path_template`: as many segments, where `{x}` stands for any one that is not empty.
    Template(Box<str>),
}

impl PathPattern {
    /// Whether a path, in one of its readings, is one of this.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => path == exact.as_bytes(),
            Self::Prefix(prefix) if &**prefix == "/" => path.starts_with(b"/"),
            Self::Prefix(prefix) => path
                .strip_prefix(prefix.as_bytes())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/")),
            Self::Template(template) => {
                let mut segments = path.split(|byte| *byte == b'/');
                let mut wanted = template.split('/');
                wanted.by_ref().all(|wanted| {
                    segments.next().is_some_and(|found| segment_matches(wanted, found))
                }) && segments.next().is_none()
            }
        }
    }

    /// Whether every path of `other` is one of this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Exact(path)) => self.matches(path.as_bytes()),
            (Self::Prefix(_), Self::Prefix(path)) => self.matches(path.as_bytes()),
            (Self::Prefix(prefix), Self::Template(template)) => {
                &**prefix == "/" || {
                    let mut found = template.split('/');
                    prefix.split('/').all(|wanted| found.next() == Some(wanted))
                }
            }
            (Self::Template(one), Self::Template(other)) => {
                one.split('/').count() == other.split('/').count()
                    && one.split('/').zip(other.split('/')).all(|(wanted, found)| {
                        wanted == found || (is_variable(wanted) && !found.is_empty())
                    })
            }
            _ => false,
        }
    }

    /// Reads the value of `path`.
    ///
    /// # Errors
    /// Why no request's path could be it.
    pub(crate) fn exact(path: &str) -> Result<Self, MalformedPath> {
        plain(path).map(|()| Self::Exact(path.into()))
    }

    /// Reads the value of `path_prefix`.
    ///
    /// # Errors
    /// Why no request's path could begin so.
    pub(crate) fn prefix(path: &str) -> Result<Self, MalformedPath> {
        plain(path)?;
        if path.len() > 1 && path.ends_with('/') {
            return Err(MalformedPath::TrailingSlash);
        }
        Ok(Self::Prefix(path.into()))
    }

    /// Reads the value of `path_template`.
    ///
    /// # Errors
    /// Why no request's path could be one of it.
    pub(crate) fn template(template: &str) -> Result<Self, MalformedPath> {
        let mut literal = Vec::new();
        let mut variables = 0_usize;
        for segment in template.split('/') {
            if is_variable(segment) {
                variables = variables.saturating_add(1);
                literal.push("x");
            } else if segment.contains(['{', '}']) {
                return Err(MalformedPath::Variable);
            } else {
                literal.push(segment);
            }
        }
        plain(&literal.join("/"))?;
        if variables == 0 {
            return Err(MalformedPath::NoVariable);
        }
        Ok(Self::Template(template.into()))
    }
}

/// Why a text is no [`PathPattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MalformedPath {
    /// Not a normal path.
    NotNormal,
    /// Requests are compared with this other spelling.
    OtherSpelling(String),
    /// A prefix that ends in a slash.
    TrailingSlash,
    /// A brace that belongs to no whole segment `{name}`.
    Variable,
    /// A template without `{name}`.
    NoVariable,
    /// Braces in what is no template.
    NotATemplate,
}

impl fmt::Display for MalformedPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNormal => out.write_str(
                "expected a path as `/a/b`: no query, no empty or dot segments, no needless escapes",
            ),
            Self::OtherSpelling(spelling) => write!(out, "write it as {spelling:?}"),
            Self::TrailingSlash => {
                out.write_str("a prefix is whole segments: leave the slash at the end out")
            }
            Self::Variable => out.write_str("a variable is a whole segment, as in `/a/{id}/b`"),
            Self::NoVariable => out.write_str("no variable in it: use `path`"),
            Self::NotATemplate => out.write_str("braces are literal here: use `path_template`"),
        }
    }
}

impl std::error::Error for MalformedPath {}

/// Checks a pattern's literal text: normal, and in the spelling that both readings share.
fn plain(path: &str) -> Result<(), MalformedPath> {
    if path.contains(['{', '}']) {
        return Err(MalformedPath::NotATemplate);
    }
    if path.contains('?') {
        return Err(MalformedPath::NotNormal);
    }
    let read = Path::read(path.as_bytes()).ok_or(MalformedPath::NotNormal)?;
    match read.readings() {
        (_, None) => Ok(()),
        (_, Some(folded)) => {
            Err(MalformedPath::OtherSpelling(String::from_utf8_lossy(folded).into_owned()))
        }
    }
}

fn segment_matches(wanted: &str, found: &[u8]) -> bool {
    if is_variable(wanted) { !found.is_empty() } else { found == wanted.as_bytes() }
}

fn is_variable(segment: &str) -> bool {
    segment
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|name| !name.is_empty() && !name.contains(['{', '}']))
}

/// The path of a target if it is normal at first sight, as most are: no byte in it means anything to anybody but the
/// slash, and no segment is empty or begins with a dot.
fn plain_path(target: &[u8]) -> Option<&[u8]> {
    let mut before = 0;
    let is_end = |byte: &u8| {
        let after_slash = std::mem::replace(&mut before, *byte) == b'/';
        !PLAIN.contains(*byte) || (after_slash && matches!(byte, b'/' | b'.'))
    };
    let end = target.iter().position(is_end).unwrap_or(target.len());
    let (path, rest) = target.split_at_checked(end)?;
    let is_whole = rest.first().is_none_or(|byte| *byte == b'?');
    (is_whole && path.first() == Some(&b'/')).then_some(path)
}

/// What means nothing to anybody in a path.
const PLAIN: Ascii = Ascii::visible_but(b"?%;\\#");

/// A segment up to its parameters. Some readers decode a segment before they cut it.
fn without_parameters(segment: &[u8]) -> &[u8] {
    let begins = |rest: &[u8]| {
        rest.starts_with(b";") || rest.starts_with(b"%3b") || rest.starts_with(b"%3B")
    };
    let end = (0..segment.len()).find(|start| segment.get(*start..).is_some_and(begins));
    end.and_then(|end| segment.get(..end)).unwrap_or(segment)
}

/// Whether a segment has only bytes and escapes that everybody reads alike.
fn is_normal(segment: &[u8]) -> bool {
    let mut rest = segment;
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'%' => match escape(after) {
                Some((b'/' | b'\\', _)) | None => return false,
                // The last two begin an overlong spelling in UTF-8, and nothing else.
                Some((0..0x20 | 0x7f | 0xc0 | 0xc1, _)) => return false,
                Some((escaped, _)) if is_unreserved(escaped) => return false,
                Some((_, after)) => after,
            },
            b'\\' | b'#' | 0..=0x20 | 0x7f.. => return false,
            _ => after,
        };
    }
    true
}

/// The byte that two hex digits spell, and what follows them.
fn escape(digits: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = digits.split_at_checked(2)?;
    let mut byte = [0];
    hex::decode_to_slice(digits, &mut byte).ok()?;
    let [byte] = byte;
    Some((byte, rest))
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Bytes that may stand in a segment with or without an escape (RFC 3986 section 3.3), less `;`.
fn is_plain_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@'
    )
}

/// A normal path less its parameters, with every escape in one spelling.
fn fold(path: &[u8]) -> Cow<'_, [u8]> {
    if !path.iter().any(|byte| matches!(byte, b'%' | b';')) {
        return Cow::Borrowed(path);
    }
    let mut folded = Vec::with_capacity(path.len());
    for (index, segment) in path.split(|byte| *byte == b'/').enumerate() {
        if index > 0 {
            folded.push(b'/');
        }
        let mut rest = without_parameters(segment);
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match (byte, escape(after)) {
                (b'%', Some((escaped, after))) => {
                    rest = after;
                    if is_plain_delimiter(escaped) {
                        folded.push(escaped);
                    } else {
                        folded.push(b'%');
                        folded.extend_from_slice(hex::encode_upper([escaped]).as_bytes());
                    }
                }
                _ => folded.push(*byte),
            }
        }
    }
    if folded == path { Cow::Borrowed(path) } else { Cow::Owned(folded) }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
