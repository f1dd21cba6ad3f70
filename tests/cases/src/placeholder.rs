//! Placeholders: `${partner.sha256}` in a text stands for that form of the certificate named `partner`, and
//! `${sha256:s3cret}` for what a list holds of the API key `s3cret`, so that a reader of a file sees who is
//! meant. `$${` stands for `${` itself.

use peergate::KeyDigest;
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
        let meaning = meaning(placeholder, material)
            .map_err(|message| format!("`${{{placeholder}}}`: {message}"))?;
        filled.push_str(before);
        filled.push_str(&meaning);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn meaning(placeholder: &str, material: &Material) -> Result<String, String> {
    if let Some(key) = placeholder.strip_prefix("sha256:") {
        return digest(&KeyDigest::Sha256, key);
    }
    if let Some(given) = placeholder.strip_prefix("hmac_sha256:") {
        let (secret, key) = given
            .split_once(':')
            .ok_or_else(|| "expected `${hmac_sha256:secret:key}`".to_owned())?;
        return digest(&KeyDigest::Hmac(secret.as_bytes().into()), key);
    }
    let (name, form) = placeholder
        .rsplit_once('.')
        .ok_or_else(|| "expected `${certificate.form}` or `${sha256:key}`".to_owned())?;
    material.form(name, form)
}

fn digest(hash: &KeyDigest, key: &str) -> Result<String, String> {
    hash.hex(key.as_bytes()).ok_or_else(|| "the secret cannot be used".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// FIPS 180-2, appendix B.1; RFC 4231, test case 2.
    #[test]
    fn a_key_stands_for_what_a_list_holds_of_it() {
        for (text, meaning) in [
            ("${sha256:abc}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "${hmac_sha256:Jefe:what do ya want for nothing?}",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            assert_eq!(filled(text, &Material::default()).as_deref(), Ok(meaning), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        let none = Material::default();
        assert_eq!(filled("a $${b} $c", &none).as_deref(), Ok("a ${b} $c"));
        for (text, message) in [
            ("${a.pem", "a `${` without its `}`"),
            ("${a}", "`${a}`: expected `${certificate.form}` or `${sha256:key}`"),
            ("${a.pem}", "`${a.pem}`: no certificate is named \"a\""),
            ("${hmac_sha256:a}", "`${hmac_sha256:a}`: expected `${hmac_sha256:secret:key}`"),
        ] {
            assert_eq!(filled(text, &none), Err(message.to_owned()), "{text}");
        }
    }
}
