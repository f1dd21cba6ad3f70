//! Servers of the examples that are asked over TLS: another Envoy, with a certificate for each name.

use std::path::Path;

use peergate_e2e::People;
use peergate_lab::envoy::{Envoy, free_port};
use peergate_lab::pki::Leaf;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A server over TLS.
pub(crate) struct Front {
    pub(crate) port: u16,
    _envoy: Envoy,
    _directory: TempDir,
}

impl Front {
    /// Answers everything with a text.
    pub(crate) fn text(people: &People, host: &str, text: &str) -> Self {
        let answer = json!({ "status": 200, "body": { "inline_string": text } });
        Self::start(people, host, json!({ "direct_response": answer }), &json!([]))
    }

    /// Hands everything on to a server of this machine.
    pub(crate) fn of(people: &People, host: &str, port: u16) -> Self {
        let address = json!({ "address": "127.0.0.1", "port_value": port });
        let endpoint = json!({ "endpoint": { "address": { "socket_address": address } } });
        let cluster = json!({
            "name": "behind", "type": "STATIC",
            "load_assignment": {
                "cluster_name": "behind", "endpoints": [{ "lb_endpoints": [endpoint] }],
            },
        });
        // The answer of a long poll takes as long as it takes.
        let route = json!({ "route": { "cluster": "behind", "timeout": "0s" } });
        Self::start(people, host, route, &json!([cluster]))
    }

    fn start(people: &People, host: &str, mut route: Value, clusters: &Value) -> Self {
        let directory = TempDir::new().unwrap();
        let server = people.authority.issue(Leaf::server(host));
        let (certificate, key) = server.write(directory.path(), "server").unwrap();
        let port = free_port();
        route["match"] = json!({ "prefix": "/" });
        let manager = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "front",
            "http_filters": [{
                "name": "envoy.filters.http.router",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                },
            }],
            "route_config": { "virtual_hosts": [{ "name": "all", "domains": ["*"], "routes": [route] }] },
        });
        let file = |path: &Path| json!({ "filename": path.to_str().unwrap() });
        let tls = json!({
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": { "tls_certificates": [
                { "certificate_chain": file(&certificate), "private_key": file(&key) },
            ] },
        });
        let bootstrap = json!({ "static_resources": {
            "listeners": [{
                "name": "front",
                "address": { "socket_address": { "address": "127.0.0.1", "port_value": port } },
                "listener_filters": [{
                    "name": "tls_inspector",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
                    },
                }],
                "filter_chains": [{
                    // Whoever asks for another name gets no answer.
                    "filter_chain_match": { "server_names": [host] },
                    "transport_socket": { "name": "tls", "typed_config": tls },
                    "filters": [{ "name": "http", "typed_config": manager }],
                }],
            }],
            "clusters": clusters,
        }, "admin": { "address": { "socket_address": { "address": "127.0.0.1", "port_value": 0 } } } });
        let binary = Envoy::binary("1.40.0").unwrap();
        let envoy = Envoy::start(&binary, &bootstrap.to_string(), directory.path()).unwrap();
        Self { port, _envoy: envoy, _directory: directory }
    }
}
