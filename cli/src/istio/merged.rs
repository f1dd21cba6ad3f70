//! What Istio sets by itself, with what EnvoyFilters merge into it.

use serde_json::{Map, Value, json};

use crate::proxy::place::Place;
use crate::proxy::proto::Part;

use super::mesh::Mesh;
use super::patch::{GATEWAY, MANAGER, Patch, Point};

/// A configuration, and where the last of it was said.
pub(super) struct Merged {
    pub(super) value: Value,
    pub(super) place: Option<Place>,
}

/// The HTTP connection manager of a server.
pub(super) fn manager(mesh: &Mesh<'_>, patches: &[Patch<'_>], point: &Point<'_>) -> Merged {
    let is_gateway = point.context == GATEWAY;
    let mut value = json!({
        "normalize_path": true,
        "set_current_client_cert_details": { "subject": true, "dns": true, "uri": true, "cert": is_gateway },
    });
    let (mode, asked) = match is_gateway {
        true => ("SANITIZE_SET", &["defaultConfig", "gatewayTopology", "forwardClientCertDetails"]),
        false => ("APPEND_FORWARD", &["defaultConfig", "proxyHeaders", "forwardedClientCert"]),
    };
    let asked = mesh.configured(asked).and_then(|it| it.text());
    let asked = asked.filter(|asked| *asked != "UNDEFINED");
    merge(&mut value, &json!({ "forward_client_cert_details": asked.unwrap_or(mode) }));
    let details = ["defaultConfig", "proxyHeaders", "setCurrentClientCertDetails"];
    if let Some(details) = mesh.configured(&details).filter(|_| !is_gateway) {
        merge(&mut value, &json!({ "set_current_client_cert_details": details.value }));
    }
    let normalization = mesh.configured(&["pathNormalization", "normalization"]);
    merge(
        &mut value,
        &match normalization.and_then(|it| it.text()) {
            Some("NONE") => json!({ "normalize_path": false }),
            Some("MERGE_SLASHES") => json!({ "merge_slashes": true }),
            Some("DECODE_AND_MERGE_SLASHES") => json!({
                "merge_slashes": true, "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD",
            }),
            _ => Value::Null,
        },
    );
    apply(value, "NETWORK_FILTER", &["typed_config"], patches, point)
}

/// The route configurations of a server.
pub(super) fn routes(patches: &[Patch<'_>], point: &Point<'_>) -> Merged {
    let value = json!({ "ignore_port_in_host_matching": true });
    apply(value, "ROUTE_CONFIGURATION", &[], patches, point)
}

/// The `DownstreamTlsContext` of a server that asks clients for certificates.
pub(super) fn tls(patches: &[Patch<'_>], point: &Point<'_>) -> Merged {
    let verified = json!({ "default_validation_context": {} });
    let value = json!({ "common_tls_context": { "combined_validation_context": verified } });
    apply(value, "FILTER_CHAIN", &["transport_socket", "typed_config"], patches, point)
}

/// The kinds of upgrades that EnvoyFilters merge into the HTTP connection manager, each where it is said.
pub(super) fn upgrades<'d>(patches: &[Patch<'d>], point: &Point<'_>) -> Vec<Part<'d>> {
    let merged = merging("NETWORK_FILTER", &["typed_config"], patches, point);
    merged.iter().flat_map(|part| part.items_of("upgrade_configs")).collect()
}

fn apply(
    mut value: Value,
    kind: &str,
    path: &[&str],
    patches: &[Patch<'_>],
    point: &Point<'_>,
) -> Merged {
    let mut place = None;
    for Part { place: at, value: more } in merging(kind, path, patches, point) {
        merge(&mut value, more);
        place = Some(at);
    }
    Merged { value, place }
}

/// What patches of a kind merge into what is at a path.
fn merging<'d>(
    kind: &str,
    path: &[&str],
    patches: &[Patch<'d>],
    point: &Point<'_>,
) -> Vec<Part<'d>> {
    let mut merging = Vec::new();
    let of_kind = patches.iter().filter(|patch| patch.apply_to == kind && patch.is_for(point));
    let is_merged = |patch: &&Patch<'_>| patch.operation.starts_with("MERGE");
    let is_of_requests = |patch: &&Patch<'_>| {
        kind != "NETWORK_FILTER" || patch.network_filter().is_none_or(|name| name == MANAGER)
    };
    for patch in of_kind.filter(is_merged).filter(is_of_requests) {
        let mut found = patch.value.clone();
        // A socket of another name would take the place of the server's.
        let socket = found.as_ref().and_then(|it| it.get("transport_socket"));
        if kind == "FILTER_CHAIN" && socket.is_none_or(|it| it.text_of("name") != TLS) {
            continue;
        }
        for name in path {
            found = found.and_then(|part| part.get(name));
        }
        // Without its type Istio cannot merge a message.
        let found = found.filter(|part| path.is_empty() || part.get("@type").is_some());
        merging.extend(found);
    }
    merging
}

/// Merges a message into another as Envoy does: lists grow, the rest is replaced. Fields may be spelt either way.
fn merge(value: &mut Value, more: &Value) {
    match (value, more) {
        (Value::Object(fields), Value::Object(more)) => {
            for (name, more) in more {
                merge(fields.entry(snake(name)).or_insert(Value::Null), more);
            }
        }
        (Value::Array(items), Value::Array(more)) => items.extend(more.iter().cloned()),
        (_, Value::Null) => {}
        (
            value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)),
            Value::Object(more),
        ) => {
            let mut fields = Value::Object(Map::new());
            merge(&mut fields, &Value::Object(more.clone()));
            *value = fields;
        }
        (value, more) => *value = more.clone(),
    }
}

/// `typedConfig` as `typed_config`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

const TLS: &str = "envoy.transport_sockets.tls";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_merged_in_either_spelling() {
        let mut value = json!({ "normalize_path": true, "list": [1], "kept": { "a": 1 } });
        let more = json!({ "normalizePath": false, "list": [2], "kept": { "bC": { "dE": 2 } }, "none": null });
        merge(&mut value, &more);
        let expected = json!({
            "normalize_path": false, "list": [1, 2], "kept": { "a": 1, "b_c": { "d_e": 2 } }, "none": null,
        });
        assert_eq!(value, expected);
        merge(&mut value, &json!({ "list": { "a": 1 }, "kept": 3 }));
        assert_eq!((&value["list"], &value["kept"]), (&json!({ "a": 1 }), &json!(3)));
    }
}
