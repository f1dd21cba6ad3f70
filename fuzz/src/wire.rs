//! Writes `google.protobuf.Struct` bytes, as Envoy hands them over.

use serde_json::{Map, Value};

/// An object as a `Struct` message; any other value as what a message of none would be: nothing.
pub(crate) fn encode(document: &Value) -> Vec<u8> {
    let Value::Object(fields) = document else {
        return Vec::new();
    };
    let entries = fields.iter().map(|(key, value)| {
        let entry = [message(1, key.as_bytes()), message(2, &encode_value(value))].concat();
        message(1, &entry)
    });
    entries.collect::<Vec<_>>().concat()
}

fn encode_value(value: &Value) -> Vec<u8> {
    match value {
        Value::Null => vec![0x08, 0],
        Value::Number(number) => {
            [&[0x11][..], &number.as_f64().unwrap_or(f64::NAN).to_le_bytes()].concat()
        }
        Value::String(text) => message(3, text.as_bytes()),
        Value::Bool(value) => vec![0x20, u8::from(*value)],
        Value::Object(_) => message(5, &encode(value)),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| message(1, &encode_value(item))).collect();
            message(6, &items.concat())
        }
    }
}

/// How deep an object is.
pub(crate) fn depth(fields: &Map<String, Value>) -> usize {
    fields.values().map(depth_of).max().unwrap_or_default().saturating_add(1)
}

fn depth_of(value: &Value) -> usize {
    match value {
        Value::Object(fields) => depth(fields),
        Value::Array(items) => {
            items.iter().map(depth_of).max().unwrap_or_default().saturating_add(1)
        }
        _ => 0,
    }
}

/// A length-delimited field.
fn message(field: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![(field << 3) | 2];
    let mut length = content.len();
    while length > 0x7f {
        bytes.push(0x80 | u8::try_from(length & 0x7f).unwrap());
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap());
    bytes.extend_from_slice(content);
    bytes
}
