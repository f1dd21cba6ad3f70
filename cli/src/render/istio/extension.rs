//! The resource by which Istio loads the filter.

use serde_json::Value;

use crate::failure::Failure;
use crate::render::argument::Module;
use crate::render::quote;
use crate::render::template::fill;

use super::place::Place;

/// Where the module is, and by what kind of resource Istio loads it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Extension {
    #[command(flatten)]
    module: Module,
    /// The resource that loads the module; a traffic-extension is for Istio 1.30 or later
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Kind::WasmPlugin)]
    extension: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    WasmPlugin,
    TrafficExtension,
}

impl Extension {
    /// The resource; `matches` says for what traffic, in lines of its own, all of it if empty.
    ///
    /// # Errors
    /// As [`fill`].
    pub(super) fn render(
        &self,
        document: &Value,
        place: &Place,
        matches: &str,
    ) -> Result<String, Failure> {
        let template = match self.extension {
            Kind::WasmPlugin => include_str!("../templates/istio-wasm-plugin.yaml"),
            Kind::TrafficExtension => include_str!("../templates/istio-traffic-extension.yaml"),
        };
        fill(
            template,
            &[
                ("name", &place.name),
                ("namespace", &place.namespace),
                ("selector", &place.selector),
                ("match", matches),
                ("module", &self.module.istio()),
                ("policy", &quote::yaml(document)),
            ],
        )
    }
}
