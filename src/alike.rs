//! Whether bytes are the same, eight at a time: what WebAssembly's own library compares with goes byte by byte, and
//! every request compares names.

/// Whether both have the same bytes.
pub(crate) fn alike(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let (ones, one_rest) = one.as_chunks::<8>();
    let (others, other_rest) = other.as_chunks::<8>();
    let mut words = ones.iter().zip(others);
    words.all(|(one, other)| number(*one) == number(*other))
        && one_rest.iter().zip(other_rest).all(|(one, other)| one == other)
}

/// The parts of eight bytes in which texts of one length differ, and what is left at their ends.
pub(crate) fn differing<'a>(
    one: &'a [u8],
    other: &'a [u8],
) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    let (ones, one_rest) = one.as_chunks::<8>();
    let (others, other_rest) = other.as_chunks::<8>();
    let words = ones.iter().zip(others);
    let words = words.filter(|(one, other)| number(**one) != number(**other));
    words.map(|(one, other)| (&one[..], &other[..])).chain([(one_rest, other_rest)])
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
                let parts = differing(&one, &other).filter(|(one, other)| one != other);
                assert_eq!(parts.count(), 1);
                assert!(!alike(&one, &one[..place]));
            }
        }
    }
}
