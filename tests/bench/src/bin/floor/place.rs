//! The Envoy, and who asks it.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use peergate_lab::client::Client;
use peergate_lab::envoy::Envoy;
use peergate_lab::pki::{Authority, Leaf};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cases::Case;

/// A running Envoy on one core; this process stays on the other.
pub(crate) struct Place {
    pub(crate) client: Client,
    pub(crate) cases: Vec<Case>,
    /// Where each case is.
    pub(crate) addresses: Vec<SocketAddr>,
    envoy: Envoy,
    _directory: TempDir,
}

impl Place {
    /// Starts it with the cases for a client's fingerprint.
    pub(crate) fn start(cases: impl FnOnce(&str) -> Vec<Case>) -> Self {
        let authority = Authority::new("authority");
        let alice = authority.issue(Leaf::client("alice").uri(URI));
        let cases = cases(&alice.fingerprint());
        let directory = TempDir::new().expect("a directory");
        let server = authority.issue(Leaf::server("localhost"));
        let (certificate, key) = server.write(directory.path(), "server").expect("files");
        let tls = json!({
            "name": "envoy.transport_sockets.tls",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": {
                    "tls_certificates": [{
                        "certificate_chain": { "filename": certificate },
                        "private_key": { "filename": key },
                    }],
                    "validation_context": { "trust_chain_verification": "ACCEPT_UNTRUSTED" },
                },
            },
        });
        let listeners: Vec<Value> = cases
            .iter()
            .enumerate()
            .map(|(number, case)| {
                json!({
                    "name": number.to_string(),
                    "address": { "socket_address": { "address": "127.0.0.1", "port_value": 0 } },
                    "filter_chains": [{
                        "transport_socket": tls, "filters": [connection_manager(case)],
                    }],
                })
            })
            .collect();
        let bootstrap = json!({ "static_resources": { "listeners": listeners } });
        let binary = Envoy::binary("1.40.0").expect("an Envoy");
        let envoy = Envoy::start(&binary, &bootstrap.to_string(), directory.path());
        let envoy = envoy.expect("Envoy starts");
        let addresses = (0..cases.len())
            .map(|number| envoy.listener(&number.to_string()).expect("a listener"))
            .collect();
        pin("0", std::process::id());
        pin("1", envoy.pid());
        let client = Client::new(authority.certificate()).identity(&alice);
        Self { client, cases, addresses, envoy, _directory: directory }
    }

    /// The processor time that the Envoy has spent, exactly: `cpu` counts in steps of 10 ms.
    pub(crate) fn spent(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.envoy.pid())).expect("threads");
        let nanoseconds = |task: fs::DirEntry| -> u64 {
            let stat = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            stat.split(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default()
        };
        Duration::from_nanos(tasks.filter_map(Result::ok).map(nanoseconds).sum())
    }
}

fn connection_manager(case: &Case) -> Value {
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
    });
    let filters: Vec<&Value> = case.filters.iter().chain([&router]).collect();
    json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "floor",
            "http_filters": filters,
            "route_config": { "virtual_hosts": [{
                "name": "all",
                "domains": ["*"],
                "routes": [{
                    "match": { "prefix": "/" },
                    "direct_response": { "status": 200, "body": { "inline_string": "ok" } },
                }],
            }] },
        },
    })
}

/// Moves all threads of a process to a core.
fn pin(core: &str, process: u32) {
    let process = process.to_string();
    let status = Command::new("taskset").args(["-a", "-c", "-p", core, &process]).output();
    assert!(status.expect("taskset").status.success());
}

/// The name in the client's certificate.
pub(crate) const URI: &str = "spiffe://example.com/alice";
