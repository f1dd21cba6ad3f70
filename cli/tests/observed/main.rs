//! What is shipped for Prometheus and Grafana goes by metrics that there are, and says what the docs say.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails there")]

mod alerts;
mod dashboard;
mod known;
mod relabel;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A file of the workspace.
fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents of a file in YAML.
fn yaml(path: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rules, recorded and alerting.
fn rules() -> Vec<Value> {
    let [file] = &yaml("envoy-config/prometheus/rules.yaml")[..] else {
        panic!("one document");
    };
    let groups = file["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}
