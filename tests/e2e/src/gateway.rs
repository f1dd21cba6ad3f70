//! An Envoy with Peergate in it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use peergate_lab::client::Client;
use peergate_lab::envoy::{Envoy, Options, free_port};
use peergate_lab::pki::{Authority, CertificateDer, Identity, Leaf};
use peergate_lab::upstream::Upstream;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::live::{POLICY_FILE, replace_policy, with_policy};
use crate::people::People;

/// A running gateway; all of it ends with the value.
pub struct Gateway {
    /// The Envoy.
    pub envoy: Envoy,
    /// What is behind it.
    pub upstream: Upstream,
    address: SocketAddr,
    trust: CertificateDer<'static>,
    directory: PathBuf,
    /// Ends with the gateway, if it is nobody else's.
    temporary: Option<TempDir>,
}

impl Gateway {
    /// Starts Envoy 1.40 with the people's own policy.
    pub fn start(people: &People) -> Self {
        Self::start_with(people, &people.policy(), |_| {})
    }

    /// Starts Envoy 1.40 with a policy, after a change to the rendered bootstrap.
    pub fn start_with(
        people: &People,
        policy: &Value,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        Self::start_version("1.40.0", people, policy, change)
    }

    /// Starts an Envoy of some version.
    pub fn start_version(
        version: &str,
        people: &People,
        policy: &Value,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        Self::start_under(version, &people.authority, policy, change)
    }

    /// Starts an Envoy of some version whose own certificate this authority issues.
    pub fn start_under(
        version: &str,
        authority: &Authority,
        policy: &Value,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        let directory = TempDir::new().expect("a directory");
        let mut gateway = Self::start_in(directory.path(), version, authority, policy, change);
        gateway.temporary = Some(directory);
        gateway
    }

    /// Starts an Envoy whose files lie in a directory that stays.
    pub fn start_in(
        directory: &Path,
        version: &str,
        authority: &Authority,
        policy: &Value,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        Self::start_fed(directory, version, authority, policy, &Feeding::default(), change)
    }

