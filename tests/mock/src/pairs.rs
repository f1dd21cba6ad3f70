//! The serialised form of a header map: a count, the sizes of each name and value, then names and values,
//! each with a NUL behind it. Numbers are 32 bits, little-endian.

use crate::status::Status;

/// A header: its name and its value, which may be any bytes.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

pub(crate) fn write(fields: &[Field]) -> Result<Vec<u8>, Status> {
    let mut bytes = number(fields.len())?.to_vec();
    for (name, value) in fields {
        bytes.extend(number(name.len())?);
        bytes.extend(number(value.len())?);
    }
    for text in fields.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text);
        bytes.push(0);
    }
    Ok(bytes)
}

/// Reads serialised pairs as Envoy does; no bytes at all are no pairs.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Field>, Status> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    parse(bytes).ok_or(Status::BAD_ARGUMENT)
}

fn parse(bytes: &[u8]) -> Option<Vec<Field>> {
    let (count, rest) = size(bytes)?;
    let (mut sizes, mut content) = rest.split_at_checked(count.checked_mul(8)?)?;
    let mut fields = Vec::new();
    while !sizes.is_empty() {
        let (name, rest) = size(sizes)?;
        let (value, rest) = size(rest)?;
        sizes = rest;
        fields.push((terminated(&mut content, name)?, terminated(&mut content, value)?));
    }
    Some(fields)
}

fn number(size: usize) -> Result<[u8; 4], Status> {
    u32::try_from(size).map(u32::to_le_bytes).map_err(|_| Status::SERIALIZATION_FAILURE)
}

fn size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}

fn terminated(content: &mut &[u8], size: usize) -> Option<Vec<u8>> {
    let (text, rest) = content.split_at_checked(size)?;
    *content = rest.strip_prefix(&[0])?;
    Some(text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let fields = vec![(b"a".to_vec(), b"\xff\x00".to_vec()), (vec![], b"b".to_vec())];
        let bytes = write(&fields).unwrap();
        assert_eq!(read(&bytes), Ok(fields));
        assert_eq!(read(b""), Ok(vec![]));
        for length in 1..bytes.len() {
            assert_eq!(read(&bytes[..length]), Err(Status::BAD_ARGUMENT), "{length}");
        }
    }
}
