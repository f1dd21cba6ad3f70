//! Resources for a gateway of Istio.

use serde_json::Value;

use crate::failure::Failure;

use super::argument::{Label, Module, host, labels, resource};
use super::template::fill;
use super::{GUARD, quote};

/// Gateway, WasmPlugin and EnvoyFilter for Istio 1.27 or later.
#[derive(clap::Args)]
pub(crate) struct Istio {
    #[command(flatten)]
    module: Module,
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
}

impl Istio {
    pub(crate) fn render(&self, policy: &Value) -> Result<String, Failure> {
        let connection = |host: &String| {
            fill(include_str!("templates/istio-connection.yaml"), &[("host", &quote::text(host))])
        };
        let connections: String =
            self.hosts.iter().map(connection).collect::<Result<_, Failure>>()?;
        fill(
            include_str!("templates/istio.yaml"),
            &[
                ("namespace", &quote::text(&self.namespace)),
                ("selector", &labels(&self.selector)),
                ("port", &self.port.to_string()),
                ("hosts", &Value::from(&*self.hosts).to_string()),
                ("credential", &quote::text(&self.credential)),
                ("module", &self.module.istio()),
                ("policy", &quote::yaml(policy)),
                ("guard", GUARD),
                ("connections", &connections),
            ],
        )
    }
}
