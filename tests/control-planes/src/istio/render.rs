//! What `peergate render istio` prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Where the server's certificate, its key, and an authority are.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) authority: PathBuf,
}

/// Prints the manifests for a policy.
pub(super) fn render(
    policy: &Value,
    directory: &Path,
    module: &str,
    arguments: &[String],
) -> Result<String, String> {
    let own = ["--credential", CREDENTIAL, "--url", module];
    let arguments: Vec<&str> = own.into_iter().chain(arguments.iter().map(|it| &**it)).collect();
    printed("istio", policy, directory, &arguments)
}

/// Prints what is rendered for a target.
pub(super) fn printed(
    target: &str,
    policy: &Value,
    directory: &Path,
    arguments: &[&str],
) -> Result<String, String> {
    let policy_file = directory.join("policy.json");
    fs::write(&policy_file, policy.to_string()).expect("a policy");
    let Output { status, stdout, stderr } = Command::new(workspace().join("target/debug/peergate"))
        .args(["render", target, "--policy"])
        .arg(policy_file)
        .args(arguments)
        .output()
        .expect("target/debug/peergate: run `cargo build -p peergate-cli` first");
    match status.success() {
        true => Ok(String::from_utf8(stdout).expect("UTF-8")),
        false => Err(String::from_utf8_lossy(&stderr).into_owned()),
    }
}

/// The same manifests with files in place of the Secret: what [`super::Setup`] tells of.
///
/// # Panics
/// If there is not exactly one Secret.
pub(super) fn with_files(manifests: &str, files: &Files) -> String {
    let line = format!("      credentialName: \"{CREDENTIAL}\"\n");
    assert_eq!(manifests.matches(&line).count(), 1, "one credentialName in:\n{manifests}");
    let Files { certificate, key, authority } = files;
    let fields =
        [("serverCertificate", certificate), ("privateKey", key), ("caCertificates", authority)];
    let lines =
        fields.map(|(name, path)| format!("      {name}: {:?}\n", path.display().to_string()));
    manifests.replace(&line, &lines.concat())
}

/// The module as it is shipped.
pub(super) fn module() -> Vec<u8> {
    let path = workspace().join("target/peergate/peergate_http.wasm");
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}: run scripts/build", path.display()))
}

pub(super) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

const CREDENTIAL: &str = "api-tls";
