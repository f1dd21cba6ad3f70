//! Texts and JSON that stay what they are inside YAML, whoever parses it.

use serde_json::Value;

/// Writes a text as a double-quoted YAML scalar: nothing in it can end it or mean anything else.
pub(crate) fn text(text: &str) -> String {
    escape(&Value::from(text).to_string(), wide)
}

/// Writes a tree as YAML, in its flow style, which is JSON but for characters beyond U+FFFF.
pub(crate) fn yaml(tree: &Value) -> String {
    escape(&format!("{tree:#}"), wide)
}

/// The same in one line.
pub(crate) fn yaml_line(tree: &Value) -> String {
    escape(&tree.to_string(), wide)
}

/// Writes a tree as JSON that survives as the text of a YAML block scalar.
pub(crate) fn json(tree: &Value) -> String {
    escape(&format!("{tree:#}"), surrogates)
}

/// Escapes what is not printable ASCII; outside of strings JSON has nothing of the sort. YAML parsers
/// refuse some of these characters and take others for line breaks.
fn escape(json: &str, beyond: fn(char) -> String) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match u32::from(character) {
            0x0a | 0x20..=0x7e => escaped.push(character),
            code @ ..=0xffff => escaped.push_str(&format!("\\u{code:04x}")),
            _ => escaped.push_str(&beyond(character)),
        }
    }
    escaped
}

/// YAML refuses halves of characters.
fn wide(character: char) -> String {
    format!("\\U{:08x}", u32::from(character))
}

/// JSON knows nothing else.
fn surrogates(character: char) -> String {
    let mut units = [0; 2];
    character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ODD: &str = "\"'\\ #{}: - \n\r\t\0\u{7f}\u{85}é\u{2028}\u{feff}\u{1f511} ${x} --- on";

    #[test]
    fn any_text_is_read_back_from_yaml() {
        let quoted = text(ODD);
        assert!(quoted.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{quoted}");
        let read: Value = serde_saphyr::from_str(&format!("a: {quoted}\n")).unwrap();
        assert_eq!(read, json!({ "a": ODD }));
    }

    #[test]
    fn any_tree_is_read_back() {
        let tree = json!({ ODD: [ODD, { "b": ["on", "1", 1, true] }] });
        for yaml in [yaml(&tree), yaml_line(&tree)] {
            assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), tree);
        }
        assert_eq!(serde_json::from_str::<Value>(&json(&tree)).unwrap(), tree);
    }
}
