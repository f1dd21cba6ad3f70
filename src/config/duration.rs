//! Lengths of time as texts.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time, written as `30s`, `250ms`, `10m` or `24h`, up to ten years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period(pub(crate) Duration);

impl FromStr for Period {
    type Err = MalformedPeriod;

    fn from_str(text: &str) -> Result<Self, MalformedPeriod> {
        let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let milliseconds: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(MalformedPeriod),
        };
        let number = text.strip_suffix(unit).and_then(|digits| digits.parse::<u64>().ok());
        let length = number.and_then(|number| number.checked_mul(milliseconds));
        let length = length.map(Duration::from_millis).filter(|length| *length <= LONGEST);
        length.map(Self).ok_or(MalformedPeriod)
    }
}

/// A text that is no [`Period`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedPeriod;

impl fmt::Display for MalformedPeriod {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(
            "expected a whole number of ms, s, m or h as \"30s\" or \"24h\", ten years at the most",
        )
    }
}

/// Ten years of 365 days.
const LONGEST: Duration = Duration::from_secs(315_360_000);

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_unit_is_read() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("250ms", 250),
            ("30s", 30_000),
            ("10m", 600_000),
            ("24h", 86_400_000),
            ("315360000s", 315_360_000_000),
            ("87600h", 315_360_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Period(Duration::from_millis(milliseconds))), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let huge = format!("{}s", u64::MAX);
        for text in [
            "", "s", "30", "30d", "1.5s", "-1s", "+1s", " 1s", "1 s", "1S", "1s1s", "٣s", "87601h",
            &huge,
        ] {
            assert_eq!(text.parse::<Period>(), Err(MalformedPeriod), "{text}");
        }
    }
}
