//! Envoy's external authorization: a service decides, one question for each request.
//!
//! Both services learn the fingerprint from `x-forwarded-client-cert`, so the connection manager must set
//! it (`forward_client_cert_details: SANITIZE_SET`); it is all that they are sent of the headers. That is
//! the least that can be asked of them: folded names they do not see, and do not remove.

mod grpc;
mod http;
mod message;
mod registry;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use registry::Registry;

/// The name of the cluster of the HTTP service.
pub const HTTP_CLUSTER: &str = "ext_authz_http";

/// The name of the cluster of the gRPC service, which speaks HTTP/2 by prior knowledge.
pub const GRPC_CLUSTER: &str = "ext_authz_grpc";

/// Asks the service over HTTP/1.1.
pub fn http() -> Value {
    filter(json!({
        "http_service": {
            "server_uri": {
                "uri": format!("http://{HTTP_CLUSTER}"),
                "cluster": HTTP_CLUSTER,
                "timeout": TIMEOUT,
            },
            "authorization_response": {
                "allowed_upstream_headers": {
                    "patterns": [{ "exact": IDENTITY }, { "exact": FINGERPRINT }],
                },
            },
        },
    }))
}

/// Asks the service over gRPC.
pub fn grpc() -> Value {
    filter(json!({
        "grpc_service": { "envoy_grpc": { "cluster_name": GRPC_CLUSTER }, "timeout": TIMEOUT },
    }))
}

/// Starts the HTTP service for these certificates (SHA-256, lower-case hex), on a free port. It ends with
/// the runtime.
pub async fn start_http(pins: &[String]) -> SocketAddr {
    start(pins, http::serve).await.expect("a free port")
}

/// Starts the gRPC service likewise.
pub async fn start_grpc(pins: &[String]) -> SocketAddr {
    start(pins, grpc::serve).await.expect("a free port")
}

fn filter(service: Value) -> Value {
    let mut config = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
        "transport_api_version": "V3",
        "allowed_headers": { "patterns": [{ "exact": "x-forwarded-client-cert" }] },
    });
    for (name, value) in service.as_object().into_iter().flatten() {
        config[name] = value.clone();
    }
    json!({ "name": "envoy.filters.http.ext_authz", "typed_config": config })
}

async fn start<Serving>(
    pins: &[String],
    serve: fn(TcpStream, Arc<Registry>) -> Serving,
) -> io::Result<SocketAddr>
where
    Serving: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let registry = Arc::new(Registry::new(pins));
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            tokio::spawn(serve(stream, Arc::clone(&registry)));
        }
    });
    Ok(address)
}

const TIMEOUT: &str = "5s";
const IDENTITY: &str = "x-client-identity";
const FINGERPRINT: &str = "x-client-cert-sha256";
