//! The few forms that stored values are made of. Numbers are LEB128, seven bits a byte, the lowest first;
//! what does not read back exactly is no value of ours.

/// Reads a stored value from its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn is_at_end(self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for place in 0..10_u32 {
            let byte = self.byte()?;
            let shift = place.checked_mul(7)?;
            let digit = u64::from(byte & 0x7f);
            let moved = digit.checked_shl(shift)?;
            if moved.checked_shr(shift)? != digit {
                return None;
            }
            number |= moved;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// Bytes with their number before them.
    pub(crate) fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.size()?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.counted()?).ok()
    }

    /// A time in seconds, before or after the epoch.
    pub(crate) fn time(&mut self) -> Option<i64> {
        let folded = self.number()?;
        let half = i64::try_from(folded >> 1).ok()?;
        Some(if folded & 1 == 0 { half } else { !half })
    }
}

/// Writes stored values.
pub(crate) trait Output {
    fn number(&mut self, number: u64);
    fn size(&mut self, size: usize);
    fn counted(&mut self, bytes: &[u8]);
    fn time(&mut self, time: i64);
}

impl Output for Vec<u8> {
    fn number(&mut self, number: u64) {
        let mut rest = number;
        while rest > 0x7f {
            self.push(0x80 | u8::try_from(rest & 0x7f).unwrap_or_default());
            rest >>= 7;
        }
        self.push(u8::try_from(rest).unwrap_or_default());
    }

    fn size(&mut self, size: usize) {
        self.number(u64::try_from(size).unwrap_or(u64::MAX));
    }

    fn counted(&mut self, bytes: &[u8]) {
        self.size(bytes.len());
        self.extend_from_slice(bytes);
    }

    fn time(&mut self, time: i64) {
        // The sign goes last, so that small times of either sign are short.
        let (half, sign) = if time < 0 { (!time, 1) } else { (time, 0) };
        self.number((u64::try_from(half).unwrap_or_default() << 1) | sign);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_written_is_read_again() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            bytes.number(number);
            let mut input = Input(&bytes);
            assert_eq!(input.number(), Some(number));
            assert!(input.is_at_end());
        }
        for time in [0, 1, -1, 1_800_000_000, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            bytes.time(time);
            assert_eq!(Input(&bytes).time(), Some(time));
        }
    }

    #[test]
    fn what_is_cut_short_or_too_large_is_nothing() {
        assert_eq!(Input(&[0x80]).number(), None);
        assert_eq!(Input(&[0xff; 11]).number(), None);
        assert_eq!(Input(&[3, 1, 2]).counted(), None);
    }
}
