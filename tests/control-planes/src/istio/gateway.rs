//! A running gateway.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use peergate_lab::client::Client;
use peergate_lab::pki::{Authority, CertificateDer, Identity, Leaf};
use peergate_lab::upstream::Upstream;
use serde_json::Value;
use tempfile::TempDir;

use super::processes::{self, RESOURCES};
use super::render::{self, Files};
use super::setup::Setup;
use super::{HOST, OTHER_HOST, UPSTREAM};
use crate::{ModuleServer, Program};

/// istiod, its agent with Envoy, and what is behind it. All of it ends with the value.
pub struct Gateway {
    // The agent first: it need not look for an istiod that is gone.
    pub(super) agent: Program,
    pub(super) istiod: Program,
    /// What is behind it.
    pub upstream: Upstream,
    /// Where its module is fetched.
    pub modules: ModuleServer,
    pub(super) admin: SocketAddr,
    port: u16,
    trust: CertificateDer<'static>,
    files: Files,
    module: String,
    arguments: Vec<String>,
    directory: TempDir,
}

impl Gateway {
    pub(super) async fn start(setup: Setup<'_>, upstream: Upstream, modules: ModuleServer) -> Self {
        let directory = TempDir::new().expect("a directory");
        let files = files(setup.authority, directory.path());
        let shipped = modules.put("/peergate_http.wasm", render::module());
        let module = setup.module.unwrap_or(shipped);
        let port = setup.port;
        let own = ["--hosts".to_owned(), setup.hosts, "--port".to_owned(), port.to_string()];
        let arguments: Vec<_> = own.into_iter().chain(setup.arguments).collect();
        let manifests = render::render(setup.policy, directory.path(), &module, &arguments);
        let manifests = manifests.unwrap_or_else(|error| panic!("{error}"));
        let manifests = render::with_files(&manifests, &files);
        let manifests = setup.edit.map(|edit| edit(&manifests)).unwrap_or(manifests);
        let mut resources = setup.resources;
        resources.push((MANIFESTS.to_owned(), manifests));

        let (istiod, discovery) = processes::istiod(directory.path(), &resources);
        let (agent, admin) = processes::agent(directory.path(), discovery, &setup.environment);
        let gateway = Self {
            agent,
            istiod,
            upstream,
            modules,
            admin: (Ipv4Addr::LOCALHOST, admin).into(),
            port,
            trust: setup.authority.certificate().clone(),
            files,
            module,
            arguments,
            directory,
        };
        gateway.wait(async || gateway.is_ready().await).await;
        gateway.wait(async || gateway.client(None).h1(gateway.address()).await.is_ok()).await;
        let cluster = format!("outbound|80||{UPSTREAM}::");
        gateway.wait(async || gateway.administration("/clusters").await.contains(&cluster)).await;
        // A worker learns of a cluster a moment after the main thread.
        tokio::time::sleep(Duration::from_millis(200)).await;
        gateway
    }

    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// A client of the first host that presents a certificate, or none.
    pub fn client(&self, identity: Option<&Identity>) -> Client {
        let client = Client::new(&self.trust).server_name(HOST);
        match identity {
            Some(identity) => client.identity(identity),
            None => client,
        }
    }

    /// Renders another policy and applies it, as a user would. It takes effect some time later.
    ///
    /// # Errors
    /// What `peergate render` says against the policy.
    pub fn apply_policy(&self, policy: &Value) -> Result<(), String> {
        let manifests = self.render(policy)?;
        self.apply(MANIFESTS, &manifests);
        Ok(())
    }

    /// The manifests for a policy, with files in place of the Secret.
    ///
    /// # Errors
    /// What `peergate render` says against the policy.
    pub fn render(&self, policy: &Value) -> Result<String, String> {
        let directory = self.directory.path();
        let manifests = render::render(policy, directory, &self.module, &self.arguments)?;
        Ok(render::with_files(&manifests, &self.files))
    }

    /// What was applied last of what is rendered.
    pub fn applied(&self) -> String {
        fs::read_to_string(self.file(MANIFESTS)).expect("manifests")
    }

    /// Applies what is rendered, in another form than it was.
    pub fn apply_rendered(&self, manifests: &str) {
        self.apply(MANIFESTS, manifests);
    }

    /// Applies a resource of the user's, in place of any under that name.
    pub fn apply_resource(&self, name: &str, resource: &Value) {
        self.apply(name, &resource.to_string());
    }

    /// Takes a resource of the user's away.
    pub fn delete_resource(&self, name: &str) {
        fs::remove_file(self.file(name)).expect("it was there");
    }

    /// Another place for the module from the next policy on.
    pub fn set_module(&mut self, url: &str) {
        self.module = url.to_owned();
    }

    /// Further arguments of `peergate render istio` from the next policy on.
    pub fn add_argument(&mut self, argument: &str) {
        self.arguments.push(argument.to_owned());
    }

    /// Ends istiod.
    pub fn kill_control_plane(&mut self) {
        self.istiod.kill();
    }

    /// Waits until something holds that does not take long on a machine that is free.
    ///
    /// # Panics
    /// If it does not, with what istiod and Envoy have logged.
    pub async fn wait(&self, mut holds: impl AsyncFnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < end, "in time; {}", self.story());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The last that istiod, the agent and Envoy have printed.
    pub fn story(&self) -> String {
        let last = |program: &Program, count: usize| {
            let printed = program.printed();
            // Nobody has certificates of a mesh for the agent here, which says so again and again.
            let is_usual = |line: &str| USUAL.iter().any(|part| line.contains(part));
            let lines: Vec<_> = printed.lines().filter(|line| !is_usual(line)).collect();
            lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
        };
        let requests: Vec<_> =
            self.access_log().iter().rev().take(10).rev().map(|it| format!("{it:?}")).collect();
        let (istiod, agent) = (last(&self.istiod, 15), last(&self.agent, 40));
        format!("istiod:\n{istiod}\nagent:\n{agent}\nrequests:\n{}", requests.join("\n"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory().join(RESOURCES).join(format!("{name}.yaml"))
    }

    /// Puts a file in place in one step: istiod reads whatever it finds.
    fn apply(&self, name: &str, text: &str) {
        let next = self.directory.path().join("next");
        fs::write(&next, text).expect("written");
        fs::rename(&next, self.file(name)).expect("moved");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.modules.forget_fetched();
    }
}

/// The server's certificate for both hosts, and an authority that has issued nobody's: what clients present is
/// not verified by it.
fn files(authority: &Authority, directory: &Path) -> Files {
    let server = authority.issue(Leaf::server(HOST).dns(OTHER_HOST));
    let (certificate, key) = server.write(directory, "server").expect("the server's files");
    let nobodys = Authority::new("Nobody's authority").identity().clone();
    let (authority, _) = nobodys.write(directory, "authority").expect("the authority's files");
    Files { certificate, key, authority }
}

const USUAL: [&str; 4] =
    ["\tca\t", "\tcitadelclient\t", "\tcache\tresource:default", "\tsds\tfailed to warm"];

const MANIFESTS: &str = "peergate";

/// How long a test waits for what must come, on a machine that is not free.
const PATIENCE: Duration = Duration::from_secs(60);
