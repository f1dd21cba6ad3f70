//! What an older Envoy needs besides.

use std::str::FromStr;

/// The oldest Envoy that a bootstrap is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 1.36 and 1.37: no property holds the client's certificate.
    V1_36,
    /// From 1.38 on one does.
    V1_38,
}

impl Version {
    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1_36 => "1.36",
            Self::V1_38 => "1.38",
        }
    }

    /// The HTTP filter that puts the client's certificate where Peergate finds it, if one is needed.
    pub(crate) fn carrier(self) -> &'static str {
        match self {
            Self::V1_36 => include_str!("templates/peer-certificate.yaml"),
            Self::V1_38 => "",
        }
    }
}

impl FromStr for Version {
    type Err = &'static str;

    /// Reads `1.36`, or a release of it, such as `1.36.4`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected 1.36 or later";
        let rest = text.strip_prefix("1.").ok_or(EXPECTED)?;
        let (minor, patch) = rest.split_once('.').unwrap_or((rest, "0"));
        let number = |text: &str| -> Result<u16, Self::Err> {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            if is_number { text.parse().map_err(|_| EXPECTED) } else { Err(EXPECTED) }
        };
        number(patch)?;
        match number(minor)? {
            ..36 => Err(EXPECTED),
            36 | 37 => Ok(Self::V1_36),
            38.. => Ok(Self::V1_38),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart_by_what_they_lack() {
        for (text, version) in [
            ("1.36", Version::V1_36),
            ("1.36.13", Version::V1_36),
            ("1.37.0", Version::V1_36),
            ("1.38", Version::V1_38),
            ("1.40.0", Version::V1_38),
        ] {
            assert_eq!(text.parse(), Ok(version), "{text}");
        }
    }

    #[test]
    fn what_is_no_such_version_is_refused() {
        for text in [
            "", "1", "1.", "1.35", "1.35.9", "2.0", "v1.40", "1.40.x", "1.+40", "1.40.", "1.40.0.0",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
