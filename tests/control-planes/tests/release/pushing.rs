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
    let other = registry.push("peergate/http:v0.1.0", nobody.path()).expect("pushed");
    assert_eq!(other.digest, once.digest);
}

#[test]
fn a_tag_of_another_image_stays_where_it_is() {
    let nobody = TempDir::new().expect("a directory");
    let registry = Registry::open();
    let ours = registry.push("peergate/http:v0.1.0", nobody.path()).expect("pushed");
    registry.put_another("peergate/http", "v0.1.0", "0.1.0");
    let error = registry.push("peergate/http:0.1.0", nobody.path()).unwrap_err();
    assert!(error.contains(" already, and this image is sha256:"), "{error}");
    assert!(error.contains(&ours.digest) && error.contains("--move-tag"), "{error}");
    let again = registry.push("peergate/http:0.1.0", nobody.path()).unwrap_err();
    assert_eq!(again, error);
    let moved = registry.push_with("peergate/http:0.1.0", nobody.path(), &["--move-tag"]);
    assert_eq!(moved.expect("pushed").digest, ours.digest);
    registry.push("peergate/http:0.1.0", nobody.path()).expect("pushed");
}

#[test]
fn a_tag_is_the_version_of_the_image() {
    let nobody = TempDir::new().expect("a directory");
    let registry = Registry::open();
    for tag in ["0.2.0", "latest", "0.1"] {
        let error = registry.push(&format!("peergate/http:{tag}"), nobody.path()).unwrap_err();
        assert!(error.contains("the tag has to be 0.1.0 or v0.1.0"), "{error}");
    }
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
    assert!(registry.push("peergate/http:v0.1.0", docker.path()).is_err());
}
