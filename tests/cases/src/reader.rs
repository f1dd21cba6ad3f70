//! Reading JSON into the types of the format, with the place of what is wrong.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// What is wrong with a file of cases, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// As in `cases[3].request.method`; empty for the file as a whole.
    pub(crate) at: String,
    pub(crate) message: String,
}

impl Malformed {
    pub(crate) fn new(at: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { at: at.into(), message: message.to_string() }
    }
}

/// Reads a document.
pub(crate) fn read<T: DeserializeOwned>(document: &Value) -> Result<T, Malformed> {
    T::deserialize(document).map_err(|error| {
        let message = error.to_string();
        Malformed::new(place::<T>(document, &message), message)
    })
}

/// Where an error comes from: serde does not say. It is the value without which the error is gone or is
/// another one, and in that value the next, as far down as there is one.
fn place<T: DeserializeOwned>(document: &Value, message: &str) -> String {
    let error_without = |pointer: &str| {
        let mut document = document.clone();
        take_out(&mut document, pointer)?;
        Some(T::deserialize(&document).err().map(|error| error.to_string()))
    };
    let lacks = message.starts_with("missing field") || message.starts_with("invalid length");
    let (mut place, mut pointer) = (String::new(), String::new());
    while let Some(value) = document.pointer(&pointer) {
        let culprit = steps(value).into_iter().find(|(step, child, _)| {
            // What a container lacks is no fault of a text in it, though without that it lacks more.
            if lacks && !(child.is_object() || child.is_array()) {
                return false;
            }
            let without = error_without(&format!("{pointer}/{step}"));
            without.is_some_and(|error| error.as_deref() != Some(message))
        });
        let Some((step, _, name)) = culprit else { break };
        pointer = format!("{pointer}/{step}");
        place.push_str(&name);
    }
    place.trim_start_matches('.').to_owned()
}

/// The steps down from a value: as a pointer (RFC 6901), where they lead, and as a place.
fn steps(value: &Value) -> Vec<(String, &Value, String)> {
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| (index.to_string(), item, format!("[{index}]"))).collect()
        }
        Value::Object(entries) => {
            let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
            let entries = entries.iter();
            entries.map(|(key, entry)| (escaped(key), entry, format!(".{key}"))).collect()
        }
        _ => Vec::new(),
    }
}

fn take_out(document: &mut Value, pointer: &str) -> Option<()> {
    let (parent, step) = pointer.rsplit_once('/')?;
    match document.pointer_mut(parent)? {
        Value::Array(items) => {
            let index = step.parse::<usize>().ok().filter(|index| *index < items.len())?;
            items.remove(index);
        }
        Value::Object(entries) => {
            entries.remove(&step.replace("~1", "/").replace("~0", "~"))?;
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Vec<BTreeMap<String, Vec<u8>>>,
    }

    #[test]
    fn an_error_names_its_place() {
        let place = |document| read::<Outer>(&document).map(|_| ()).unwrap_err().at;
        assert_eq!(
            place(json!({"name": "x", "inner": [{"a": []}, {"b/c": [1, "x"]}]})),
            "inner[1].b/c[1]"
        );
        assert_eq!(place(json!({"name": 1, "inner": []})), "name");
        assert_eq!(place(json!({"name": "x", "other": []})), "other");
        assert_eq!(place(json!({"inner": []})), "");
        assert_eq!(place(json!({"name": "x", "inner": [{}, 7]})), "inner[1]");
    }
}
