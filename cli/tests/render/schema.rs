//! The schemas that a Kubernetes API server would hold manifests against.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};

/// Kinds whose definitions a folder may leave out. Istio's `crd-all.gen.yaml` has all of them.
const SELDOM: [&str; 3] = ["DestinationRule", "PeerAuthentication", "ServiceEntry"];

/// Custom resource definitions.
pub(crate) struct Schemas(Vec<Value>);

impl Schemas {
    /// Reads the definitions in `PEERGATE_CRDS`, or beside the workspace. Says so if there are none.
    pub(crate) fn find() -> Option<Self> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/crds");
        let directory = env::var_os("PEERGATE_CRDS").map_or_else(beside, PathBuf::from);
        let Ok(entries) = fs::read_dir(&directory) else {
            eprintln!("skipped: no schemas in {}; set PEERGATE_CRDS", directory.display());
            return None;
        };
        let paths = entries.map(|entry| entry.unwrap().path());
        let files = paths.filter(|path| path.extension().is_some_and(|suffix| suffix == "yaml"));
        let read = |path| serde_saphyr::from_multiple(&fs::read_to_string(path).unwrap()).unwrap();
        Some(Self(files.flat_map(|path| -> Vec<Value> { read(path) }).collect()))
    }

    /// What an API server would say. A kind without a schema is a problem, too, but for the [`SELDOM`] ones.
    pub(crate) fn problems(&self, document: &Value) -> Vec<String> {
        let (group, version) = document["apiVersion"].as_str().unwrap().split_once('/').unwrap();
        let kind = document["kind"].as_str().unwrap();
        if SELDOM.contains(&kind) && !self.0.iter().any(|one| one["spec"]["names"]["kind"] == kind)
        {
            eprintln!("skipped: no schema of {kind}");
            return Vec::new();
        }
        let spec = self
            .0
            .iter()
            .map(|definition| &definition["spec"])
            .find(|spec| spec["group"] == group && spec["names"]["kind"] == document["kind"]);
        let versions = spec.and_then(|spec| spec["versions"].as_array()).into_iter().flatten();
        let Some(served) =
            versions.into_iter().find(|one| one["name"] == version && one["served"] == true)
        else {
            return vec![format!("no schema for {group}/{version}")];
        };
        let mut schema = served["schema"]["openAPIV3Schema"].clone();
        close(&mut schema);
        // Some definitions leave out what every resource has.
        schema["properties"]["apiVersion"] = json!({ "type": "string" });
        schema["properties"]["kind"] = json!({ "type": "string" });
        let names = json!({ "name": { "type": "string" }, "namespace": { "type": "string" } });
        schema["properties"]["metadata"] = json!({
            "type": "object", "properties": names, "required": ["name", "namespace"],
            "additionalProperties": false,
        });
        schema["required"] = json!(["apiVersion", "kind", "metadata", "spec"]);
        let validator = jsonschema::draft4::new(&schema).unwrap();
        let problems = validator.iter_errors(document);
        problems.map(|problem| format!("{}: {problem}", problem.instance_path())).collect()
    }
}

/// Forbids what the API server would drop in silence: members that no schema names.
fn close(schema: &mut Value) {
    let keeps = schema["x-kubernetes-preserve-unknown-fields"] == true;
    let Some(schema) = schema.as_object_mut() else { return };
    if schema.contains_key("properties") && !keeps && !schema.contains_key("additionalProperties") {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flat_map(|properties| properties.values_mut()).for_each(close);
    for name in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(name) {
            close(inner);
        }
    }
}
