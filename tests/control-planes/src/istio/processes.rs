//! istiod and the agent, each told what it would learn from a cluster.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use peergate_lab::envoy::{Envoy, free_port};
use serde_json::{Value, json};

use super::NAMESPACE;
use crate::{Program, binary};

/// Where it watches for resources, below the gateway's directory.
pub(super) const RESOURCES: &str = "resources";

/// Its access log, there too.
pub(super) const ACCESS_LOG: &str = "access.log";

/// Starts istiod, without Kubernetes, with resources, each a file's name and text, and returns it with the port
/// on which it serves xDS in the clear.
pub(super) fn istiod(directory: &Path, resources: &[(String, String)]) -> (Program, u16) {
    fs::create_dir(directory.join(RESOURCES)).expect("a directory");
    // One line of JSON a request, with what peergate says of it. The rest is what `docs/istio.md` tells users
    // to set where they want to see it.
    let format = json!({
        "status": "%RESPONSE_CODE%", "details": "%RESPONSE_CODE_DETAILS%",
        "verdict": "%FILTER_STATE(wasm.peergate_verdict:PLAIN)%",
        "route": "%ROUTE_NAME%", "path": "%REQ(:PATH)%",
    });
    let mesh = json!({
        // A file of its own, with nothing else in it.
        "accessLogFile": directory.join(ACCESS_LOG),
        "accessLogEncoding": "JSON",
        "accessLogFormat": format.to_string(),
        "enablePrometheusMerge": false,
        "defaultConfig": { "proxyStatsMatcher": shown() },
        // Where sidecars listen for what is redirected to them, which nothing is here.
        "proxyListenPort": free_port(),
        "proxyInboundListenPort": free_port(),
        "trustDomain": "cluster.local",
        "rootNamespace": NAMESPACE,
    });
    let mesh_file = directory.join("mesh.yaml");
    fs::write(&mesh_file, mesh.to_string()).expect("written");
    let local = |port: u16| format!("127.0.0.1:{port}");
    let discovery = free_port();
    let mut command = Command::new(binary("PILOT_DISCOVERY"));
    command
        .current_dir(directory)
        // The first two are filters that Istio's own Envoy has and others have not.
        .env("PILOT_ENABLE_METADATA_EXCHANGE", "false")
        .env("PILOT_ENABLE_ALPN_FILTER", "false")
        .env("PILOT_CERT_PROVIDER", "none")
        .env("POD_NAME", "istiod")
        .env("POD_NAMESPACE", NAMESPACE)
        .args(["discovery", "--registries", "", "--configDir", RESOURCES, "--meshConfig"])
        .arg(&mesh_file)
        .args(["--grpcAddr", &local(discovery), "--httpAddr", &local(free_port())])
        .args(["--monitoringAddr", &local(free_port()), "--ctrlz_port", &free_port().to_string()])
        .args(["--secureGRPCAddr", "", "--httpsAddr", ""]);
    let mut program = Program::start(&mut command, &directory.join("istiod.log")).expect("istiod");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, discovery));
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(start.elapsed() < START, "istiod:\n{}", program.printed());
        sleep(Duration::from_millis(50));
    }
    // Now and not before: of a ServiceEntry that is there when it starts it may make no service.
    for (name, resource) in resources {
        let next = directory.join("next");
        fs::write(&next, resource).expect("written");
        fs::rename(&next, directory.join(RESOURCES).join(format!("{name}.yaml"))).expect("moved");
    }
    program.wait_for("Push debounce stable", START);
    (program, discovery)
}

/// Starts the agent of a gateway, and with it Envoy, and returns it with the port of Envoy's administration.
pub(super) fn agent(
    directory: &Path,
    discovery: u16,
    environment: &[(String, String)],
) -> (Program, u16) {
    let gateway = Proxy {
        role: "router",
        name: "gateway",
        namespace: NAMESPACE,
        labels: json!({ "istio": "ingressgateway" }),
        // Certificates of the mesh, for which a gateway has no use without one, are asked for in vain.
        certificates: ("CA_ROOT_CA", "SYSTEM"),
        environment,
    };
    gateway.start(directory, discovery)
}

/// The same of a workload's sidecar, which finds the mesh's certificates in `etc/certs`, below the directory.
pub(super) fn sidecar(
    directory: &Path,
    discovery: u16,
    namespace: &str,
    app: &str,
) -> (Program, u16) {
    let sidecar = Proxy {
        role: "sidecar",
        name: app,
        namespace,
        labels: json!({ "app": app }),
        certificates: ("FILE_MOUNTED_CERTS", "true"),
        environment: &[],
    };
    sidecar.start(directory, discovery)
}

/// What an agent would learn from the pod it runs in.
struct Proxy<'p> {
    role: &'p str,
    name: &'p str,
    namespace: &'p str,
    labels: Value,
    /// Where the mesh's certificates come from.
    certificates: (&'p str, &'p str),
    /// What else the agent is told.
    environment: &'p [(String, String)],
}

impl Proxy<'_> {
    fn start(&self, directory: &Path, discovery: u16) -> (Program, u16) {
        let admin = free_port();
        let envoy = Envoy::binary("1.40.0").expect("an Envoy");
        let config = json!({
            "discoveryAddress": format!("127.0.0.1:{discovery}"),
            "controlPlaneAuthPolicy": "NONE",
            "binaryPath": envoy.canonicalize().expect("an Envoy"),
            "configPath": directory.join("proxy"),
            "proxyBootstrapTemplatePath": binary("PILOT_TEMPLATE").canonicalize().expect("a template"),
            "proxyAdminPort": admin,
            "statusPort": free_port(),
            "concurrency": 2,
            "terminationDrainDuration": "0s",
            "proxyStatsMatcher": shown(),
        });
        let mut command = Command::new(binary("PILOT_AGENT"));
        command
            // Its sockets are below the directory where it runs.
            .current_dir(directory)
            .env("POD_NAME", self.name)
            .env("POD_NAMESPACE", self.namespace)
            .env("INSTANCE_IP", "127.0.0.1")
            .env("ISTIO_META_CLUSTER_ID", "Kubernetes")
            .env("ISTIO_METAJSON_LABELS", self.labels.to_string())
            .env("PILOT_CERT_PROVIDER", "none")
            .env(self.certificates.0, self.certificates.1)
            .env("JWT_POLICY", "none")
            .env("MINIMUM_DRAIN_DURATION", "0s")
            .env("ENVOY_STATUS_PORT", free_port().to_string())
            .env("ENVOY_PROMETHEUS_PORT", free_port().to_string())
            .env("PROXY_CONFIG", config.to_string())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args([
                "proxy",
                self.role,
                "--domain",
                &format!("{}.svc.cluster.local", self.namespace),
            ])
            .args(["--proxyLogLevel=info", "--proxyComponentLogLevel=misc:error"]);
        let program =
            Program::start(&mut command, &directory.join("agent.log")).expect("the agent");
        (program, admin)
    }
}

/// What `docs/istio.md` tells users to have shown, and which worker has connections.
fn shown() -> Value {
    json!({
        "inclusionPrefixes": ["extension_config_discovery", "listener."],
        "inclusionSuffixes": ["wasm-default-deny.denied"],
    })
}

const START: Duration = Duration::from_secs(30);
