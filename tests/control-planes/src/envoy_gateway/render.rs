//! What `peergate render envoy-gateway` prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::GATEWAY;

/// Prints the manifests for a policy.
///
/// # Errors
/// What it says against the policy.
pub(super) fn render(
    policy: &Value,
    directory: &Path,
    module: &str,
    arguments: &[String],
) -> Result<String, String> {
    let policy_file = directory.join("policy.json");
    fs::write(&policy_file, policy.to_string()).expect("a policy");
    let Output { status, stdout, stderr } = Command::new(workspace().join("target/debug/peergate"))
        .args(["render", "envoy-gateway", "--policy"])
        .arg(policy_file)
        .args(["--gateway", GATEWAY, "--url", module])
        .args(arguments)
        .output()
        .expect("target/debug/peergate: run `cargo build -p peergate-cli` first");
    match status.success() {
        true => Ok(String::from_utf8(stdout).expect("UTF-8")),
        false => Err(String::from_utf8_lossy(&stderr).into_owned()),
    }
}

/// The module as it is shipped.
pub(super) fn module() -> Vec<u8> {
    let path = workspace().join("target/peergate/peergate_http.wasm");
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run scripts/build", path.display()))
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Another build of it: the same code, and a custom section that says so.
pub(super) fn another_module() -> Vec<u8> {
    let mut module = module();
    // A name of five bytes, and two of contents.
    module.extend(b"\0\x08\x05build!!");
    module
}
