//! What `peergate render envoy --envoy 1.36` adds.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::gateway::Bootstrap;

impl Bootstrap {
    /// Adds the filter that carries the client's certificate in Envoy 1.36 and 1.37, as the committed
    /// example has it.
    pub fn carry_the_certificate(&mut self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let example = root.join("envoy-config/envoy-1.36/bootstrap.yaml");
        let text = fs::read_to_string(example).expect("the example");
        let example: Value = serde_saphyr::from_str(&text).expect("YAML");
        let filters =
            "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";
        let filters = example.pointer(filters).and_then(Value::as_array).expect("filters");
        let carrier = filters.iter().find(|filter| filter["name"] == "peergate-peer-certificate");
        self.http_filters().insert(0, carrier.expect("the filter").clone());
    }
}
