//! Sets of bytes.

/// Some of the bytes of ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ascii([u64; 2]);

impl Ascii {
    /// What can be seen, less these.
    pub(crate) const fn visible_but(mut less: &[u8]) -> Self {
        // All but the controls, the blank and DEL.
        let (mut low, mut high) = (!0 << 33, !0 >> 1);
        while let Some((byte, rest)) = less.split_first() {
            match *byte {
                byte @ ..64 => low &= !(1 << byte),
                byte @ 64..128 => high &= !(1 << (byte & 63)),
                _ => {}
            }
            less = rest;
        }
        Self([low, high])
    }

    /// Whether it has this byte.
    pub(crate) fn contains(self, byte: u8) -> bool {
        let [low, high] = self.0;
        let word = match byte {
            ..64 => low,
            64..128 => high,
            _ => 0,
        };
        word >> (byte & 63) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_byte_is_in_it_or_not() {
        let less = b"!?@\\~\x80";
        let set = Ascii::visible_but(less);
        for byte in 0..=u8::MAX {
            let is_there = byte.is_ascii_graphic() && !less.contains(&byte);
            assert_eq!(set.contains(byte), is_there, "{byte:#x}");
        }
    }
}
