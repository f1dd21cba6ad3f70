//! An Envoy with one rival in it.

use std::net::SocketAddr;
use std::time::Duration;

use peergate_lab::client::{Client, Request, Response};
use peergate_lab::envoy::Envoy;
use peergate_lab::pki::{Authority, Identity, Leaf};
use peergate_lab::upstream::Upstream;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::ext_authz::{self, GRPC_CLUSTER, HTTP_CLUSTER};

/// Alice is listed, Bob is not; one authority has issued both.
pub(super) struct Stage {
    pub(super) alice: Identity,
    pub(super) bob: Identity,
    pub(super) upstream: Upstream,
    pub(super) envoy: Envoy,
    authority: Authority,
    _directory: TempDir,
}

impl Stage {
    /// Starts Envoy with the filter that is made for these pins.
    pub(super) async fn start(filter: impl FnOnce(&[String]) -> Value) -> Self {
        let authority = Authority::new("authority");
        let [alice, bob] =
            [ALICE_URI, BOB_URI].map(|uri| authority.issue(Leaf::client(uri).uri(uri)));
        let pins = [alice.fingerprint()];
        let directory = TempDir::new().expect("a directory");
        let server = authority.issue(Leaf::server("localhost"));
        let (certificate, key) = server.write(directory.path(), "server").expect("files");
        let upstream = Upstream::start("upstream").expect("an upstream");
        let transport = json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {
                    "tls_certificates": [{
                        "certificate_chain": { "filename": certificate },
                        "private_key": { "filename": key },
                    }],
                    "validation_context": {
                        "trusted_ca": { "inline_string": authority.identity().certificate_pem() },
                    },
                },
            },
        });
        let bootstrap = json!({ "static_resources": {
            "listeners": [{
                "name": "rival",
                "address": { "socket_address": { "address": "127.0.0.1", "port_value": 0 } },
                "filter_chains": [{
                    "transport_socket": transport,
                    "filters": [connection_manager(&filter(&pins))],
                }],
            }],
            "clusters": [
                cluster("upstream", upstream.address()),
                cluster(HTTP_CLUSTER, ext_authz::start_http(&pins).await),
                over_http2(cluster(GRPC_CLUSTER, ext_authz::start_grpc(&pins).await)),
            ],
        }});
        let binary = Envoy::binary("1.40.0").expect("an Envoy");
        let path = directory.path().to_owned();
        // The services are on this thread.
        let start = move || Envoy::start(&binary, &bootstrap.to_string(), &path);
        let envoy = tokio::task::spawn_blocking(start).await.expect("no panic");
        let envoy = envoy.expect("Envoy starts");
        Self { alice, bob, upstream, envoy, authority, _directory: directory }
    }

    /// Sends a request over a new connection.
    pub(super) async fn send(&self, who: Option<&Identity>, request: &Request) -> Response {
        let client = Client::new(self.authority.certificate());
        let client = who.map_or(client.clone(), |who| client.identity(who));
        let address = self.envoy.listener("rival").expect("a listener");
        let mut connection = client.h1(address).await.expect("a connection");
        connection.send(request).await.expect("an answer")
    }
}

fn connection_manager(filter: &Value) -> Value {
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    });
    let state = |name: &str| format!("<%FILTER_STATE(wasm.{name}:PLAIN)%>");
    let log = [state("peergate"), state("peergate_verdict")].join(" ");
    json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "rival",
            "forward_client_cert_details": "SANITIZE_SET",
            "http_filters": [filter, router],
            "route_config": { "virtual_hosts": [{
                "name": "upstream",
                "domains": ["*"],
                "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "upstream" } }],
            }] },
            "access_log": [{
                "name": "envoy.access_loggers.stdout",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
                    "log_format": { "text_format_source": { "inline_string": log + "\n" } },
                },
            }],
        },
    })
}

fn cluster(name: &str, address: SocketAddr) -> Value {
    let address = json!({ "socket_address": {
        "address": address.ip().to_string(), "port_value": address.port(),
    } });
    json!({
        "name": name,
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
        },
    })
}

fn over_http2(mut cluster: Value) -> Value {
    let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    cluster["typed_extension_protocol_options"] = json!({ name: {
        "@type": format!("type.googleapis.com/{name}"),
        "explicit_http_config": { "http2_protocol_options": {} },
    } });
    cluster
}

/// The values of a header in what the upstream says it received.
pub(super) fn sent(received: &Value, name: &str) -> Vec<String> {
    let headers = received["headers"].as_array().expect("headers");
    let named = headers.iter().filter(|pair| pair[0] == name);
    named.map(|pair| pair[1].as_str().expect("a value").to_owned()).collect()
}

pub(super) const ALICE_URI: &str = "spiffe://example.com/alice";
const BOB_URI: &str = "spiffe://example.com/bob";

pub(super) const PATIENCE: Duration = Duration::from_secs(5);
