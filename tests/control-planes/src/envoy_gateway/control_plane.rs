//! Envoy Gateway, told what it would learn from a cluster.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use peergate_lab::envoy::Envoy;
use serde_json::{Value, json};

use super::{GATEWAY, NAMESPACE};
use crate::{Program, binary};

/// A running Envoy Gateway. There is one at a time: its ports are fixed.
pub(super) struct ControlPlane {
    program: Program,
    directory: PathBuf,
    /// The last to go.
    _alone: File,
}

impl ControlPlane {
    /// Starts it, with its files below a directory.
    pub(super) fn start(directory: &Path) -> Self {
        let alone = alone();
        for name in [RESOURCES, "home", "data/envoy-versions"] {
            fs::create_dir_all(directory.join(name)).expect("a directory");
        }
        let mut certgen = command(directory);
        certgen.args(["certgen", "--local", "--config-home"]).arg(directory.join("config"));
        let generated = certgen.output().expect("it runs");
        assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));
        link_envoy(directory);

        let place = |name: &str| directory.join(name).display().to_string();
        let configuration = json!({
            "apiVersion": "gateway.envoyproxy.io/v1alpha1",
            "kind": "EnvoyGateway",
            "gateway": { "controllerName": CONTROLLER },
            "provider": { "type": "Custom", "custom": {
                "resource": { "type": "File", "file": { "paths": [place(RESOURCES)] } },
                "infrastructure": { "type": "Host", "host": {
                    "configHome": place("config"), "dataHome": place("data"), "stateHome": place("state"),
                    "runtimeDir": place(RUNTIME),
                } },
            } },
            // The first is what docs/envoy-gateway.md has users turn on. The others are for upstreams that are no
            // Services, and for filters that users may have beside.
            "extensionApis": {
                "enableEnvoyPatchPolicy": true, "enableBackend": true, "enableLua": true,
            },
        });
        let file = directory.join("envoy-gateway.yaml");
        fs::write(&file, configuration.to_string()).expect("written");
        let mut server = command(directory);
        server.args(["server", "--config-path"]).arg(file);
        let program = Program::start(&mut server, &directory.join("envoy-gateway.log"));
        let program = program.expect("Envoy Gateway starts");
        let own = Self { program, directory: directory.to_owned(), _alone: alone };
        own.apply("control-plane", &[&own.client_certificate(), &own.module_cluster()]);
        own
    }

    /// Puts resources in place of those under a name, in one step: Envoy Gateway reads whatever it finds.
    pub(super) fn apply(&self, name: &str, resources: &[&Value]) {
        let texts: Vec<_> = resources.iter().map(|resource| resource.to_string()).collect();
        self.apply_text(name, &texts.join("\n---\n"));
    }

    /// The same for what is written already.
    pub(super) fn apply_text(&self, name: &str, manifests: &str) {
        let next = self.directory.join("next.yaml");
        fs::write(&next, manifests).expect("written");
        fs::rename(&next, self.file(name)).expect("moved");
    }

    /// What was applied last under a name.
    pub(super) fn applied(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).expect("it was applied")
    }

    /// Takes away what was applied under a name.
    pub(super) fn delete(&self, name: &str) {
        fs::remove_file(self.file(name)).expect("it was applied");
    }

    /// All that Envoy Gateway and Envoy have printed.
    pub(super) fn printed(&self) -> String {
        self.program.printed()
    }

    /// Where Envoy's administration listens, once it does.
    pub(super) fn administration(&self) -> Option<SocketAddr> {
        let runs = fs::read_dir(self.directory.join(RUNTIME)).ok()?;
        let addresses = runs.flatten().map(|run| run.path().join("admin-address.txt"));
        addresses.filter_map(|file| fs::read_to_string(file).ok()?.parse().ok()).next()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(RESOURCES).join(format!("{name}.yaml"))
    }

    fn certificates(&self) -> PathBuf {
        self.directory.join("config/certs/envoy")
    }

    /// What Envoy shows where it fetches modules. In a cluster its installation makes this Secret.
    fn client_certificate(&self) -> Value {
        let file = |name: &str| {
            let bytes = fs::read(self.certificates().join(name)).expect("certgen has made it");
            BASE64_STANDARD.encode(bytes)
        };
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": "envoy", "namespace": "envoy-gateway-system" },
            "type": "kubernetes.io/tls",
            "data": { "ca.crt": file("ca.crt"), "tls.crt": file("tls.crt"), "tls.key": file("tls.key") },
        })
    }

    /// Where Envoy fetches modules: in a cluster `envoy-gateway`, trusted by what is mounted under `/certs`.
    fn module_cluster(&self) -> Value {
        let authority = self.certificates().join("ca.crt").display().to_string();
        let patch = |path: &str, value: &str| {
            json!({
                "type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
                "name": "wasm_cluster",
                "operation": { "op": "replace", "jsonPath": path, "value": value },
            })
        };
        json!({
            "apiVersion": "gateway.envoyproxy.io/v1alpha1",
            "kind": "EnvoyPatchPolicy",
            "metadata": { "name": "without-a-cluster", "namespace": NAMESPACE },
            "spec": {
                "targetRef": { "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": GATEWAY },
                "type": "JSONPatch",
                "jsonPatches": [
                    patch("..trusted_ca.filename", &authority),
                    patch("..socket_address.address", "127.0.0.1"),
                ],
            },
        })
    }
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new(binary("ENVOY_GATEWAY"));
    // It keeps modules in its home.
    command.current_dir(directory).env("HOME", directory.join("home"));
    command
}

/// Puts an Envoy where Envoy Gateway looks for the one that it would download.
fn link_envoy(directory: &Path) {
    let told = command(directory).arg("version").output().expect("it runs").stdout;
    let told = String::from_utf8_lossy(&told).into_owned();
    let line = told.lines().find_map(|line| line.strip_prefix("ENVOY_PROXY_VERSION:"));
    let version = line.and_then(|line| line.rsplit_once('v')).map(|(_, version)| version);
    let version = version.unwrap_or_else(|| panic!("no version of Envoy in {told:?}"));
    let place = directory.join("data/envoy-versions").join(version).join("bin");
    fs::create_dir_all(&place).expect("a directory");
    let envoy = Envoy::binary("1.40.0").expect("an Envoy: run scripts/setup");
    symlink(envoy, place.join("envoy")).expect("a link");
}

/// Waits until no other test has an Envoy Gateway, of whatever process, and nobody else the ports: those of one
/// that just ended are free a moment later.
fn alone() -> File {
    let lock = File::create(std::env::temp_dir().join("peergate-envoy-gateway.lock"));
    let lock = lock.expect("the temporary directory can be written");
    lock.lock().expect("a lock");
    let start = Instant::now();
    for port in PORTS {
        while TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_err() {
            let is_late = start.elapsed() > Duration::from_secs(10);
            assert!(!is_late, "Envoy Gateway needs port {port}, which somebody has");
            sleep(Duration::from_millis(50));
        }
    }
    lock
}

/// By which a GatewayClass names it.
pub(super) const CONTROLLER: &str = "gateway.envoyproxy.io/gatewayclass-controller";

/// Where it watches for resources.
const RESOURCES: &str = "resources";

const RUNTIME: &str = "runtime";

/// Those of its xDS, its modules, its administration and its metrics.
const PORTS: [u16; 4] = [18000, 18002, 19000, 19001];
