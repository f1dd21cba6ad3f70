//! Hosts, compared as Envoy compares the `domains` of a virtual host.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// What of an authority Envoy ignores when it chooses the virtual host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuthorityRules {
    /// Hosts compare without their port: Envoy's `ignore_port_in_host_matching`, and only that. Where
    /// `strip_any_host_port` removes the port, the filter sees none, and one that it sees was a second.
    pub(crate) ignore_port: bool,
    /// Envoy removes a trailing dot (`strip_trailing_host_dot`). The filter never sees that one: a dot that
    /// is left was a second, which Envoy did not ignore, and the target is refused.
    pub(crate) ignore_trailing_dot: bool,
}

/// A host as a policy names it: exact, or `*.suffix` for every name below the suffix, at any depth,
/// and never the suffix itself. Case does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPattern {
    wildcard: bool,
    /// Lower case; with its leading dot for a wildcard.
    text: Box<str>,
}

impl HostPattern {
    /// Whether it covers a host that [`comparable`] prepared.
    pub(crate) fn matches(&self, host: &[u8]) -> bool {
        if self.wildcard {
            host.len() > self.text.len() && host.ends_with(self.text.as_bytes())
        } else {
            host == self.text.as_bytes()
        }
    }

    /// Whether every host of `other` is one of this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self.wildcard, other.wildcard) {
            (true, true) => other.text.ends_with(&*self.text),
            (false, true) => false,
            _ => self.matches(other.text.as_bytes()),
        }
    }

    /// Why no request can match it under these rules.
    pub(crate) fn never_matches(&self, rules: AuthorityRules) -> Option<&'static str> {
        let (name, port) = split_port(self.text.as_bytes());
        if rules.ignore_port && port.is_some() {
            Some("has a port, which `global.authority.ignore_port` leaves out")
        } else if rules.ignore_trailing_dot && name.ends_with(b".") {
            Some("ends in a dot, which `global.authority.ignore_trailing_dot` leaves out")
        } else {
            None
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", if self.wildcard { "*" } else { "" }, self.text)
    }
}

impl FromStr for HostPattern {
    type Err = MalformedHost;

    fn from_str(text: &str) -> Result<Self, MalformedHost> {
        let lower = text.to_ascii_lowercase();
        let (wildcard, text) = match lower.strip_prefix('*') {
            Some(suffix) if suffix.starts_with('.') => (true, suffix),
            Some(_) => return Err(MalformedHost),
            None => (false, lower.as_str()),
        };
        let (name, port) = split_port(text.as_bytes());
        let name = if wildcard { name.strip_prefix(b".").unwrap_or(name) } else { name };
        if !is_name(name) || port.is_some_and(|port| !is_port(port)) {
            return Err(MalformedHost);
        }
        Ok(Self { wildcard, text: text.into() })
    }
}

/// A text that is no [`HostPattern`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedHost;

impl fmt::Display for MalformedHost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(
            "expected an ASCII host name or `*.suffix` (leave `hosts` out to match every host)",
        )
    }
}

impl std::error::Error for MalformedHost {}

/// An authority as hosts compare: lower case, less what the rules leave out.
///
/// `None` if Envoy may have chosen by another reading of it: a port that is no number, a second port, a
/// dot that Envoy should have removed.
pub(crate) fn comparable(authority: &[u8], rules: AuthorityRules) -> Option<Cow<'_, [u8]>> {
    // Most have nothing in them that needs a closer look.
    let is_plain = |byte: &u8| !matches!(byte, b':' | b'[' | b']' | b'A'..=b'Z');
    if authority.iter().all(is_plain) && !authority.ends_with(b".") {
        return Some(Cow::Borrowed(authority));
    }
    closer(authority, rules)
}

/// The same for one that wants a closer look.
#[inline(never)]
fn closer(authority: &[u8], rules: AuthorityRules) -> Option<Cow<'_, [u8]>> {
    let (name, port) = split_port(authority);
    let is_address = name.starts_with(b"[") && name.ends_with(b"]");
    if port.is_some_and(|port| !is_port(port))
        || (name.contains(&b':') && !is_address)
        || (rules.ignore_trailing_dot && name.ends_with(b"."))
    {
        return None;
    }
    let host = if rules.ignore_port { name } else { authority };
    if host.iter().any(u8::is_ascii_uppercase) {
        return Some(Cow::Owned(host.to_ascii_lowercase()));
    }
    Some(Cow::Borrowed(host))
}

