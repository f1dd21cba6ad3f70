//! The serialised form of a header map, as in the proxy-wasm ABI.

/// A header's name and value.
pub type Field = (Vec<u8>, Vec<u8>);

/// Writes fields.
pub fn write(fields: &[Field]) -> Vec<u8> {
    let mut bytes = size(fields.len());
    for (name, value) in fields {
        bytes.extend(size(name.len()));
        bytes.extend(size(value.len()));
    }
    for text in fields.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text);
        bytes.push(0);
    }
    bytes
}

fn size(number: usize) -> Vec<u8> {
    u32::try_from(number).expect("a small map").to_le_bytes().to_vec()
}
