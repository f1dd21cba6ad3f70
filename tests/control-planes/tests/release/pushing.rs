//! An image's way into a registry.

use std::fs;

use peergate_control_planes::Registry;
use tempfile::TempDir;

#[test]
fn an_image_is_pushed_once_and_again() {
    let nobody = TempDir::new().expect("a directory");
    let registry = Registry::open();
    let once = registry.push("peergate/http:0.1.0", nobody.path()).expect("pushed");
    assert_eq!(registry.push("peergate/http:0.1.0", nobody.path()).expect("pushed"), once);
    let other = registry.push("peergate/http:latest", nobody.path()).expect("pushed");
    assert_eq!(other.digest, once.digest);
}

#[test]
fn a_password_is_that_which_docker_keeps() {
    let docker = TempDir::new().expect("a directory");
    let registry = Registry::with_password("registry");
    let error = registry.push("peergate/http:0.1.0", docker.path()).unwrap_err();
    assert!(error.contains(&registry.tag("peergate/http:0.1.0")), "{error}");
    assert!(error.to_lowercase().contains("auth"), "{error}");

    let file = docker.path().join("config.json");
    fs::write(&file, registry.docker_config().to_string()).expect("written");
    registry.push("peergate/http:0.1.0", docker.path()).expect("pushed");
    let wrong = registry.docker_config().to_string().replace("\"auth\":\"", "\"auth\":\"x");
    fs::write(&file, wrong).expect("written");
    assert!(registry.push("peergate/http:0.2.0", docker.path()).is_err());
}
