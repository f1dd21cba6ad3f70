//! Envoy's own access control, by names in the client's certificate.
//!
//! It knows no fingerprints: who may pass stands in the certificate, so the listener must verify that an
//! authority of one's own issued it. It removes no header and sets none.

use serde_json::{Value, json};

/// Lets so many names pass (URI SANs), the client's own last: Envoy looks at one after the other.
pub fn filter(principals: usize, own_uri: &str) -> Value {
    let others = 1..principals;
    let uris = others.map(|place| format!("spiffe://example.com/client/{place}"));
    let principals: Vec<Value> = uris.chain([own_uri.to_owned()]).map(principal).collect();
    json!({
        "name": "envoy.filters.http.rbac",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": {
                "action": "ALLOW",
                "policies": {
                    "clients": { "permissions": [{ "any": true }], "principals": principals },
                },
            },
        },
    })
}

fn principal(uri: String) -> Value {
    json!({ "authenticated": { "principal_name": { "exact": uri } } })
}
