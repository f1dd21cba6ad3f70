//! A running Gateway.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use peergate_lab::client::Client;
use peergate_lab::pki::{CertificateDer, Identity};
use peergate_lab::upstream::Upstream;
use serde_json::Value;
use tempfile::TempDir;

use super::control_plane::ControlPlane;
use super::{GATEWAY, HOST, LISTENER, NAMESPACE, render};
use crate::ModuleServer;

/// Envoy Gateway with its Envoy, and what is behind it. All of it ends with the value.
pub struct Gateway {
    pub(super) control_plane: ControlPlane,
    /// What is behind it.
    pub upstream: Upstream,
    /// Where its module is fetched.
    pub modules: ModuleServer,
    ports: Vec<u16>,
    trust: CertificateDer<'static>,
    module: String,
    arguments: Vec<String>,
    directory: TempDir,
}

impl Gateway {
    #[expect(clippy::too_many_arguments, reason = "each is a part of what was set up")]
    pub(super) fn new(
        control_plane: ControlPlane,
        upstream: Upstream,
        modules: ModuleServer,
        ports: Vec<u16>,
        trust: &CertificateDer<'static>,
        module: String,
        arguments: Vec<String>,
        directory: TempDir,
    ) -> Self {
        let trust = trust.clone();
        Self { control_plane, upstream, modules, ports, trust, module, arguments, directory }
    }

    /// Where clients connect: the first listener's.
    pub fn address(&self) -> SocketAddr {
        self.addresses()[0]
    }

    /// Where clients connect, for each listener.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.ports.iter().map(|port| (Ipv4Addr::LOCALHOST, *port).into()).collect()
    }

    /// The name that Envoy Gateway gives to the virtual host of a host.
    pub fn virtual_host(host: &str) -> String {
        format!("{NAMESPACE}/{GATEWAY}/{LISTENER}/{}", host.replace('.', "_"))
    }

    /// The name that it gives to the route of a rule of an HTTPRoute, for a host.
    pub fn route(name: &str, rule: usize, host: &str) -> String {
        let host = host.replace('.', "_");
        format!("httproute/{NAMESPACE}/{name}/rule/{rule}/match/0/{host}")
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
        let manifests =
            render::render(policy, self.directory.path(), &self.module, &self.arguments)?;
        self.control_plane.apply_text(RENDERED, &manifests);
        Ok(())
    }

    /// What was applied last of what is rendered.
    pub fn applied(&self) -> String {
        self.control_plane.applied(RENDERED)
    }

    /// Applies what is rendered, in another form than it was.
    pub fn apply_rendered(&self, manifests: &str) {
        self.control_plane.apply_text(RENDERED, manifests);
    }

    /// What is rendered without its resources of a kind.
    pub fn applied_without(&self, kind: &str) -> String {
        let kind = format!("kind: {kind}\n");
        let applied = self.applied();
        let kept: Vec<_> = applied.split("---\n").filter(|text| !text.contains(&kind)).collect();
        assert!(kept.len() < applied.split("---\n").count(), "no {kind} in {applied}");
        kept.join("---\n")
    }

    /// Applies a resource of the user's, in place of any under that name.
    pub fn apply_resource(&self, name: &str, resource: &Value) {
        self.control_plane.apply(name, &[resource]);
    }

    /// Takes a resource of the user's away.
    pub fn delete_resource(&self, name: &str) {
        self.control_plane.delete(name);
    }

    /// Puts another build of the module on its server, and returns its URL.
    pub fn put_another_module(&self) -> String {
        self.modules.put("/another.wasm", render::another_module())
    }

    /// Another place for the module from the next policy on.
    pub fn set_module(&mut self, url: &str) {
        self.module = url.to_owned();
    }

    /// Further arguments of `peergate render envoy-gateway` from the next policy on.
    pub fn add_argument(&mut self, argument: &str) {
        self.arguments.push(argument.to_owned());
    }

    /// Waits until something holds that does not take long on a machine that is free.
    ///
    /// # Panics
    /// If it does not, with what Envoy Gateway and Envoy have logged.
    pub async fn wait(&self, mut holds: impl AsyncFnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds().await {
            assert!(Instant::now() < end, "in time; {}", self.story());
            // Envoy Gateway says so, and goes on without.
            let is_taken = self.log().contains("bind: address already in use");
            assert!(
                !is_taken,
                "somebody else has a port of Envoy Gateway's: 18000, 18002, 19000, 19001"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until clients can connect to a listener with the guard: there may be one before what is rendered
    /// takes effect.
    pub(super) async fn wait_until_it_listens(&self) {
        let is_guarded = async || {
            let Some(listeners) = self.listeners().await else { return false };
            listeners.iter().any(|listener| listener["active_state"].to_string().contains(GUARD))
        };
        self.wait(is_guarded).await;
        self.wait(async || self.client(None).h1(self.address()).await.is_ok()).await;
    }

    /// The last that Envoy Gateway and Envoy have printed.
    pub fn story(&self) -> String {
        let printed = self.control_plane.printed();
        let lines: Vec<_> = printed.lines().filter(|line| !line.starts_with(' ')).collect();
        lines.get(lines.len().saturating_sub(50)..).unwrap_or_default().join("\n")
    }
}

/// The name of the guard.
const GUARD: &str = "peergate-guard";

/// The file of what `peergate render` prints.
const RENDERED: &str = "peergate";

/// How long a test waits for what must come, on a machine that is not free.
const PATIENCE: Duration = Duration::from_secs(60);
