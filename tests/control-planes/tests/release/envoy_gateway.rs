//! A real Envoy Gateway pulls the image.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use peergate_control_planes::envoy_gateway::{Gateway, NAMESPACE, Setup};
use peergate_control_planes::{Pushed, Registry};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::people::{People, REFUSED, WRONG, docker_config};

/// A Gateway whose module is at a URL.
async fn gateway(people: &People, url: &str, arguments: &[&str], secret: Option<Value>) -> Gateway {
    let setup = Setup::new(&people.authority, &people.policy).module(url);
    let setup = setup.arguments(arguments.iter().copied());
    match secret {
        Some(secret) => setup.resource("secret", secret).start().await,
        None => setup.start().await,
    }
}

/// That the module at a URL decides.
async fn serves(url: &str, arguments: &[&str], secret: Option<Value>) {
    let people = People::new();
    let gateway = gateway(&people, url, arguments, secret).await;
    gateway.settle(Some(&people.alice), "/", (200, "alice")).await;
    gateway.settle(Some(&people.bob), "/", (403, "certificate_not_allowed")).await;
}

/// That nobody passes, and why.
async fn refuses(url: &str, arguments: &[&str], why: &str) {
    let people = People::new();
    let gateway = gateway(&people, url, arguments, None).await;
    gateway.settle(Some(&people.alice), "/", REFUSED).await;
    assert!(gateway.log().contains(why), "{why}: {}", gateway.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_pulled_by_tag_and_by_digest() {
    let registry = Registry::open();
    let Pushed { by_tag, by_digest, digest } =
        registry.push("peergate/http:0.1.0", &docker_config()).expect("pushed");
    serves(&by_tag, &[&format!("--sha256={digest}")], None).await;
    serves(&by_digest, &[], None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_image_than_the_pinned_one_is_refused() {
    let registry = Registry::open();
    let Pushed { by_tag, by_digest, digest } =
        registry.push("peergate/http:0.1.0", &docker_config()).expect("pushed");
    let wrong = format!("--sha256={WRONG}");
    refuses(&by_tag, &[&wrong], "which does not match").await;
    refuses(&by_digest.replace(&digest, WRONG), &[], "could not fetch manifest").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_secret_is_used() {
    let registry = Registry::with_password("registry");
    let docker = TempDir::new().expect("a directory");
    let config = registry.docker_config().to_string();
    std::fs::write(docker.path().join("config.json"), &config).expect("written");
    let pushed = registry.push("peergate/http:0.1.0", docker.path()).expect("pushed");
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "registry", "namespace": NAMESPACE },
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": BASE64_STANDARD.encode(config) },
    });
    let sha256 = format!("--sha256={}", pushed.digest);
    serves(&pushed.by_tag, &[&sha256, "--image-pull-secret=registry"], Some(secret)).await;
    refuses(&pushed.by_tag, &[&sha256], "UNAUTHORIZED").await;
}
