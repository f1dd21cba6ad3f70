//! What a user has before Peergate: a Gateway, routes, backends.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use super::control_plane::CONTROLLER;
use super::{GATEWAY, NAMESPACE};

/// The class of the Gateway, and how its Envoy is run: two workers, one line of JSON a request with what
/// peergate says of it, and labels of its metrics, as `docs/envoy-gateway.md` has them.
pub(super) fn class(drain: Option<&str>) -> [Value; 2] {
    let format = json!({
        "status": "%RESPONSE_CODE%", "details": "%RESPONSE_CODE_DETAILS%",
        "verdict": "%FILTER_STATE(wasm.peergate_verdict:PLAIN)%",
        "virtual_host": "%CEL(xds.virtual_host_name)%", "route": "%ROUTE_NAME%", "path": "%REQ(:PATH)%",
    });
    let sink = json!({ "type": "File", "file": { "path": "/dev/stdout" } });
    let settings = json!([{ "format": { "type": "JSON", "json": format }, "sinks": [sink] }]);
    [
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": { "name": GATEWAY },
            "spec": {
                "controllerName": CONTROLLER,
                "parametersRef": {
                    "group": "gateway.envoyproxy.io", "kind": "EnvoyProxy", "name": GATEWAY,
                    "namespace": NAMESPACE,
                },
            },
        }),
        json!({
            "apiVersion": "gateway.envoyproxy.io/v1alpha1",
            "kind": "EnvoyProxy",
            "metadata": { "name": GATEWAY, "namespace": NAMESPACE },
            "spec": {
                "provider": { "type": "Host", "host": {} },
                "concurrency": 2,
                // The access log is else ten seconds late, and an Envoy of somebody else's in the way.
                "extraArgs": ["--file-flush-interval-msec", "50", "--disable-hot-restart"],
                "shutdown": drain.map(|drain| json!({ "drainTimeout": drain })),
                "bootstrap": { "type": "JSONPatch", "jsonPatches": tags() },
                "telemetry": { "accessLog": { "settings": settings } },
            },
        }),
    ]
}

/// What makes labels of the parts of Peergate's metrics' names.
fn tags() -> Vec<Value> {
    let tags = [
        ("api", r"^wasmcustom\.peergate\.(api\.([^.]+)\.)(?:outcome|ended)\."),
        ("outcome", r"^wasmcustom\.peergate\.api\.[^.]+\.outcome(\.([^.]+))\.reason\."),
        (
            "reason",
            r"^wasmcustom\.peergate\.api\.[^.]+\.(?:outcome\.[^.]+|ended)(\.reason\.([^.]+))$",
        ),
        ("list", r"^wasmcustom\.peergate\.(list\.([^.]+)\.)"),
        ("poll", r"^wasmcustom\.peergate\.list\.[^.]+\.poll(\.([^.]+))$"),
    ];
    let patch = |(name, regex): (&str, &str)| {
        let value = json!({ "tag_name": name, "regex": regex });
        json!({ "op": "add", "path": "/stats_config/stats_tags/-", "value": value })
    };
    tags.map(patch).into()
}

/// A listener of the Gateway: its name, its port, the host that it is for, if it is for one alone, and whether
/// it speaks TLS.
#[derive(Clone, Debug)]
pub(super) struct Listener {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) host: Option<String>,
    pub(super) has_tls: bool,
}

/// The Gateway, with the server's certificate in a Secret.
pub(super) fn gateway(listeners: &[Listener], server: &Identity) -> [Value; 2] {
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "api-tls", "namespace": NAMESPACE },
        "type": "kubernetes.io/tls",
        "data": {
            "tls.crt": BASE64_STANDARD.encode(server.pem()),
            "tls.key": BASE64_STANDARD.encode(server.key_pem()),
        },
    });
    let listener = |Listener { name, port, host, has_tls }: &Listener| {
        let tls = json!({ "mode": "Terminate", "certificateRefs": [{ "name": "api-tls" }] });
        json!({
            "name": name, "protocol": if *has_tls { "HTTPS" } else { "HTTP" }, "port": port,
            "hostname": host, "tls": has_tls.then_some(tls),
            "allowedRoutes": { "namespaces": { "from": "All" } },
        })
    };
    let listeners: Vec<_> = listeners.iter().map(listener).collect();
    let gateway = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": { "name": GATEWAY, "namespace": NAMESPACE },
        "spec": { "gatewayClassName": GATEWAY, "listeners": listeners },
    });
    [secret, gateway]
}

/// A server outside of the cluster, in a namespace.
pub(super) fn backend(namespace: &str, address: SocketAddr) -> Value {
    let endpoint = json!({ "ip": { "address": address.ip().to_string(), "port": address.port() } });
    json!({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "Backend",
        "metadata": { "name": "upstream", "namespace": namespace },
        "spec": { "endpoints": [endpoint] },
    })
}

/// An HTTPRoute of one listener that has the clients of a host come again over TLS.
pub fn redirect(name: &str, listener: &str, host: &str) -> Value {
    let redirect = json!({ "type": "RequestRedirect", "requestRedirect": { "scheme": "https" } });
    let mut route = http_route(name, host, &["/"]);
    route["spec"]["parentRefs"][0]["sectionName"] = listener.into();
    route["spec"]["rules"] = json!([{
        "matches": [{ "path": { "type": "PathPrefix", "value": "/" } }], "filters": [redirect],
    }]);
    route
}

/// An HTTPRoute of the Gateway to the upstream: `NAME` or `NAMESPACE/NAME`, a host, the beginnings of paths.
pub fn http_route(name: &str, host: &str, rules: &[&str]) -> Value {
    let (namespace, name) = name.split_once('/').unwrap_or((NAMESPACE, name));
    let rules: Vec<_> = rules
        .iter()
        .map(|prefix| {
            json!({
                "matches": [{ "path": { "type": "PathPrefix", "value": prefix } }],
                "backendRefs": [{ "group": "gateway.envoyproxy.io", "kind": "Backend", "name": "upstream" }],
            })
        })
        .collect();
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "parentRefs": [{ "name": GATEWAY, "namespace": NAMESPACE }],
            "hostnames": [host],
            "rules": rules,
        },
    })
}
