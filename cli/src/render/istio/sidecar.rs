//! Resources for a workload's sidecar in Istio.

use peergate::Policy;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::render::argument::{Label, PEERGATE, plugin, resource};
use crate::render::quote;
use crate::render::template::fill;

use super::extension::Extension;
use super::patches;
use super::place::Place;
use super::request_authentication::Keys;
use super::service_entry::Feeds;

/// PeerAuthentication, WasmPlugin and EnvoyFilter for a workload's sidecar in Istio 1.27 or later, a
/// RequestAuthentication for tokens, a ServiceEntry for each feed.
#[derive(clap::Args)]
pub(crate) struct IstioSidecar {
    #[command(flatten)]
    extension: Extension,
    /// Name of all that is printed, which begins with `peergate-`; another workload in the namespace needs another
    /// [default: `peergate-VALUE` where the selector is `app=VALUE`]
    #[arg(long, value_name = "NAME", value_parser = plugin)]
    name: Option<String>,
    /// Where the workload runs
    #[arg(long, value_name = "NAME", value_parser = resource)]
    namespace: String,
    /// Labels of the workload
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', required = true)]
    selector: Vec<Label>,
    /// Ports of the application that do not speak HTTP: they stay open to the mesh, and peergate judges nothing
    /// there
    #[arg(long, value_name = "PORT", value_delimiter = ',', value_parser = port)]
    tcp_ports: Vec<u16>,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    feeds: Feeds,
}

impl IstioSidecar {
    /// # Errors
    /// As the parts, and a policy that no request within a mesh could meet.
    pub(crate) fn render(&self, policy: &Policy, document: &Value) -> Result<String, Failure> {
        let Self { extension, keys, feeds, .. } = self;
        let place = Place::new(&self.name()?, &self.namespace, &self.selector)?;
        if policy.looks_at_server_name() {
            return Err(Failure::Input(
                "global.sni: has to be unchecked here: the server name of connections in a mesh is none of the \
                 host's, as in outbound_.80_._.orders.shop.svc.cluster.local"
                    .to_owned(),
            ));
        }
        let details = match (policy.relies_on_presented_chains(), policy.looks_at_certificates()) {
            (true, _) => include_str!("../templates/istio-sidecar-chain.yaml"),
            (false, true) => include_str!("../templates/istio-sidecar-certificate.yaml"),
            (false, false) => "",
        };
        let matches = include_str!("../templates/istio-sidecar-match.yaml");
        fill(
            include_str!("../templates/istio-sidecar.yaml"),
            &[
                ("name", &place.name),
                ("namespace", &place.namespace),
                ("selector", &place.selector),
                ("request_authentication", &keys.render(policy, &place)?),
                ("feeds", &feeds.render(policy, document, &place)?),
                ("extension", &extension.render(document, &place, matches)?),
                ("requests", &patches::requests("SIDECAR_INBOUND", details)?),
                ("connections", &self.connections()),
            ],
        )
    }

    /// What the resources are called. Several workloads share a namespace: a name that the selector does not make
    /// different would have the second manifest replace the first, whose workload is open then.
    fn name(&self) -> Result<String, Failure> {
        let of_app = match &*self.selector {
            [label] if label.key() == "app" => {
                plugin(&format!("{PEERGATE}-{}", label.value())).ok()
            }
            _ => None,
        };
        self.name.clone().or(of_app).ok_or_else(|| {
            Failure::Input(
                "--name: say how the resources are called, such as peergate-orders, and otherwise for each workload \
                 of the namespace: only of a selector `app=VALUE` it follows by itself"
                    .to_owned(),
            )
        })
    }

    /// Which connections may go to the application unread, as the policies of an RBAC filter.
    fn connections(&self) -> String {
        let ports = self.tcp_ports.iter().map(|port| json!({ "destination_port": port }));
        let ports: Vec<Value> = ports.collect();
        let policies = match ports.is_empty() {
            true => json!({}),
            false => json!({ "ports": { "permissions": ports, "principals": [{ "any": true }] } }),
        };
        quote::yaml_line(&policies)
    }
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse().ok().filter(|port| *port > 0).ok_or("expected a port")
}
