//! Lua scripts ahead of peergate.

use super::finding::Findings;
use super::proto::Part;
use super::writers::{NAMESPACE, WRITES};

/// Looks at every script in a configuration.
pub(crate) fn check(message: &Part<'_>, findings: &mut Findings) {
    message.walk(&mut |part| {
        if part.place.is_field(&["inline_code", "inlineCode", "inline_string", "inlineString"]) {
            judge(part, findings);
        } else if part.place.is_field(&ELSEWHERE) {
            findings.warn(
                &part.place,
                format_args!("the script cannot be seen here: it may write {NAMESPACE}, where peergate would believe it"),
            );
        }
        true
    });
}

fn judge(part: &Part<'_>, findings: &mut Findings) {
    let script = part.text().unwrap_or_default();
    let sets = [":set(", ".set(", ":set "].iter().any(|call| script.contains(call));
    if !sets || !script.contains("dynamicMetadata") {
        return;
    }
    if script.contains(NAMESPACE) {
        findings.error(&part.place, WRITES);
    } else {
        findings.warn(
            &part.place,
            format_args!("the script writes metadata: see that it can never be {NAMESPACE}, where peergate would believe it"),
        );
    }
}

/// Scripts that stand somewhere else.
const ELSEWHERE: [&str; 5] =
    ["filename", "environment_variable", "environmentVariable", "inline_bytes", "inlineBytes"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::proxy::finding::Weight;
    use crate::proxy::place::Place;

    #[test]
    fn scripts_are_judged_by_what_they_can_set() {
        let set = r#"h:streamInfo():dynamicMetadata():set("#;
        for (source, weight) in [
            (
                json!({ "inline_string": format!("{set}\"{NAMESPACE}\", \"jwt_payload\", {{}})") }),
                Some(Weight::Error),
            ),
            (json!({ "inline_string": format!("{set}\"a\", \"b\", 1)") }), Some(Weight::Warning)),
            (
                json!({ "inline_string": format!("h:streamInfo():dynamicMetadata():get(\"{NAMESPACE}\")") }),
                None,
            ),
            (json!({ "inline_string": "h:headers():add('a', 'b')" }), None),
            (json!({ "filename": "/etc/a.lua" }), Some(Weight::Warning)),
        ] {
            let message = json!({ "source_codes": { "a": source } });
            let mut findings = Findings::default();
            let part = Part { place: Place::file("f".to_owned()), value: &message };
            check(&part, &mut findings);
            assert_eq!(findings.iter().map(|it| it.weight).next(), weight, "{source}");
        }
    }
}
