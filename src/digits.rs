//! Digests as hex digits, eight digits at a time: every request brings one as text, and most take one along.
//! Numbers are read and written with the first byte last, as WebAssembly has them: to turn them round takes it
//! longer than all the rest.

/// Bytes of a digest.
pub(crate) const BYTES: usize = 32;

/// Digits of a digest.
const DIGITS: usize = BYTES * 2;

/// Reads the hex digits of a digest, of either case; `None` if they are anything else.
pub(crate) fn read(digits: &[u8]) -> Option<[u8; BYTES]> {
    let digits: &[u8; DIGITS] = digits.try_into().ok()?;
    let (digits, _) = digits.as_chunks();
    let mut bytes = [0; BYTES];
    let (places, _) = bytes.as_chunks_mut();
    for (place, digits) in places.iter_mut().zip(digits) {
        *place = read_eight(u64::from_le_bytes(*digits))?.to_le_bytes();
    }
    Some(bytes)
}

/// Writes a digest as hex digits, in lower case.
pub(crate) fn write(bytes: &[u8; BYTES]) -> [u8; DIGITS] {
    let mut text = [0; DIGITS];
    let (places, _) = text.as_chunks_mut();
    let (bytes, _) = bytes.as_chunks();
    for (place, bytes) in places.iter_mut().zip(bytes) {
        *place = spell(spread(u32::from_le_bytes(*bytes))).to_le_bytes();
    }
    text
}

fn read_eight(digits: u64) -> Option<u32> {
    // What is no digit has this bit in its ASCII code, as letters have: add 9 to its last four bits.
    let letters = (digits >> 6) & EACH;
    let values = (digits & LOW).wrapping_add(letters.wrapping_mul(9));
    let is_small = values & !LOW == 0;
    // Whatever else there is in a code is not written again.
    (is_small && spell(values) == digits | (letters << 5)).then(|| gather(values))
}

/// The digits of eight numbers below 16, one in each byte.
fn spell(values: u64) -> u64 {
    // From 10 on, 6 more reach the next four bits. `a` is 39 codes behind what would follow `9`.
    let letters = (values.wrapping_add(SIX) >> 4) & EACH;
    values.wrapping_add(ZEROS).wrapping_add(letters.wrapping_mul(39))
}

/// Four bits in each byte: of every byte the first four, then the last four.
fn spread(bytes: u32) -> u64 {
    let bytes = u64::from(bytes);
    let bytes = (bytes | (bytes << 16)) & 0x0000_ffff_0000_ffff;
    let bytes = (bytes | (bytes << 8)) & 0x00ff_00ff_00ff_00ff;
    ((bytes >> 4) | (bytes << 8)) & LOW
}

/// The reverse of [`spread`].
fn gather(values: u64) -> u32 {
    let bytes = ((values << 4) | (values >> 8)) & 0x00ff_00ff_00ff_00ff;
    let bytes = (bytes | (bytes >> 8)) & 0x0000_ffff_0000_ffff;
    let [a, b, c, d, ..] = (bytes | (bytes >> 16)).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// One in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Six in each byte.
const SIX: u64 = 0x0606_0606_0606_0606;

/// The last four bits of each byte.
const LOW: u64 = 0x0f0f_0f0f_0f0f_0f0f;

/// The digit `0` in each byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Every byte at every place, as the library has it.
    #[test]
    fn digits_are_those_of_the_library() {
        for byte in 0..=255 {
            for place in 0..BYTES {
                let mut bytes = [0x5a; BYTES];
                bytes[place] = byte;
                let text = hex::encode(bytes);
                assert_eq!(write(&bytes), text.as_bytes());
                assert_eq!(read(text.as_bytes()), Some(bytes));
                assert_eq!(read(text.to_uppercase().as_bytes()), Some(bytes));
            }
        }
    }

    #[test]
    fn every_other_byte_is_refused_at_every_place() {
        for byte in (0..=255_u8).filter(|byte| !byte.is_ascii_hexdigit()) {
            for place in 0..DIGITS {
                let mut text = [b'7'; DIGITS];
                text[place] = byte;
                assert_eq!(read(&text), None, "{byte:#x} at {place}");
            }
        }
        for length in (0..DIGITS).chain([DIGITS + 1, DIGITS + 2]) {
            assert_eq!(read(&vec![b'7'; length]), None);
        }
    }
}
