//! A workload with its sidecar, in a mesh of one.
//!
//! A pod's network sends what comes for the application to its sidecar. Here a `Sidecar` resource has the
//! sidecar itself listen, with `captureMode: NONE`: the filter chains are those that stand behind the
//! redirection otherwise.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use peergate_lab::client::{Client, Request, Response};
use peergate_lab::envoy::free_port;
use peergate_lab::pki::{Authority, Charter, Identity, Leaf};
use peergate_lab::upstream::Upstream;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::processes::{self, RESOURCES};
use super::render;
use crate::{ModuleServer, Program};

/// The authorities of a mesh: a root, and an intermediate that issues the workloads' certificates.
pub struct Mesh {
    root: Authority,
    issuing: Authority,
}

impl Default for Mesh {
    fn default() -> Self {
        let root = Authority::new(Charter::new("root").organization("cluster.local"));
        let issuing = root.subordinate(Charter::new("issuing").organization("cluster.local"));
        Self { root, issuing }
    }
}

impl Mesh {
    /// What a policy trusts.
    pub fn root(&self) -> String {
        self.root.identity().certificate_pem()
    }

    /// The certificate of a workload in the namespace `shop`, by its service account.
    pub fn workload(&self, account: &str) -> Identity {
        self.issuing.issue(Self::leaf(account))
    }

    /// The same from an authority that only calls itself the mesh's.
    pub fn impostor(&self, account: &str) -> Identity {
        self.root.impostor().issue(Self::leaf(account))
    }

    fn leaf(account: &str) -> Leaf {
        Leaf::nameless().uri(&Self::id(account))
    }

    /// The SPIFFE identity of a service account.
    pub fn id(account: &str) -> String {
        format!("spiffe://cluster.local/ns/{NAMESPACE}/sa/{account}")
    }
}

/// Where the sidecar listens, in front of the same application each time.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// A port of the protocol HTTP.
    pub http: u16,
    /// A port that says nothing of its protocol: Istio goes by what callers say.
    pub open: u16,
    /// A port of the protocol TCP.
    pub tcp: u16,
}

/// istiod, the sidecar's agent with Envoy, and the application. All of it ends with the value.
pub struct Sidecar {
    agent: Program,
    istiod: Program,
    /// What the sidecar stands before.
    pub application: Upstream,
    /// Where it listens.
    pub ports: Ports,
    modules: ModuleServer,
    admin: SocketAddr,
    client: Client,
    directory: TempDir,
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.modules.forget_fetched();
    }
}

impl Sidecar {
    /// Starts a workload with what `peergate render istio-sidecar` prints for a policy, with these arguments
    /// besides, and waits until it answers.
    ///
    /// # Panics
    /// If something does not start, with the last lines that it printed.
    pub async fn start(mesh: &Mesh, policy: &Value, arguments: &[&str]) -> Self {
        let directory = TempDir::new().expect("a directory");
        let place = directory.path();
        // Clients of the laboratory expect a name, of which Istio's sidecars have none.
        certificates(mesh, &mesh.issuing.issue(Mesh::leaf(APP).dns("localhost")), place);
        let application = Upstream::start("application").expect("an application");
        let modules = ModuleServer::start().expect("a server of modules");
        let module = modules.put("/peergate_http.wasm", render::module());
        let manifests = |selector: &str| {
            let own = ["--namespace", NAMESPACE, "--selector", selector, "--url", &module];
            let printed =
                render::printed("istio-sidecar", policy, place, &[&own, arguments].concat());
            printed.unwrap_or_else(|error| panic!("{error}"))
        };
        // Another workload of the namespace, whose manifest comes after and replaces nothing.
        let (own, other) = (manifests("app=orders"), manifests("app=payments"));
        let ports = Ports { http: free_port(), open: free_port(), tcp: free_port() };
        let resources =
            [("peergate", own), ("peergate-z", other), ("sidecar", ports.resource(&application))];
        let resources = resources.map(|(name, resource)| (name.to_owned(), resource.to_string()));
        let (istiod, discovery) = processes::istiod(place, &resources);
        let (agent, admin) = processes::sidecar(place, discovery, NAMESPACE, APP);
        let sidecar = Self {
            agent,
            istiod,
            application,
            ports,
            modules,
            admin: (Ipv4Addr::LOCALHOST, admin).into(),
            client: Client::new(mesh.root.certificate()),
            directory,
        };
        let anybody = mesh.workload("anybody");
        sidecar.wait(async || sidecar.get(&anybody, "/").await.is_ok()).await;
        sidecar
    }

    /// A client that presents a certificate, and says what sidecars say (ALPN).
    pub fn caller(&self, identity: &Identity) -> Client {
        self.client.clone().identity(identity).alpn(&["istio-http/1.1", "istio"])
    }

