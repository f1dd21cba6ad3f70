//! Placeholders: `${partner.sha256}` in a text stands for that form of the certificate named `partner`,
//! so that a reader of a file sees who is meant. `$${` stands for `${` itself.

use serde_json::Value;

use crate::material::Material;
use crate::reader::Malformed;

/// Fills in the placeholders in every text below a value.
pub(crate) fn fill(value: &mut Value, at: &str, material: &Material) -> Result<(), Malformed> {
    match value {
        Value::String(text) if text.contains("${") => {
            *text = filled(text, material).map_err(|message| Malformed::new(at, message))?;
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                fill(item, &format!("{at}[{index}]"), material)?;
            }
        }
        Value::Object(entries) => {
            for (key, entry) in entries {
                fill(entry, &format!("{at}.{key}"), material)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn filled(text: &str, material: &Material) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = after;
            continue;
        }
        let (placeholder, after) =
            after.split_once('}').ok_or_else(|| "a `${` without its `}`".to_owned())?;
        let (name, form) = placeholder
            .rsplit_once('.')
            .ok_or_else(|| format!("`${{{placeholder}}}`: expected `${{certificate.form}}`"))?;
        let form = material
            .form(name, form)
            .map_err(|message| format!("`${{{placeholder}}}`: {message}"))?;
        filled.push_str(before);
        filled.push_str(&form);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        let none = Material::default();
        assert_eq!(filled("a $${b} $c", &none).as_deref(), Ok("a ${b} $c"));
        for (text, message) in [
            ("${a.pem", "a `${` without its `}`"),
            ("${a}", "`${a}`: expected `${certificate.form}`"),
            ("${a.pem}", "`${a.pem}`: no certificate is named \"a\""),
        ] {
            assert_eq!(filled(text, &none), Err(message.to_owned()), "{text}");
        }
    }
}
