//! What a user writes besides: where requests go.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{NAMESPACE, UPSTREAM};

/// A ServiceEntry: a host of one endpoint, port 80.
pub fn service(host: &str, address: SocketAddr) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": { "name": host, "namespace": NAMESPACE },
        "spec": {
            "hosts": [host],
            "ports": [{ "number": 80, "name": "http", "protocol": "HTTP" }],
            "resolution": "STATIC",
            "location": "MESH_EXTERNAL",
            "endpoints": [{ "address": address.ip().to_string(), "ports": { "http": address.port() } }],
        },
    })
}

/// A VirtualService: routes of one host of the rendered Gateway.
pub fn virtual_service(name: &str, host: &str, routes: &[Value]) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": { "hosts": [host], "gateways": ["peergate"], "http": routes },
    })
}

/// A route to the upstream, for paths that begin so.
pub fn route(name: &str, prefix: &str) -> Value {
    json!({
        "name": name,
        "match": [{ "uri": { "prefix": prefix } }],
        "route": [{ "destination": { "host": UPSTREAM, "port": { "number": 80 } } }],
    })
}
