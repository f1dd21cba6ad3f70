//! The serialised form of a header map: a count, the sizes of each name and value, then names and values,
//! each with a NUL behind it. Numbers are 32 bits, little-endian.

/// Reads serialised pairs; `None` if the bytes are not that. No bytes at all are no pairs.
pub(crate) fn parse(bytes: &[u8]) -> Option<Vec<(&[u8], &[u8])>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (count, rest) = number(bytes)?;
    let (sizes, mut content) = rest.split_at_checked(count.checked_mul(8)?)?;
    let mut pairs = Vec::with_capacity(count);
    let (sizes, _) = sizes.as_chunks::<4>();
    let (sizes, _) = sizes.as_chunks::<2>();
    for [name, value] in sizes {
        let name = terminated(&mut content, size(*name)?)?;
        pairs.push((name, terminated(&mut content, size(*value)?)?));
    }
    Some(pairs)
}

/// Writes pairs; `None` if one is larger than its size can say.
pub(crate) fn write(pairs: &[(&str, &str)]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let number = |number: usize| u32::try_from(number).ok().map(u32::to_le_bytes);
    bytes.extend(number(pairs.len())?);
    for (name, value) in pairs {
        bytes.extend(number(name.len())?);
        bytes.extend(number(value.len())?);
    }
    for (name, value) in pairs {
        for text in [name, value] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
    }
    Some(bytes)
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((size(*number)?, rest))
}

fn size(bytes: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes)).ok()
}

fn terminated<'a>(content: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (text, [0, rest @ ..]) = content.split_at_checked(size)? else {
        return None;
    };
    *content = rest;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let pairs = [(":path", "/"), ("empty", ""), ("a", "b\u{e9}")];
        let bytes = write(&pairs).unwrap();
        let expected: Vec<(&[u8], &[u8])> =
            pairs.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        assert_eq!(parse(&bytes), Some(expected));
        assert_eq!(parse(b""), Some(vec![]));
    }

    #[test]
    fn truncated_and_oversized_bytes_are_refused() {
        let bytes = write(&[("name", "value")]).unwrap();
        for length in 1..bytes.len() {
            assert_eq!(parse(&bytes[..length]), None, "{length}");
        }
        assert_eq!(parse(&[0xff; 12]), None);
    }
}
