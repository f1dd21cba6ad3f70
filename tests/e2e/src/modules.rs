//! Other builds of the filter for a gateway that runs.

use std::fs;

use serde_json::Value;

use crate::gateway::Gateway;
use crate::live::{POLICY_FILE, replace_policy};

impl Gateway {
    /// Replaces the filter's module by a changed copy of it under a new name, as an upgrade does, and waits
    /// until Envoy has taken it.
    pub async fn change_module(&self, name: &str, change: impl FnOnce(&[u8]) -> Vec<u8>) {
        let before = self.reloads().await;
        let text = fs::read_to_string(self.directory().join(POLICY_FILE)).expect("a resource");
        let mut resource: Value = serde_saphyr::from_str(&text).expect("YAML");
        let vm = &mut resource["resources"][0]["typed_config"]["config"]["vm_config"];
        let filename = &mut vm["code"]["local"]["filename"];
        let old = fs::read(filename.as_str().expect("a path")).expect("a module");
        let path = self.directory().join(name);
        fs::write(&path, change(&old)).expect("written");
        *filename = path.to_str().expect("a path in UTF-8").into();
        replace_policy(self.directory(), &resource.to_string());
        self.wait(|| self.discovery("config_reload") > before).await;
    }
}

/// The same module with a custom section more: it does the same, and is another to Envoy.
pub fn another_build(module: &[u8], name: &str) -> Vec<u8> {
    // Section 0: its size, the length of the name, the name. All of it is shorter than 128 bytes.
    let length = u8::try_from(name.len()).expect("a short name");
    let section = [&[0, length + 1, length], name.as_bytes()].concat();
    [module, &section].concat()
}
