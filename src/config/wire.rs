//! `google.protobuf.Struct` in protobuf wire bytes: what Envoy hands over when the plugin's
//! configuration is a Struct and not a StringValue.
//!
//! Strict on purpose: a field that `struct.proto` does not have is an error, so that broken JSON behind a
//! line feed (0x0A, as every Struct begins) is told as what it is.

use std::borrow::Cow;

use super::node::{Node, fitted};

/// Reads a whole `Struct` message; `None` if the bytes are not one.
pub(crate) fn read_struct(bytes: &[u8]) -> Option<Node<'_>> {
    object(bytes, DEPTH)
}

/// `message Struct { map<string, Value> fields = 1; }`
fn object(mut bytes: &[u8], depth: usize) -> Option<Node<'_>> {
    let depth = depth.checked_sub(1)?;
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let entry = expect(&mut bytes, 1)?;
        fields.push(field(entry, depth)?);
    }
    Some(Node::Object(fitted(fields)))
}

/// A map entry: `string key = 1; Value value = 2;`, either of which may be left out when empty.
fn field(mut bytes: &[u8], depth: usize) -> Option<(Cow<'_, str>, Node<'_>)> {
    let mut key = Cow::Borrowed("");
    let mut content = Node::Null;
    while !bytes.is_empty() {
        match tag(&mut bytes)? {
            (1, LENGTH_DELIMITED) => key = text(delimited(&mut bytes)?)?,
            (2, LENGTH_DELIMITED) => content = value(delimited(&mut bytes)?, depth)?,
            _ => return None,
        }
    }
    Some((key, content))
}

/// `message Value { oneof kind { null 1, number 2, string 3, bool 4, struct 5, list 6 } }`
fn value(mut bytes: &[u8], depth: usize) -> Option<Node<'_>> {
    let mut node = Node::Null;
    while !bytes.is_empty() {
        node = match tag(&mut bytes)? {
            (1, VARINT) => (varint(&mut bytes)? == 0).then_some(Node::Null)?,
            (2, FIXED64) => {
                let (number, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Node::Number(f64::from_le_bytes(*number))
            }
            (3, LENGTH_DELIMITED) => Node::Text(text(delimited(&mut bytes)?)?),
            (4, VARINT) => Node::Bool(varint(&mut bytes)? != 0),
            (5, LENGTH_DELIMITED) => object(delimited(&mut bytes)?, depth)?,
            (6, LENGTH_DELIMITED) => list(delimited(&mut bytes)?, depth)?,
            _ => return None,
        };
    }
    Some(node)
}

/// `message ListValue { repeated Value values = 1; }`
fn list(mut bytes: &[u8], depth: usize) -> Option<Node<'_>> {
    let depth = depth.checked_sub(1)?;
    let mut items = Vec::new();
    while !bytes.is_empty() {
        items.push(value(expect(&mut bytes, 1)?, depth)?);
    }
    Some(Node::List(fitted(items)))
}

pub(crate) fn expect<'a>(bytes: &mut &'a [u8], number: u64) -> Option<&'a [u8]> {
    if tag(bytes)? == (number, LENGTH_DELIMITED) { delimited(bytes) } else { None }
}

/// A field's number and wire type.
pub(crate) fn tag(bytes: &mut &[u8]) -> Option<(u64, u64)> {
    let tag = varint(bytes)?;
    Some((tag >> 3, tag & 0b111))
}

pub(crate) fn delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    let (content, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(content)
}

/// A base-128 integer of up to 64 bits.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn text(bytes: &[u8]) -> Option<Cow<'_, str>> {
    std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
}

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
/// The wire type of texts and messages.
pub(crate) const LENGTH_DELIMITED: u64 = 2;

/// How deep objects and lists may nest: far more than the language does, far less than the stack bears.
const DEPTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_struct_becomes_the_tree_of_its_json() {
        let number = [&[0x11][..], &1_f64.to_le_bytes()].concat();
        let items = [message(1, &[0x20, 1]), message(1, &[0x08, 0]), message(1, &message(3, b"y"))];
        let mut list = items.concat();
        list.extend(message(1, &message(5, b"")));
        let bytes = [entry(b"version", &number), entry(b"x", &message(6, &list))].concat();
        let json = r#"{"version": 1.0, "x": [true, null, "y", {}]}"#;
        assert_eq!(read_struct(&bytes), Some(serde_json::from_str(json).unwrap()));
    }

    #[test]
    fn text_and_truncated_bytes_are_not_a_struct() {
        for bytes in [&b"\n{\"version\": 1}"[..], b"\x0a", b"\x0a\x05\x0a\x01", b"\x12\x00"] {
            assert_eq!(read_struct(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn deep_nesting_ends_without_a_trap() {
        let nested = |depth| (0..depth).fold(vec![], |value, _| message(6, &message(1, &value)));
        assert!(read_struct(&entry(b"x", &nested(DEPTH - 1))).is_some());
        assert_eq!(read_struct(&entry(b"x", &nested(2000))), None);
    }

    fn entry(key: &[u8], value: &[u8]) -> Vec<u8> {
        message(1, &[message(1, key), message(2, value)].concat())
    }

    fn message(field: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![field << 3 | 2];
        let mut length = content.len();
        while length > 0x7f {
            bytes.push(0x80 | u8::try_from(length & 0x7f).unwrap());
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend_from_slice(content);
        bytes
    }
}