    /// A client that presents a certificate, and says nothing about what it speaks.
    pub fn silent(&self, identity: &Identity) -> Client {
        self.client.clone().identity(identity).alpn(&[])
    }

    /// A client without a certificate.
    pub fn nobody(&self) -> Client {
        self.client.clone()
    }

    /// Asks for a path at the HTTP port.
    ///
    /// # Errors
    /// There is no connection, or no answer.
    pub async fn get(&self, identity: &Identity, path: &str) -> io::Result<Response> {
        self.send(&self.caller(identity), self.ports.http, &Request::get(HOST, path)).await
    }

    /// Sends a request over a new connection.
    ///
    /// # Errors
    /// There is no connection, or no answer.
    pub async fn send(
        &self,
        client: &Client,
        port: u16,
        request: &Request,
    ) -> io::Result<Response> {
        client.h1((Ipv4Addr::LOCALHOST, port).into()).await?.send(request).await
    }

    /// Changes what was rendered and applies it again, in one step: istiod reads whatever it finds.
    pub fn edit(&self, edit: impl FnOnce(&mut Vec<Value>)) {
        let file = self.directory.path().join(RESOURCES).join("peergate.yaml");
        let text = fs::read_to_string(&file).expect("manifests");
        let mut documents: Vec<Value> = serde_saphyr::from_multiple(&text).expect("YAML");
        edit(&mut documents);
        let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
        let next = self.directory.path().join("next");
        fs::write(&next, texts.join("\n---\n")).expect("written");
        fs::rename(&next, &file).expect("moved");
    }

    /// Envoy's listeners, as istiod made them.
    pub async fn listeners(&self) -> Vec<Value> {
        let dump = self.administration("/config_dump?resource=dynamic_listeners").await;
        let dump: Value = serde_json::from_str(&dump).expect("JSON");
        let configs = dump["configs"].as_array().expect("listeners");
        configs.iter().map(|one| one["active_state"]["listener"].clone()).collect()
    }

    /// A counter.
    pub async fn count(&self, name: &str) -> u64 {
        let stats = self.administration(&format!("/stats?filter=^{name}$")).await;
        let value = stats.lines().next().and_then(|line| line.rsplit(": ").next()?.parse().ok());
        value.unwrap_or_default()
    }

    async fn administration(&self, path: &str) -> String {
        let connection = Client::plaintext().h1(self.admin).await;
        let answer = connection.expect("Envoy's administration").get("localhost", path, &[]).await;
        answer.expect("an answer").text().into_owned()
    }

    /// Waits until something holds.
    ///
    /// # Panics
    /// If it does not within a minute, with what istiod and Envoy have logged.
    pub async fn wait(&self, mut holds: impl AsyncFnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !holds().await {
            assert!(Instant::now() < end, "in time; {}", self.story());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The last that istiod, the agent and Envoy have printed.
    pub fn story(&self) -> String {
        let last = |program: &Program| {
            let printed = program.printed();
            let lines: Vec<_> = printed.lines().collect();
            lines.get(lines.len().saturating_sub(30)..).unwrap_or_default().join("\n")
        };
        format!("istiod:\n{}\nagent:\n{}", last(&self.istiod), last(&self.agent))
    }
}

impl Ports {
    /// Has the sidecar listen by itself.
    fn resource(self, application: &Upstream) -> String {
        let endpoint = application.address().to_string();
        let ingress = |number: u16, name: &str, protocol: Option<&str>| {
            let mut port = json!({ "number": number, "name": name });
            if let (Some(port), Some(protocol)) = (port.as_object_mut(), protocol) {
                port.insert("protocol".to_owned(), protocol.into());
            }
            json!({ "port": port, "bind": "127.0.0.1", "captureMode": "NONE", "defaultEndpoint": endpoint })
        };
        let resource = json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "Sidecar",
            "metadata": { "name": APP, "namespace": NAMESPACE },
            "spec": {
                "workloadSelector": { "labels": { "app": APP } },
                "ingress": [
                    ingress(self.http, "http", Some("HTTP")),
                    ingress(self.open, "open", None),
                    ingress(self.tcp, "tcp", Some("TCP")),
                ],
                "egress": [{ "hosts": ["./*"] }],
            },
        });
        resource.to_string()
    }
}

/// Puts the mesh's certificates where an agent with `FILE_MOUNTED_CERTS` reads them.
fn certificates(mesh: &Mesh, own: &Identity, directory: &std::path::Path) {
    let place = directory.join("etc/certs");
    fs::create_dir_all(&place).expect("a directory");
    for (name, text) in
        [("cert-chain", own.pem()), ("key", own.key_pem()), ("root-cert", mesh.root())]
    {
        fs::write(place.join(format!("{name}.pem")), text).expect("written");
    }
}

const NAMESPACE: &str = "shop";
const APP: &str = "orders";

/// The host that callers ask for.
const HOST: &str = "orders.shop.svc.cluster.local";
