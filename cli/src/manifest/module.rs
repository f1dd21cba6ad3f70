//! What a plugin says of its module.

use crate::proxy::Findings;
use crate::proxy::proto::Part;

/// Looks at where a module comes from, and whether it can become another one. `plugin` has `url`, and may have `sha256`.
pub(crate) fn check(plugin: &Part<'_>, pull_policy: &str, findings: &mut Findings) {
    let Some(url) = plugin.get("url") else {
        findings
            .warn(&plugin.place, "has no `url`: no module is loaded, and every request is refused");
        return;
    };
    let text = url.text().unwrap_or_default();
    let sum = plugin.get("sha256").filter(|sum| sum.text() != Some(""));
    if let Some(sum) = &sum {
        let is_sum = |text: &str| text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit());
        if !sum.text().is_some_and(is_sum) {
            findings
                .warn(&sum.place, "is no SHA-256: the module is refused, and so is every request");
        }
    }
    let is_pinned = sum.is_some() || text.contains("@sha256:");
    let is_file = text.starts_with("file://");
    if is_pinned || is_file {
        return;
    }
    if text.starts_with("http://") {
        findings.error(
            &url.place,
            "comes over http without a `sha256`: whoever is on the way can put his own code in the place of the filter",
        );
    } else if text.starts_with("https://") {
        findings.note(&url.place, "has no `sha256`: what the server answers is what runs");
    } else {
        image(&url, text, pull_policy, findings);
    }
}

/// Looks at an image without a digest.
fn image(url: &Part<'_>, text: &str, pull_policy: &str, findings: &mut Findings) {
    let name = text.rsplit('/').next().unwrap_or(text);
    let tag = name.split_once(':').map_or("latest", |(_, tag)| tag);
    if tag == "latest" {
        findings.warn(
            &url.place,
            "names no version of the image: gateways that start at different times run different filters",
        );
    } else {
        let anew = if pull_policy == "Always" { ", at every change of the plugin" } else { "" };
        findings.note(
            &url.place,
            format_args!("has no digest (`@sha256:…`): what the registry has under this tag is what runs{anew}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::proxy::Weight;
    use crate::proxy::place::Place;

    fn weight(plugin: &Value) -> Option<Weight> {
        let mut findings = Findings::default();
        let part = Part { place: Place::file("f".to_owned()), value: plugin };
        check(&part, "", &mut findings);
        assert!(findings.iter().count() < 2);
        findings.iter().next().map(|finding| finding.weight)
    }

    #[test]
    fn a_module_is_what_its_digest_says() {
        let sum = "15c3beb0a867b99a44b0e52ea7b44076c00cceb5a0e0ed6563360e834103e449";
        for (plugin, expected) in [
            (json!({ "url": "oci://r:5000/a@sha256:15c3" }), None),
            (json!({ "url": "r/a:1", "sha256": sum }), None),
            (json!({ "url": "http://r/a.wasm", "sha256": sum }), None),
            (json!({ "url": "file:///a.wasm" }), None),
            (json!({ "url": "oci://r:5000/a:1" }), Some(Weight::Note)),
            (json!({ "url": "https://r/a.wasm" }), Some(Weight::Note)),
            (json!({ "url": "oci://r:5000/a" }), Some(Weight::Warning)),
            (json!({ "url": "r/a:latest" }), Some(Weight::Warning)),
            (json!({ "url": "http://r/a.wasm", "sha256": "15" }), Some(Weight::Warning)),
            (json!({}), Some(Weight::Warning)),
            (json!({ "url": "http://r/a.wasm" }), Some(Weight::Error)),
        ] {
            assert_eq!(weight(&plugin), expected, "{plugin}");
        }
    }
}
