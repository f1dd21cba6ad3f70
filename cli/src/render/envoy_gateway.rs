//! Resources for a Gateway of Envoy Gateway.

use serde_json::Value;

use crate::failure::Failure;

use super::argument::{Module, resource};
use super::template::fill;
use super::{GUARD, quote};

/// ClientTrafficPolicy, EnvoyExtensionPolicy and EnvoyPatchPolicy for Envoy Gateway 1.9 or later.
#[derive(clap::Args)]
pub(crate) struct EnvoyGateway {
    #[command(flatten)]
    module: Module,
    /// Where the Gateway is
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = resource)]
    namespace: String,
    /// Name of the Gateway
    #[arg(long, value_name = "NAME", value_parser = resource)]
    gateway: String,
    /// Its listeners, one for each port: the first there
    #[arg(
        long = "listener",
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "https",
        value_parser = resource
    )]
    listeners: Vec<String>,
}

impl EnvoyGateway {
    pub(crate) fn render(&self, policy: &Value) -> Result<String, Failure> {
        let Self { module, namespace, gateway, listeners } = self;
        let patches = |listener: &String| {
            let name = format!("{namespace}/{gateway}/{listener}");
            let values = [("listener", &*quote::text(&name)), ("guard", GUARD)];
            fill(include_str!("templates/envoy-gateway-listener.yaml"), &values)
        };
        let listeners: String = listeners.iter().map(patches).collect::<Result<_, Failure>>()?;
        fill(
            include_str!("templates/envoy-gateway.yaml"),
            &[
                ("namespace", &quote::text(namespace)),
                ("gateway", &quote::text(gateway)),
                ("code", &module.envoy_gateway()),
                ("policy", &quote::yaml(policy)),
                ("listeners", &listeners),
            ],
        )
    }
}
