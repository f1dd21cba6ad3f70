//! Certificate serial numbers.

use std::fmt;
use std::str::FromStr;

/// A certificate's serial number, compared by value: leading zero bytes do not count
/// (RFC 5280 section 4.1.2.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Box<[u8]>);

impl Serial {
    /// Takes the content of the INTEGER, big-endian.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Self(bytes.get(zeros..).unwrap_or_default().into())
    }

    /// The bytes, big-endian, without leading zeros.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Serial {
    /// Writes `0A:1F`, as OpenSSL and most tools do.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("00");
        }
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index > 0 { ":" } else { "" };
            write!(out, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl FromStr for Serial {
    type Err = MalformedSerial;

    /// Reads hex digits of either case, with or without colons between the bytes.
    fn from_str(text: &str) -> Result<Self, MalformedSerial> {
        let mut digits = String::with_capacity(text.len());
        for part in text.split(':') {
            if part.is_empty() || (text.contains(':') && part.len() > 2) {
                return Err(MalformedSerial);
            }
            if part.len() % 2 == 1 {
                digits.push('0');
            }
            digits.push_str(part);
        }
        let bytes = hex::decode(digits).map_err(|_| MalformedSerial)?;
        Ok(Self::from_bytes(&bytes))
    }
}

/// A text that is no [`Serial`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedSerial;

impl fmt::Display for MalformedSerial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("expected a serial number in hex, as \"0A:1F\"")
    }
}

impl std::error::Error for MalformedSerial {}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn spellings_of_one_number_are_equal() {
        for text in ["0A:1F", "0a1f", "a1f", "00:0A:1F", "A:1F"] {
            assert_eq!(text.parse::<Serial>().unwrap().to_string(), "0A:1F", "{text}");
        }
        assert_eq!("00".parse::<Serial>().unwrap(), Serial::from_bytes(&[]));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", ":", "0A:", "0A1:F0", "xy", "-1", "0x1F"] {
            assert_eq!(text.parse::<Serial>(), Err(MalformedSerial), "{text}");
        }
    }
}
