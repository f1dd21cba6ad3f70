//! Whether bytes are the same, eight at a time: what WebAssembly's own library compares with goes byte by byte, and
//! every request compares names.

/// Whether both have the same bytes.
#[inline]
pub(crate) fn alike(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && are_same(one, other)
}

/// The same for two of one length, which most are not.
#[inline(never)]
fn are_same(one: &[u8], other: &[u8]) -> bool {
    let (Some(one_end), Some(other_end)) = (one.last_chunk(), other.last_chunk()) else {
        return one.iter().zip(other).all(|(one, other)| one == other);
    };
    // What the end has in common with the last of the others is compared twice.
    let (ones, _) = one.as_chunks();
    let (others, _) = other.as_chunks();
    let mut words = ones.iter().zip(others);
    number(*one_end) == number(*other_end)
        && words.all(|(one, other)| number(*one) == number(*other))
}

fn number(word: [u8; 8]) -> u64 {
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Every length, with another byte at every place.
    #[test]
    fn every_byte_counts() {
        for length in 0..40 {
            let one: Vec<u8> = (0..length).collect();
            assert!(alike(&one, &one.clone()));
            for place in 0..one.len() {
                let mut other = one.clone();
                other[place] ^= 0x80;
                assert!(!alike(&one, &other), "{place} of {length}");
                assert!(!alike(&one, &one[..place]));
            }
        }
    }
}
