//! What other filters say of a request: `envoy.config.core.v3.Metadata`, as Envoy's property `metadata` holds
//! it. Read as a message and not as a map of Envoy's: there a text, a number and a boolean look alike, and one
//! null makes all of it unreadable.

mod write;

use crate::config::node::Node;
use crate::config::wire::{LENGTH_DELIMITED, delimited, read_struct, tag};

pub use write::write;

/// Where `jwt_authn` tells of tokens, Envoy's own and that of Istio's RequestAuthentication.
pub const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// Under what name it tells of a verified token, unless a policy says otherwise.
pub const JWT_PAYLOAD: &str = "jwt_payload";

/// Under what name it tells why it accepts none, unless a policy says otherwise.
pub const JWT_FAILED_STATUS: &str = "jwt_failed_status";

/// Metadata that nobody could have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// What one filter says, by its name; `Ok(None)` if it says nothing. Null is what cannot be read: too deep, say.
///
/// # Errors
/// [`Malformed`] if the bytes are no such message, or the name is there twice.
pub(crate) fn read<'m>(metadata: &'m [u8], filter: &str) -> Result<Option<Node<'m>>, Malformed> {
    let found = find(metadata, filter)?;
    Ok(found.map(|found| read_struct(found).unwrap_or(Node::Null)))
}

/// `message Metadata { map<string, Struct> filter_metadata = 1; map<string, Any> typed_filter_metadata = 2; }`
fn find<'m>(mut bytes: &'m [u8], filter: &str) -> Result<Option<&'m [u8]>, Malformed> {
    let mut found = None;
    while !bytes.is_empty() {
        let (number, kind) = tag(&mut bytes).ok_or(Malformed)?;
        if kind != LENGTH_DELIMITED {
            return Err(Malformed);
        }
        let entry = delimited(&mut bytes).ok_or(Malformed)?;
        if number != FILTER_METADATA {
            continue;
        }
        let (key, value) = split(entry).ok_or(Malformed)?;
        if key == filter.as_bytes() && found.replace(value).is_some() {
            return Err(Malformed);
        }
    }
    Ok(found)
}

/// The key and the value of a map's entry, either of which may be left out when empty.
fn split(mut entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut key, mut value) = (&[][..], &[][..]);
    while !entry.is_empty() {
        match tag(&mut entry)? {
            (1, LENGTH_DELIMITED) => key = delimited(&mut entry)?,
            (2, LENGTH_DELIMITED) => value = delimited(&mut entry)?,
            _ => return None,
        }
    }
    Some((key, value))
}

const FILTER_METADATA: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn bytes(metadata: &Value) -> Vec<u8> {
        write(metadata.as_object().unwrap())
    }

    #[test]
    fn types_are_kept() {
        let said = json!({"a": null, "b": true, "c": "\u{1}", "d": 1.5, "e": {"f": ["g", {}, []]}});
        let metadata = bytes(&json!({"other": {"x": "y"}, JWT_AUTHN: said, "empty": {}}));
        let text = said.to_string();
        let expected: Node<'_> = serde_json::from_str(&text).unwrap();
        // Other order, same content.
        let Ok(Some(Node::Object(mut found))) = read(&metadata, JWT_AUTHN) else { panic!() };
        let Node::Object(mut wanted) = expected else { panic!() };
        found.sort_by(|one, other| one.0.cmp(&other.0));
        wanted.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found, wanted);
        assert_eq!(read(&metadata, "empty"), Ok(Some(Node::Object(vec![]))));
        assert_eq!(read(&metadata, "nobody"), Ok(None));
        assert_eq!(read(b"", JWT_AUTHN), Ok(None));
    }

    #[test]
    fn other_kinds_of_metadata_are_passed_over() {
        let mut metadata = vec![0x12, 3, 1, 2, 3];
        metadata.extend(bytes(&json!({JWT_AUTHN: {}})));
        assert_eq!(read(&metadata, JWT_AUTHN), Ok(Some(Node::Object(vec![]))));
    }

    #[test]
    fn what_is_cut_short_or_said_twice_is_malformed() {
        let metadata = bytes(&json!({JWT_AUTHN: {"jwt_payload": {"iss": "a"}}}));
        for end in 1..metadata.len() {
            assert_eq!(read(&metadata[..end], JWT_AUTHN), Err(Malformed), "cut at {end}");
        }
        let deep = (0..90).fold(json!("x"), |value, _| json!([value]));
        let deep = bytes(&json!({JWT_AUTHN: {"jwt_payload": deep}}));
        assert_eq!(read(&deep, JWT_AUTHN), Ok(Some(Node::Null)));
        assert_eq!(read(&metadata.repeat(2), JWT_AUTHN), Err(Malformed));
        for bytes in [&b"\x08\x01"[..], b"text", b"\x0a\x02\x18\x01"] {
            assert_eq!(read(bytes, JWT_AUTHN), Err(Malformed), "{bytes:?}");
        }
    }
}
