//! What an entry is about, as people write it.

use std::fmt::Display;
use std::str::FromStr;

use peergate::dynamic::Kind;
use peergate::{Fingerprint, KeyHash, Serial};
use serde_json::Value;

/// The key of an entry in one spelling, whichever its feed has.
pub(super) fn text(kind: Kind, entry: &Value) -> String {
    let at = |places: &[&str]| places.iter().find_map(|place| entry.pointer(place)?.as_str());
    let digest = |places: &[&str]| one_spelling::<Fingerprint>(at(places));
    let serial = || one_spelling::<Serial>(at(&["/deny/issued/serial"]));
    match kind {
        Kind::Certificate => {
            format!("certificate {}", digest(&["/certificate", "/fingerprint_sha256"]))
        }
        Kind::ApiKey => format!("api_key {}", digest(&["/api_key"])),
        Kind::DenyCertificate => format!("deny certificate {}", digest(&["/deny/certificate"])),
        Kind::DenyKey => {
            let key = one_spelling::<KeyHash>(at(&["/deny/spki_sha256"]));
            format!("deny spki_sha256 {key}")
        }
        Kind::DenyIssued => {
            let issuer = digest(&["/deny/issued/by_sha256"]);
            format!("deny issued by_sha256 {issuer} serial {}", serial())
        }
        Kind::DenyIssuedByName => {
            let issuer = digest(&["/deny/issued/by_name_sha256"]);
            format!("deny issued by_name_sha256 {issuer} serial {}", serial())
        }
    }
}

fn one_spelling<T: FromStr + Display>(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    text.parse().map_or_else(|_| text.to_owned(), |parsed: T| parsed.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_spelling_is_the_same() {
        let (upper, lower) = ("AB:".repeat(31) + "AB", "ab".repeat(32));
        let issued =
            |name: &str| json!({ "deny": { "issued": { name: upper, "serial": "00a1f" } } });
        for (kind, entry, expected) in [
            (Kind::Certificate, json!({ "certificate": upper }), format!("certificate {lower}")),
            (
                Kind::Certificate,
                json!({ "fingerprint_sha256": upper }),
                format!("certificate {lower}"),
            ),
            (Kind::ApiKey, json!({ "api_key": upper }), format!("api_key {lower}")),
            (
                Kind::DenyCertificate,
                json!({ "deny": { "certificate": upper } }),
                format!("deny certificate {lower}"),
            ),
            (
                Kind::DenyIssued,
                issued("by_sha256"),
                format!("deny issued by_sha256 {lower} serial 0A:1F"),
            ),
            (
                Kind::DenyIssuedByName,
                issued("by_name_sha256"),
                format!("deny issued by_name_sha256 {lower} serial 0A:1F"),
            ),
        ] {
            assert_eq!(text(kind, &entry), expected);
        }
    }
}
