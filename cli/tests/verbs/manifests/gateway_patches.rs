//! What patches and targets make of a guard that is right of itself.

use serde_json::{Value, json};

use super::{GATEWAY, expect_one, found, kind};

const PATCH: &str = "EnvoyPatchPolicy default/peergate: spec.jsonPatches";

fn patches(documents: &mut [Value]) -> &mut Vec<Value> {
    kind(documents, "EnvoyPatchPolicy")["spec"]["jsonPatches"].as_array_mut().unwrap()
}

/// What is found with one more patch.
fn with(name: &str, of: &str, operation: &Value) -> super::Found {
    let patch = json!({
        "type": format!("type.googleapis.com/envoy.config.{of}"), "name": "default/eg/https", "operation": operation,
    });
    found(&format!("eg-{name}"), &GATEWAY, |it| patches(it).push(patch))
}

#[test]
fn routes_say_nothing_of_the_guard() {
    let off = json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true });
    let at = "/virtual_hosts/0/routes/0/typed_per_filter_config";
    for (name, path, value, is_told) in [
        ("map", at.to_owned(), json!({ "peergate-guard": off }), true),
        ("own", format!("{at}/peergate-guard"), off.clone(), true),
        ("other-map", at.to_owned(), json!({ "envoy.filters.http.cors": off }), false),
        ("other", format!("{at}/envoy.filters.http.cors"), off.clone(), false),
    ] {
        let operation = json!({ "op": "add", "path": path, "value": value });
        let found = with(&format!("override-{name}"), "route.v3.RouteConfiguration", &operation);
        match is_told {
            true => expect_one(
                &found,
                &format!("error: {PATCH}[2]: changes what routes say of filters"),
            ),
            false => assert_eq!(found, (Some(0), vec![]), "{name}"),
        }
    }
}