/// Splits an authority at the colon of its port: the last one, unless it is inside an IPv6 address.
pub(crate) fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let colon = authority.iter().rposition(|byte| matches!(byte, b':' | b']'));
    match colon.and_then(|colon| authority.split_at_checked(colon)) {
        Some((name, [b':', port @ ..])) => (name, Some(port)),
        _ => (authority, None),
    }
}

fn is_port(port: &[u8]) -> bool {
    !port.is_empty() && port.len() <= 5 && port.iter().all(u8::is_ascii_digit)
}

/// A name of letters, digits, `-`, `_` in labels (a trailing dot may stand), or an IPv6 address.
fn is_name(name: &[u8]) -> bool {
    if let Some(address) = name.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) {
        let address = std::str::from_utf8(address).unwrap_or_default();
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let name = name.strip_suffix(b".").unwrap_or(name);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.split(|byte| *byte == b'.').all(|label| !label.is_empty() && label.iter().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const BOTH: AuthorityRules = AuthorityRules { ignore_port: true, ignore_trailing_dot: true };

    #[test]
    fn exact_and_wildcard_hosts_match_as_domains_do() {
        let matches = |pattern: &str, host: &[u8]| {
            let pattern: HostPattern = pattern.parse().unwrap();
            pattern.matches(&comparable(host, AuthorityRules::default()).unwrap())
        };
        assert!(matches("api.Example.com", b"API.example.COM"));
        assert!(matches("*.example.com", b"a.b.example.com"));
        assert!(matches("api.example.com:8443", b"api.example.com:8443"));
        assert!(matches("[::1]:80", b"[::1]:80"));
        for other in [&b"example.com"[..], b".example.com", b"a.example.com:1", b"a.example.com."] {
            assert!(!matches("*.example.com", other), "{other:?}");
        }
        assert!(!matches("api.example.com", b"user@api.example.com"));
    }

    #[test]
    fn a_port_is_left_out_only_on_request() {
        let none = AuthorityRules::default();
        assert_eq!(comparable(b"a.x.:80", none).as_deref(), Some(&b"a.x.:80"[..]));
        assert_eq!(comparable(b"A.x:80", BOTH).as_deref(), Some(&b"a.x"[..]));
        assert_eq!(comparable(b"[::1]:80", BOTH).as_deref(), Some(&b"[::1]"[..]));
        assert_eq!(comparable(b"[::1]", BOTH).as_deref(), Some(&b"[::1]"[..]));
    }

    #[test]
    fn what_envoy_may_have_read_otherwise_is_refused() {
        for odd in
            [&b"a:"[..], b"a:b", b"a:123456", b"a:+1", b"a:80:80", b"a:80.", b"::1", b"[::1]:80:80"]
        {
            assert_eq!(comparable(odd, AuthorityRules::default()), None, "{odd:?}");
        }
        for dotted in [&b"a."[..], b"a..", b"a.:80", b"."] {
            assert_eq!(comparable(dotted, BOTH), None, "{dotted:?}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for bad in [
            "",
            "*",
            "*x.example",
            "a..b",
            ".a",
            "a b",
            "a/b",
            "münchen.example",
            "a:x",
            "*.",
            "[::g]",
        ] {
            assert_eq!(bad.parse::<HostPattern>(), Err(MalformedHost), "{bad}");
        }
    }

    #[test]
    fn a_wildcard_covers_what_is_below_it() {
        let covers = |one: &str, other: &str| {
            one.parse::<HostPattern>().unwrap().covers(&other.parse().unwrap())
        };
        assert!(covers("*.example.com", "api.example.com"));
        assert!(covers("*.example.com", "*.eu.example.com"));
        assert!(covers("*.example.com", "*.example.com"));
        assert!(!covers("*.eu.example.com", "*.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("api.example.com", "*.example.com"));
    }
}
