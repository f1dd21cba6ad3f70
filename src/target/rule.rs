//! What an API or operation matches requests by.

use std::fmt;
use std::str::FromStr;

use super::Target;
use super::host::HostPattern;
use super::path::PathPattern;

/// One `match`: all that is given must hold; what is left out holds for every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MatchRule {
    /// Names of Envoy virtual hosts, any of which may be the chosen one.
    pub(crate) virtual_hosts: Option<Vec<String>>,
    /// Names of Envoy routes, any of which may be the chosen one.
    pub(crate) routes: Option<Vec<String>>,
    /// Hosts, any of which may match.
    pub(crate) hosts: Option<Vec<HostPattern>>,
    /// The path.
    pub(crate) path: Option<PathPattern>,
    /// Methods, any of which may be the request's.
    pub(crate) methods: Option<Vec<Method>>,
}

impl MatchRule {
    /// Whether the rule holds for a request, its path in the given reading.
    pub(crate) fn matches(&self, target: &Target<'_>, path: Option<&[u8]>) -> bool {
        let named = |wanted: &Option<Vec<String>>, found: &[u8]| {
            wanted.as_ref().is_none_or(|names| {
                !found.is_empty() && names.iter().any(|name| name.as_bytes() == found)
            })
        };
        self.path.as_ref().is_none_or(|pattern| path.is_some_and(|path| pattern.matches(path)))
            && self.methods.as_ref().is_none_or(|methods| {
                methods.iter().any(|method| method.0.as_bytes() == target.method)
            })
            && self
                .hosts
                .as_ref()
                .is_none_or(|hosts| hosts.iter().any(|host| host.matches(&target.host)))
            && named(&self.virtual_hosts, &target.virtual_host)
            && named(&self.routes, &target.route)
    }

    /// Whether every request that `other` matches is matched by this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        within(&other.virtual_hosts, &self.virtual_hosts, PartialEq::eq)
            && within(&other.routes, &self.routes, PartialEq::eq)
            && within(&other.hosts, &self.hosts, |narrow, wide| wide.covers(narrow))
            && within(&other.methods, &self.methods, PartialEq::eq)
            && match (&self.path, &other.path) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(wide), Some(narrow)) => wide.covers(narrow),
            }
    }
}

/// Whether each of `narrow` is in `wide`; `None` stands for everything.
fn within<T>(
    narrow: &Option<Vec<T>>,
    wide: &Option<Vec<T>>,
    is_in: impl Fn(&T, &T) -> bool,
) -> bool {
    match (narrow, wide) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(narrow), Some(wide)) => {
            narrow.iter().all(|one| wide.iter().any(|other| is_in(one, other)))
        }
    }
}

/// An HTTP method, case-sensitive (RFC 9110 section 9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Method(Box<str>);

impl Method {
    /// A known one; `*` is none that a policy can name.
    pub(crate) fn of(name: &'static str) -> Self {
        Self(name.into())
    }
}

impl FromStr for Method {
    type Err = MalformedMethod;

    fn from_str(text: &str) -> Result<Self, MalformedMethod> {
        // Methods are tokens; lower case would be a method of its own that hardly anybody means.
        let fits = |byte: u8| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        if text.is_empty() || !text.bytes().all(fits) {
            return Err(MalformedMethod);
        }
        Ok(Self(text.into()))
    }
}

/// A text that is no [`Method`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedMethod;

impl fmt::Display for MalformedMethod {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected an HTTP method in upper case, as `GET`")
    }
}

impl std::error::Error for MalformedMethod {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_rule_covers_another_only_if_every_part_does() {
        let wide = MatchRule {
            hosts: Some(vec!["*.x.example".parse().unwrap()]),
            path: Some(PathPattern::prefix("/a").unwrap()),
            ..MatchRule::default()
        };
        let narrow = MatchRule {
            hosts: Some(vec!["a.x.example".parse().unwrap()]),
            path: Some(PathPattern::exact("/a/b").unwrap()),
            methods: Some(vec!["GET".parse().unwrap()]),
            ..MatchRule::default()
        };
        assert!(wide.covers(&narrow));
        assert!(!narrow.covers(&wide));
        assert!(MatchRule::default().covers(&wide));
        assert!(!wide.covers(&MatchRule::default()));
    }

    #[test]
    fn methods_are_upper_case_tokens() {
        assert!("GET".parse::<Method>().is_ok());
        assert!("M-SEARCH".parse::<Method>().is_ok());
        for bad in ["", "get", "GE T", "GET,POST"] {
            assert_eq!(bad.parse::<Method>(), Err(MalformedMethod), "{bad}");
        }
    }
}
