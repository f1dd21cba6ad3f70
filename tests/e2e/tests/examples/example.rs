//! A committed example on a real Envoy: the files of one folder, with other paths, ports and certificates.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use peergate_e2e::People;
use peergate_lab::client::{Client, Request, Response};
use peergate_lab::envoy::{Envoy, free_port};
use peergate_lab::pki::{Identity, Leaf};
use peergate_lab::upstream::Upstream;
use serde_json::Value;
use tempfile::TempDir;

/// A running example; all of it ends with the value.
pub(crate) struct Example {
    pub(crate) envoy: Envoy,
    pub(crate) address: SocketAddr,
    client: Client,
    _upstream: Upstream,
    _directory: TempDir,
}

/// An example, and what is to stand around it.
pub(crate) struct Setup {
    folder: &'static str,
    /// Texts, and what stands in their place.
    replaced: Vec<(String, String)>,
    /// Files beside the bootstrap.
    files: Vec<(&'static str, String)>,
}

impl Setup {
    /// Has a server of the example be at a port of this machine.
    pub(crate) fn server(mut self, host: &str, port: u16, own: u16) -> Self {
        let at = |host: &str, port: u16| format!("address: \"{host}\", port_value: {port} ");
        self.replaced.push((at(host, port), at("127.0.0.1", own)));
        self
    }

    /// Gives a service as long as a busy machine may need.
    pub(crate) fn patient(mut self) -> Self {
        self.replaced.push(("timeout: 0.25s".to_owned(), "timeout: 10s".to_owned()));
        self
    }

    /// Writes a file where the example's `/etc/envoy` is.
    pub(crate) fn file(mut self, name: &'static str, content: String) -> Self {
        self.files.push((name, content));
        self
    }

    /// Starts it, after a change to its policy.
    pub(crate) fn start(mut self, people: &People, change: impl FnOnce(&mut Value)) -> Example {
        let directory = TempDir::new().unwrap();
        let upstream = Upstream::start("upstream").unwrap();
        let (listener, place) = (free_port(), directory.path().to_str().unwrap());
        let server = people.authority.issue(Leaf::server("api.example.com"));
        server.write(directory.path(), "tls").unwrap();
        fs::rename(directory.path().join("tls.pem"), directory.path().join("tls.crt")).unwrap();
        let authority = people.authority.identity().certificate_pem();
        fs::write(directory.path().join("authorities.pem"), authority).unwrap();

        let modules = root().join("target/peergate").canonicalize().unwrap();
        for module in ["peergate_http.wasm", "peergate_sync.wasm"] {
            let own = modules.join(module).to_str().unwrap().to_owned();
            self.replaced.insert(0, (format!("/etc/envoy/{module}"), own));
        }
        let authorities = format!("{place}/authorities.pem");
        self.replaced.push(("/etc/ssl/certs/ca-certificates.crt".to_owned(), authorities));
        self.replaced.push(("/etc/envoy".to_owned(), place.to_owned()));
        // Addresses need no resolver, and its first answer takes seconds.
        self.replaced.push(("type: STRICT_DNS".to_owned(), "type: STATIC".to_owned()));
        self.replaced
            .push(("address: \"0.0.0.0\"".to_owned(), "address: \"127.0.0.1\"".to_owned()));
        self.replaced.push(("port_value: 8443".to_owned(), format!("port_value: {listener}")));
        let own = format!("port_value: {}", upstream.port());
        self.replaced.push(("port_value: 8080".to_owned(), own));
        for (name, content) in &self.files {
            fs::write(directory.path().join(name), content).unwrap();
        }
        let policy = with_policy(&self.at_home("peergate.yaml"), change);
        fs::write(directory.path().join("peergate.yaml"), policy).unwrap();
        let binary = Envoy::binary("1.40.0").unwrap();
        let bootstrap = self.at_home("bootstrap.yaml");
        let envoy = Envoy::start(&binary, &bootstrap, directory.path()).unwrap();
        Example {
            envoy,
            address: ([127, 0, 0, 1], listener).into(),
            client: Client::new(people.authority.certificate()).server_name("api.example.com"),
            _upstream: upstream,
            _directory: directory,
        }
    }

    /// A file of the example with what differs here.
    fn at_home(&self, name: &str) -> String {
        let path = root().join("envoy-config").join(self.folder).join(name);
        let text = fs::read_to_string(path).unwrap();
        self.replaced.iter().fold(text, |text, (theirs, own)| text.replace(theirs, own))
    }
}

impl Example {
    /// Takes an example.
    pub(crate) fn of(folder: &'static str) -> Setup {
        Setup { folder, replaced: Vec::new(), files: Vec::new() }
    }

    /// A client that presents a certificate, or none.
    pub(crate) fn client(&self, identity: Option<&Identity>) -> Client {
        match identity {
            Some(identity) => self.client.clone().identity(identity),
            None => self.client.clone(),
        }
    }

    /// Sends a request over a new connection; the answer, and why it was refused or passed.
    pub(crate) async fn ask(
        &self,
        identity: Option<&Identity>,
        request: &Request,
    ) -> (Response, String) {
        let before = self.reasons();
        let mut h1 = self.client(identity).h1(self.address).await.unwrap();
        let answer = h1.send(request).await.unwrap();
        let counted = self.reasons().into_iter().find(|it| !before.contains(it));
        let reason = counted.map(|(name, _)| name.rsplit('.').next().unwrap().to_owned());
        (answer, reason.unwrap_or_default())
    }

    /// What a request came to: status and reason.
    pub(crate) async fn verdict(
        &self,
        identity: Option<&Identity>,
        request: &Request,
    ) -> (u16, String) {
        let (answer, reason) = self.ask(identity, request).await;
        (answer.status, reason)
    }

    fn reasons(&self) -> Vec<(String, u64)> {
        let stats = self.envoy.stats("wasmcustom.peergate.api").unwrap();
        stats.into_iter().filter(|(name, _)| name.contains(".reason.")).collect()
    }
}

/// Changes the policy in the file that Envoy reads it from.
fn with_policy(file: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut resource: Value = serde_saphyr::from_str(file).unwrap();
    let value = &mut resource["resources"][0]["typed_config"]["config"]["configuration"]["value"];
    let mut policy: Value = serde_json::from_str(value.as_str().unwrap()).unwrap();
    change(&mut policy);
    *value = policy.to_string().into();
    resource.to_string()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
