//! `subject`: which of an authority's clients are meant, by their names.

use std::fmt;
use std::str::FromStr;

use super::names::{NameKind, Names};
use super::spiffe::{self, SpiffeId};

/// What names a client must have. Every kind that is given must match, by one of its patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SubjectRule {
    pub(crate) dns: Option<Vec<DnsPattern>>,
    pub(crate) uri: Option<Vec<UriPattern>>,
    pub(crate) email: Option<Vec<EmailPattern>>,
    pub(crate) common_name: Option<Vec<CommonName>>,
}

impl SubjectRule {
    /// Whether a leaf with these names is meant.
    pub(crate) fn matches(&self, names: &Names) -> bool {
        fn holds<P>(
            patterns: Option<&Vec<P>>,
            names: &Names,
            kind: NameKind,
            matches: impl Fn(&P, &str) -> bool,
        ) -> bool {
            patterns.is_none_or(|patterns| {
                names.usable(kind).any(|name| patterns.iter().any(|pattern| matches(pattern, name)))
            })
        }
        holds(self.dns.as_ref(), names, NameKind::Dns, DnsPattern::matches)
            && holds(self.email.as_ref(), names, NameKind::Email, EmailPattern::matches)
            && holds(self.common_name.as_ref(), names, NameKind::CommonName, |own, name| {
                &*own.0 == name
            })
            && self
                .uri
                .as_ref()
                .is_none_or(|patterns| patterns.iter().any(|pattern| pattern.matches_one_of(names)))
    }
}

/// `api.example.com`, or `*.example.com` for exactly one label more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DnsPattern {
    is_wildcard: bool,
    /// In lower case.
    name: Box<str>,
}

impl DnsPattern {
    /// Compares with a host name in lower case.
    fn matches(&self, name: &str) -> bool {
        let name = if self.is_wildcard {
            name.split_once('.').map(|(_, parent)| parent)
        } else {
            Some(name)
        };
        name == Some(&*self.name)
    }
}

impl FromStr for DnsPattern {
    type Err = MalformedPattern;

    fn from_str(text: &str) -> Result<Self, MalformedPattern> {
        let (is_wildcard, name) = match text.strip_prefix("*.") {
            Some(parent) => (true, parent),
            None => (false, text),
        };
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(MalformedPattern::Dns);
        }
        Ok(Self { is_wildcard, name: name.to_ascii_lowercase().into() })
    }
}

/// A whole URI, or `prefix/*` for all that begin with `prefix/` and go on. Compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UriPattern {
    /// With the slash at its end, if something has to follow.
    text: Box<str>,
    is_prefix: bool,
}

impl UriPattern {
    fn matches_one_of(&self, names: &Names) -> bool {
        // A SPIFFE ID is the one URI of its certificate, and well-formed, or it is none.
        if spiffe::is_claimed(&self.text) {
            return names.spiffe().is_some_and(|id| self.matches(id.as_str()));
        }
        names.usable(NameKind::Uri).any(|name| self.matches(name))
    }

    fn matches(&self, uri: &str) -> bool {
        match uri.strip_prefix(&*self.text) {
            Some(rest) if self.is_prefix => !rest.is_empty(),
            Some(rest) => rest.is_empty(),
            None => false,
        }
    }
}

impl FromStr for UriPattern {
    type Err = MalformedPattern;

    fn from_str(text: &str) -> Result<Self, MalformedPattern> {
        let (body, is_prefix) = match text.strip_suffix('*') {
            Some(body) if body.ends_with('/') => (body, true),
            Some(_) => return Err(MalformedPattern::Uri),
            None => (text, false),
        };
        let is_printable = body.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'*');
        // Neither the bare scheme, which any authority follows, nor no scheme at all.
        let is_absolute = body.split_once(':').is_some_and(|(scheme, rest)| {
            !scheme.is_empty()
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
                && rest.bytes().any(|byte| byte != b'/')
        });
        if !is_printable || !is_absolute {
            return Err(MalformedPattern::Uri);
        }
        let id = if is_prefix { body.strip_suffix('/').unwrap_or(body) } else { body };
        if spiffe::is_claimed(body) && SpiffeId::parse(id).is_none() {
            return Err(MalformedPattern::Spiffe);
        }
        Ok(Self { text: body.into(), is_prefix })
    }
}

/// A mailbox (RFC 5280 section 7.5), or `*@host` for all of one host. The part before `@` is compared byte
/// by byte, the host in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EmailPattern {
    /// `None`: any.
    local: Option<Box<str>>,
    host: Box<str>,
}

impl EmailPattern {
    fn matches(&self, mailbox: &str) -> bool {
        mailbox.rsplit_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && self.local.as_ref().is_none_or(|own| &**own == local)
                && host.eq_ignore_ascii_case(&self.host)
        })
    }
}

impl FromStr for EmailPattern {
    type Err = MalformedPattern;

    fn from_str(text: &str) -> Result<Self, MalformedPattern> {
        let (local, host) = text.rsplit_once('@').ok_or(MalformedPattern::Email)?;
        let local = (local != "*").then_some(local);
        let is_plain = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'*')
        };
        if !is_plain(host) || !local.is_none_or(is_plain) {
            return Err(MalformedPattern::Email);
        }
        Ok(Self { local: local.map(Into::into), host: host.into() })
    }
}

/// A common name, compared byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommonName(Box<str>);

impl FromStr for CommonName {
    type Err = MalformedPattern;

    fn from_str(text: &str) -> Result<Self, MalformedPattern> {
        if text.is_empty() || text.contains(['\0', '*']) {
            return Err(MalformedPattern::CommonName);
        }
        Ok(Self(text.into()))
    }
}

/// A text that is no pattern for names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MalformedPattern {
    Dns,
    Uri,
    Spiffe,
    Email,
    CommonName,
}

impl fmt::Display for MalformedPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Dns => "expected a host name, or \"*.\" and a host name for exactly one label more",
            Self::Uri => "expected a URI, or a URI that ends in \"/*\"",
            Self::Spiffe => {
                "expected a SPIFFE ID: spiffe://, a trust domain in lower case, and a path of plain \
                 segments, which may end in \"/*\""
            }
            Self::Email => "expected a mailbox, or \"*@\" and a host name",
            Self::CommonName => "expected a common name, without \"*\"",
        })
    }
}