    /// Starts an Envoy with feeds of dynamic lists.
    pub fn start_fed(
        directory: &Path,
        version: &str,
        authority: &Authority,
        policy: &Value,
        feeding: &Feeding,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        let upstream = Upstream::start("upstream").expect("an upstream");
        let server = authority.issue(Leaf::server("localhost"));
        let (certificate, key) = server.write(directory, "server").expect("server's files");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let files = [directory, &certificate, &key];
        let shown = rendered(policy);
        render(&shown, files, address, upstream.address(), feeding);
        if shown != *policy {
            replace_policy(directory, &with_policy(directory, policy).to_string());
        }

        let text = fs::read_to_string(directory.join("bootstrap.yaml")).expect("a bootstrap");
        let mut bootstrap = Bootstrap {
            config: serde_saphyr::from_str(&text).expect("YAML"),
            directory: directory.to_owned(),
            options: Options::default(),
        };
        bootstrap.start_fast();
        change(&mut bootstrap);
        let binary = Envoy::binary(version).expect("an Envoy");
        let Bootstrap { config, options, .. } = bootstrap;
        let envoy = Envoy::start_with(&binary, &config.to_string(), directory, &options)
            .expect("Envoy starts");
        Self {
            envoy,
            upstream,
            address,
            trust: authority.certificate().clone(),
            directory: directory.to_owned(),
            temporary: None,
        }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A client that presents a certificate, or none.
    pub fn client(&self, identity: Option<&Identity>) -> Client {
        let client = Client::new(&self.trust);
        match identity {
            Some(identity) => client.identity(identity),
            None => client,
        }
    }

    /// Asks over a new HTTP/1.1 connection for `path`, and returns the status.
    pub async fn status(&self, identity: Option<&Identity>, path: &str) -> u16 {
        let mut connection = self.client(identity).h1(self.address).await.expect("a connection");
        connection.get("localhost", path, &[]).await.expect("an answer").status
    }
}

/// Where dynamic lists come from, and who fills them.
#[derive(Clone, Debug, Default)]
pub struct Feeding {
    /// The clusters of feeds, and where they are.
    pub feeds: Vec<(String, SocketAddr)>,
    /// Whether the sync service does it; else a worker of the filter does.
    pub has_service: bool,
}

/// The policy that is rendered: one that looks at tokens without its APIs, since `jwt_authn` is put in by the
/// test, as `render` would not do it.
fn rendered(policy: &Value) -> Value {
    let mut rendered = policy.clone();
    if policy["apis"].to_string().contains(r#""jwt":"#) {
        rendered["apis"] = json!([{ "name": "any", "policy": "open" }]);
    }
    rendered
}

/// Runs `peergate render envoy` for a policy.
fn render(
    policy: &Value,
    [directory, certificate, key]: [&Path; 3],
    address: SocketAddr,
    upstream: SocketAddr,
    feeding: &Feeding,
) {
    let policy_file = directory.join("policy.json");
    fs::write(&policy_file, policy.to_string()).expect("a policy");
    let feeds = feeding.feeds.iter();
    let feeds = feeds.map(|(cluster, address)| format!("--feed={cluster}={address}"));
    let service = (!feeding.has_service).then_some("--without-sync-service");
    let output = Command::new(workspace().join("target/debug/peergate"))
        .args(["render", "envoy", "--policy"])
        .arg(policy_file)
        .arg("--directory")
        .arg(directory)
        .arg("--module")
        .arg(workspace().join("target/peergate/peergate_http.wasm"))
        .arg("--listen")
        .arg(address.to_string())
        .arg("--upstream")
        .arg(upstream.to_string())
        .arg("--certificate")
        .arg(certificate)
        .arg("--key")
        .arg(key)
        .arg("--sync-module")
        .arg(workspace().join("target/peergate/peergate_sync.wasm"))
        .args(feeds)
        .args(service)
        .output()
        .expect("target/debug/peergate: run `cargo build -p peergate-cli` and scripts/build first");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// The rendered bootstrap, to change.
pub struct Bootstrap {
    /// The whole of it.
    pub config: Value,
    /// Where the gateway's files are.
    pub directory: PathBuf,
    /// How Envoy is run.
    pub options: Options,
}

impl Bootstrap {
    /// The HTTP connection manager.
    pub fn connection_manager(&mut self) -> &mut Value {
        &mut self.config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    }

    /// The HTTP filters.
    pub fn http_filters(&mut self) -> &mut Vec<Value> {
        self.connection_manager()["http_filters"].as_array_mut().expect("a list")
    }

    /// Takes the guard away.
    pub fn remove_guard(&mut self) {
        self.http_filters().retain(|filter| filter["name"] != "peergate-guard");
    }

    /// Has trailers reach the upstream.
    pub fn pass_trailers(&mut self) {
        let options = json!({ "enable_trailers": true });
        self.connection_manager()["http_protocol_options"] = options.clone();
        let name = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        self.config["static_resources"]["clusters"][0]["typed_extension_protocol_options"] = json!({
            name: {
                "@type": format!("type.googleapis.com/{name}"),
                "explicit_http_config": { "http_protocol_options": options },
            },
        });
    }

    /// Puts a changed copy of the shipped module in its place.
    pub fn change_module(&self, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let policy = self.directory.join(POLICY_FILE);
        let text = fs::read_to_string(&policy).expect("a resource");
        let mut resource: Value = serde_saphyr::from_str(&text).expect("YAML");
        let vm = &mut resource["resources"][0]["typed_config"]["config"]["vm_config"];
        change_code(vm, &self.directory.join("changed.wasm"), change);
        fs::write(&policy, resource.to_string()).expect("written");
    }

    /// Does so with the sync service's.
    pub fn change_service(&mut self, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let service = &mut self.config["bootstrap_extensions"][0]["typed_config"];
        let path = self.directory.join("changed-service.wasm");
        change_code(&mut service["config"]["vm_config"], &path, change);
    }

    /// The first virtual host.
    pub fn virtual_host(&mut self) -> &mut Value {
        &mut self.connection_manager()["route_config"]["virtual_hosts"][0]
    }

    /// Has the same filters and routes listen once more, at an address of their own.
    pub fn listen_also(&mut self, name: &str, address: SocketAddr) -> &mut Value {
        let listeners = self.config["static_resources"]["listeners"].as_array_mut();
        let listeners = listeners.expect("a list");
        let mut another = listeners[0].clone();
        another["name"] = name.into();
        another["address"]["socket_address"]["port_value"] = address.port().into();
        listeners.push(another);
        listeners.last_mut().expect("it was just added")
    }

    /// A cluster of one endpoint, besides those that were rendered.
    pub fn add_cluster(&mut self, name: &str, address: SocketAddr) {
        let clusters = self.config["static_resources"]["clusters"].as_array_mut();
        let clusters = clusters.expect("a list");
        let mut cluster = clusters[0].clone();
        cluster["name"] = name.into();
        let load = &mut cluster["load_assignment"];
        load["cluster_name"] = name.into();
        let endpoint = &mut load["endpoints"][0]["lb_endpoints"][0]["endpoint"];
        endpoint["address"]["socket_address"]["port_value"] = address.port().into();
        clusters.push(cluster);
    }

    /// Loopback names need no resolver, and its first answer takes seconds.
    fn start_fast(&mut self) {
        for cluster in self.config["static_resources"]["clusters"].as_array_mut().expect("a list") {
            cluster["type"] = "STATIC".into();
        }
    }
}

/// Puts a changed copy of a VM's module in its place.
fn change_code(vm: &mut Value, path: &Path, change: impl FnOnce(&[u8]) -> Vec<u8>) {
    let filename = &mut vm["code"]["local"]["filename"];
    let shipped = fs::read(filename.as_str().expect("a path")).expect("a module");
    fs::write(path, change(&shipped)).expect("written");
    *filename = path.to_str().expect("a path in UTF-8").into();
}
