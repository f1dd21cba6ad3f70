//! What patches write for routes of a filter (`typed_per_filter_config`), where they do not say it of a whole route.

use crate::proxy::Findings;

use super::patch::Patch;

/// The field, in both spellings that Envoy Gateway reads.
const FIELDS: [&str; 2] = ["typed_per_filter_config", "typedPerFilterConfig"];

/// Looks at a patch of a route configuration. The value of one whose path ends within the field is no part of a route
/// that could be read as such, so that it has to be for another filter than these.
pub(super) fn check(patch: &Patch<'_>, guards: &[&str], findings: &mut Findings) {
    if patch.operation == "test" {
        return;
    }
    let is_ours = |name: &String| guards.contains(&name.as_str()) || name.starts_with(PLUGINS);
    let is_inside = is_inside(patch);
    let may_be_ours = is_inside && others(patch).is_none_or(|names| names.iter().any(is_ours));
    let is_named = guards.iter().any(|guard| !guard.is_empty() && patch.goes_through(guard));
    if may_be_ours || is_named {
        findings.error(
            &patch.part.place,
            "changes what routes say of filters (`typed_per_filter_config`), and is not plainly for another one than \
             peergate and its guard: it may take the guard away, which is not reckoned out here",
        );
    }
}

/// Whether its value or what it removes is within the field.
pub(super) fn is_inside(patch: &Patch<'_>) -> bool {
    FIELDS.iter().any(|field| patch.goes_through(field))
}

/// The filters that it is for; none if that cannot be told.
fn others(patch: &Patch<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    if patch.operation == "move" && FIELDS.iter().any(|field| patch.from.contains(field)) {
        names.push(after_pointer(patch.from)??);
    }
    let (json_path, path) = patch.paths;
    let named = match after_json_path(json_path) {
        Some(None) => return None,
        Some(Some("")) => first(path),
        Some(Some(name)) => Some(name.to_owned()),
        None => match after_pointer(path) {
            Some(name) => name,
            // Only what is moved is within the field.
            None => return Some(names).filter(|names| !names.is_empty()),
        },
    };
    match named {
        Some(name) => names.push(name),
        None if ["add", "replace"].contains(&patch.operation) => {
            let map = patch.value.as_ref()?.value.as_object()?;
            names.extend(map.keys().cloned());
        }
        None => return None,
    }
    Some(names)
}

/// The name behind the field in a JSON pointer, if the pointer goes through it and on.
fn after_pointer(path: &str) -> Option<Option<String>> {
    let (_, rest) = FIELDS.iter().find_map(|field| path.split_once(field))?;
    Some(first(rest))
}

/// The first step of a JSON pointer.
fn first(path: &str) -> Option<String> {
    let step = path.trim_start_matches('/').split('/').next().filter(|step| !step.is_empty())?;
    Some(step.replace("~1", "/").replace("~0", "~"))
}

/// The name behind the field in a JSONPath that goes through it: empty if the path ends there, and none if it is in
/// another form than `['…']`.
fn after_json_path(path: &str) -> Option<Option<&str>> {
    let (_, rest) = FIELDS.iter().find_map(|field| path.split_once(field))?;
    let rest = ["']", "\"]"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
    if rest.is_empty() {
        return Some(Some(""));
    }
    let quoted = [("['", "']"), ("[\"", "\"]")]
        .iter()
        .find_map(|(begin, end)| rest.strip_prefix(begin).and_then(|rest| rest.split_once(end)));
    Some(quoted.map(|(name, _)| name).filter(|name| !name.is_empty()))
}

/// How Envoy Gateway calls the filters of its plugins, peergate's among them.
const PLUGINS: &str = "envoy.filters.http.wasm";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::envoy_gateway::setting::Setting;
    use crate::proxy::place::Place;
    use crate::proxy::proto::Part;

    fn is_told(operation: Value) -> bool {
        let value = json!({ "operation": operation });
        let part = Part { place: Place::file("f".to_owned()), value: &value };
        let mut findings = Findings::default();
        check(&Patch::read(part, Vec::new(), Setting::default()), &["guard"], &mut findings);
        findings.iter().count() > 0
    }

    #[test]
    fn a_patch_is_plainly_for_another_filter() {
        let at = "/virtual_hosts/0/typed_per_filter_config";
        let within = "..routes[*].typed_per_filter_config";
        for (op, json_path, path, value, expected) in [
            ("add", "", format!("{at}/other"), json!({}), false),
            ("add", "", at.to_owned(), json!({ "other": {} }), false),
            ("add", within, "other".to_owned(), json!({}), false),
            ("replace", &*format!("{within}['a.b']"), String::new(), json!({}), false),
            ("test", "", format!("{at}/guard"), json!({}), false),
            ("add", "", "/virtual_hosts/0".to_owned(), json!({}), false),
            ("add", "", format!("{at}/guard"), json!({}), true),
            ("add", "", format!("{at}/guard/disabled"), json!(true), true),
            (
                "add",
                "",
                at.replace("_per_filter_config", "PerFilterConfig"),
                json!({ "guard": {} }),
                true,
            ),
            ("add", "", at.to_owned(), json!({ "guard": {} }), true),
            ("add", "", at.to_owned(), json!(5), true),
            ("remove", "", at.to_owned(), Value::Null, true),
            (
                "remove",
                "",
                format!("{at}/envoy.filters.http.wasm~1default~1p~1wasm~10"),
                Value::Null,
                true,
            ),
            ("add", within, "/guard".to_owned(), json!({}), true),
            ("add", &*format!("{within}[\"guard\"]"), String::new(), json!({}), true),
            ("add", &*format!("{within}.*"), String::new(), json!({}), true),
            ("replace", "..['guard']", String::new(), json!({}), true),
        ] {
            let operation =
                json!({ "op": op, "jsonPath": json_path, "path": path, "value": value });
            assert_eq!(is_told(operation.clone()), expected, "{operation}");
        }
        for (from, path, expected) in [
            (format!("{at}/other"), format!("{at}/more"), false),
            (format!("{at}/other"), format!("{at}/guard"), true),
            (format!("{at}/guard"), "/name".to_owned(), true),
            (at.to_owned(), "/name".to_owned(), true),
        ] {
            let operation = json!({ "op": "move", "from": from, "path": path });
            assert_eq!(is_told(operation.clone()), expected, "{operation}");
        }
    }
}
