//! Resources for a gateway of Istio.

use peergate::Policy;
use serde_json::Value;

use crate::failure::Failure;
use crate::render::argument::{Label, PEERGATE, host, plugin, resource};
use crate::render::quote;
use crate::render::template::fill;

use super::extension::Extension;
use super::patches;
use super::place::Place;
use super::request_authentication::Keys;
use super::service_entry::Feeds;

/// Gateway, WasmPlugin and EnvoyFilter for a gateway of Istio 1.27 or later, a RequestAuthentication for tokens,
/// a ServiceEntry for each feed.
#[derive(clap::Args)]
pub(crate) struct Istio {
    #[command(flatten)]
    extension: Extension,
    /// Name of all that is printed: `peergate`, or one that begins with `peergate-`; another gateway in the
    /// namespace needs another
    #[arg(long, value_name = "NAME", default_value = PEERGATE, value_parser = plugin)]
    name: String,
    /// Where the gateway runs
    #[arg(long, value_name = "NAME", default_value = "istio-system", value_parser = resource)]
    namespace: String,
    /// Labels of the gateway
    #[arg(
        long,
        value_name = "KEY=VALUE",
        value_delimiter = ',',
        default_value = "istio=ingressgateway"
    )]
    selector: Vec<Label>,
    /// Host names that the gateway serves, each a name or `*.suffix`
    #[arg(long, value_delimiter = ',', required = true, value_parser = host)]
    hosts: Vec<String>,
    /// Where clients connect
    #[arg(long, default_value_t = 443)]
    port: u16,
    /// Secret with the server's certificate and key
    #[arg(long, value_name = "NAME", value_parser = resource)]
    credential: String,
    #[command(flatten)]
    keys: Keys,
    #[command(flatten)]
    feeds: Feeds,
}

impl Istio {
    pub(crate) fn render(&self, policy: &Policy, document: &Value) -> Result<String, Failure> {
        let Self { extension, keys, feeds, .. } = self;
        let place = Place::new(&self.name, &self.namespace, &self.selector)?;
        let connection = |host: &String| {
            let values = [("host", &*quote::text(host))];
            fill(include_str!("../templates/istio-connection.yaml"), &values)
        };
        let connections: String =
            self.hosts.iter().map(connection).collect::<Result<_, Failure>>()?;
        // The certificate itself Istio's gateways tell of by themselves.
        let details = match policy.relies_on_presented_chains() {
            true => include_str!("../templates/istio-chain.yaml"),
            false => "",
        };
        fill(
            include_str!("../templates/istio.yaml"),
            &[
                ("name", &place.name),
                ("namespace", &place.namespace),
                ("selector", &place.selector),
                ("port", &self.port.to_string()),
                ("hosts", &Value::from(&*self.hosts).to_string()),
                ("credential", &quote::text(&self.credential)),
                ("request_authentication", &keys.render(policy, &place)?),
                ("feeds", &feeds.render(policy, document, &place)?),
                ("extension", &extension.render(document, &place, "")?),
                ("requests", &patches::requests("GATEWAY", details)?),
                ("connections", &connections),
            ],
        )
    }
}
