//! Metadata where no proxy runs: for decision cases, for the command and for tests.

use serde_json::{Map, Value};

use crate::dynamic::codec::Output;

/// Writes metadata as Envoy would: objects, each what the filter of that name says. What is no object says
/// nothing. A number that only fits an integer loses what a `google.protobuf.Value` cannot hold.
///
/// # Example
/// ```
/// use peergate::metadata::{JWT_AUTHN, write};
/// use serde_json::json;
///
/// let said = json!({ JWT_AUTHN: { "jwt_payload": { "iss": "https://idp.example", "sub": "alice" } } });
/// let metadata = write(said.as_object().unwrap());
/// assert_eq!(metadata.first(), Some(&0x0a));
/// ```
pub fn write(metadata: &Map<String, Value>) -> Vec<u8> {
    let said = metadata.iter().filter_map(|(filter, said)| Some((filter, said.as_object()?)));
    let entries = said.map(|(filter, said)| entry(filter, &object(said)));
    entries.flat_map(|entry| field(1, &entry)).collect()
}

/// `message Struct { map<string, Value> fields = 1; }`
fn object(fields: &Map<String, Value>) -> Vec<u8> {
    let entries = fields.iter().map(|(key, content)| entry(key, &value(content)));
    entries.flat_map(|entry| field(1, &entry)).collect()
}

/// `message Value { oneof kind { null 1, number 2, string 3, bool 4, struct 5, list 6 } }`
fn value(content: &Value) -> Vec<u8> {
    match content {
        Value::Null => vec![1 << 3, 0],
        Value::Bool(value) => vec![4 << 3, u8::from(*value)],
        Value::Number(number) => {
            let mut bytes = vec![(2 << 3) | 1];
            bytes.extend(number.as_f64().unwrap_or_default().to_le_bytes());
            bytes
        }
        Value::String(text) => field(3, text.as_bytes()),
        Value::Array(items) => {
            let items = items.iter().flat_map(|item| field(1, &value(item)));
            field(6, &items.collect::<Vec<u8>>())
        }
        Value::Object(fields) => field(5, &object(fields)),
    }
}

/// An entry of a map.
fn entry(key: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = field(1, key.as_bytes());
    bytes.extend(field(2, value));
    bytes
}

/// A field of wire type 2: its tag, how long it is, its content.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![(number << 3) | 2];
    bytes.counted(content);
    bytes
}
