//! Names that users give to lists and APIs.

use std::fmt;
use std::str::FromStr;

/// A name of a list, an API or a label: `[a-z0-9][a-z0-9_-]{0,63}`, so that it can stand in a metric.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

impl Name {
    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl FromStr for Name {
    type Err = MalformedName;

    fn from_str(text: &str) -> Result<Self, MalformedName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let first = text.bytes().next().is_some_and(plain);
        let rest = text.bytes().all(|byte| plain(byte) || byte == b'_' || byte == b'-');
        if first && rest && text.len() <= LONGEST {
            Ok(Self(text.into()))
        } else {
            Err(MalformedName)
        }
    }
}

/// A text that is no [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedName;

impl fmt::Display for MalformedName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(
            "expected a name of 1 to 64 of a-z, 0-9, `_` and `-`, beginning with a letter or digit",
        )
    }
}

impl std::error::Error for MalformedName {}

const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn names_fit_into_a_metric() {
        for good in ["a", "0", "partners", "a_b-c", &"x".repeat(64)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in ["", "_a", "-a", "A", "a.b", "a b", "é", &"x".repeat(65)] {
            assert_eq!(bad.parse::<Name>(), Err(MalformedName), "{bad}");
        }
    }
}
