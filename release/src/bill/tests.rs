use std::path::Path;

use cargo_metadata::MetadataCommand;
use serde_json::Value;

use super::*;
use crate::linked::TARGET;

/// What this workspace's own packages and lock file make of a module that is linked of a few of them.
struct Workspace {
    metadata: Metadata,
    lock: Lockfile,
}

impl Workspace {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let options = ["--locked", "--filter-platform", TARGET].map(str::to_owned);
        let mut command = MetadataCommand::new();
        command.manifest_path(root.join("Cargo.toml")).other_options(options);
        let lock = Lockfile::load(root.join("Cargo.lock")).unwrap();
        Self { metadata: command.exec().unwrap(), lock }
    }

    fn bill(&self, linked: &[&str]) -> Result<Vec<u8>, Box<dyn Error>> {
        let packages = self.metadata.packages.iter();
        let packages = packages.filter(|package| linked.contains(&package.name.as_str()));
        let linked = packages.map(|package| package.id.clone()).collect();
        let module = Module { name: "peergate_http", bytes: b"module", linked: &linked };
        let sources = Sources { metadata: &self.metadata, lock: &self.lock, rust: "1.95.0" };
        let stamp = Stamp { revision: "ab".repeat(20), epoch: 1_700_000_000 };
        write(&module, &sources, &stamp)
    }
}

#[test]
fn a_bill_names_what_is_linked_and_nothing_else() {
    let mut workspace = Workspace::new();
    let linked = ["peergate-http", "peergate-runtime", "peergate", "hex"];
    let written = workspace.bill(&linked).unwrap();
    assert_eq!(written, workspace.bill(&linked).unwrap());
    let text = String::from_utf8(written.clone()).unwrap();
    assert!(!text.contains(env!("CARGO_MANIFEST_DIR")));

    let bill: Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(bill["specVersion"], "1.5");
    assert_eq!(bill["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
    let file = &bill["metadata"]["component"];
    assert_eq!(file["name"], "peergate_http.wasm");
    assert_eq!(file["hashes"][0]["content"], hex::encode(Sha256::digest(b"module")));
    let components = bill["components"].as_array().unwrap();
    let names: Vec<_> = components.iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["peergate-runtime", "peergate", "hex", "rust-std"]);
    let hex = &components[2];
    assert_eq!(hex["purl"], hex["bom-ref"]);
    assert!(hex["purl"].as_str().unwrap().starts_with("pkg:cargo/hex@"));
    assert_eq!(hex["hashes"][0]["content"].as_str().unwrap().len(), 64);
    assert_eq!(hex["licenses"][0]["expression"], "MIT OR Apache-2.0");
    assert!(components[1].get("purl").is_none(), "no registry has it");

    let uses = |name: &str| {
        let nodes = bill["dependencies"].as_array().unwrap();
        let node = nodes.iter().find(|node| node["ref"].as_str().unwrap().contains(name));
        node.unwrap()["dependsOn"].as_array().map_or(0, Vec::len)
    };
    assert_eq!([uses("peergate-http@"), uses("hex@"), uses("rust-std@")], [2, 1, 0]);

    let error = workspace.bill(&["peergate"]).unwrap_err().to_string();
    assert!(error.contains("peergate-http is not among"), "{error}");
    let hex = |package: &&mut Package| package.name.as_str() == "hex";
    workspace.lock.packages.retain(|package| package.name.as_str() != "hex");
    let error = workspace.bill(&linked).unwrap_err().to_string();
    assert!(error.contains("no checksum of hex"), "{error}");
    workspace.metadata.packages.iter_mut().find(hex).unwrap().license = None;
    let error = workspace.bill(&linked).unwrap_err().to_string();
    assert!(error.contains("hex has no licence"), "{error}");
}

#[test]
fn another_module_has_another_number() {
    let linked = BTreeSet::new();
    let number = |name, bytes| serial(&Module { name, bytes, linked: &linked }).unwrap();
    assert_eq!(number("a", b"x"), number("a", b"x"));
    assert_ne!(number("a", b"x"), number("a", b"y"));
    assert_ne!(number("a", b"x"), number("b", b"x"));
}
