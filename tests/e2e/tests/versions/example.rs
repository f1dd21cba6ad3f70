//! The committed bootstrap for Envoy 1.36, as it is but for its paths.

use std::fs;
use std::path::Path;

use peergate_lab::envoy::Envoy;
use peergate_lab::pki::{Authority, Leaf};
use tempfile::TempDir;

#[test]
fn the_example_is_what_envoy_1_36_takes() {
    let directory = TempDir::new().unwrap();
    let place = directory.path().to_str().unwrap();
    let server = Authority::new("server authority").issue(Leaf::server("api.example.com"));
    server.write(directory.path(), "tls").unwrap();
    fs::rename(directory.path().join("tls.pem"), directory.path().join("tls.crt")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = root.join("target/peergate/peergate_http.wasm").canonicalize().unwrap();
    let at_home = |name: &str| {
        let text = fs::read_to_string(root.join("envoy-config/envoy-1.36").join(name)).unwrap();
        let text = text.replace("/etc/envoy/peergate_http.wasm", module.to_str().unwrap());
        text.replace("/etc/envoy", place)
    };
    fs::write(directory.path().join("peergate.yaml"), at_home("peergate.yaml")).unwrap();
    let binary = Envoy::binary("1.36.4").unwrap();
    let told = Envoy::validate(&binary, &at_home("bootstrap.yaml"), directory.path()).unwrap();
    assert!(told.contains("OK"), "{told}");
}
