//! The agent of a real Istio pulls the image.

use std::fs;

use peergate_control_planes::istio::{Gateway, HOST, Setup, UPSTREAM, service};
use peergate_control_planes::{Pushed, Registry};
use peergate_lab::pki::Identity;
use serde_json::json;

use crate::people::{People, REFUSED, WRONG, docker_config};

/// A gateway whose module is at a URL.
async fn gateway(people: &People, url: &str, arguments: &[&str]) -> Gateway {
    let setup = Setup::new(&people.authority, &people.policy).module(url);
    setup.arguments(arguments.iter().copied()).start().await
}

/// Waits until a client is answered so.
async fn settle(gateway: &Gateway, client: &Identity, (status, told): (u16, &str)) {
    let due = (status, told.to_owned());
    let mut reminded = false;
    let is_settled = async || {
        let answer = gateway.ask_host(HOST, client, "/").await;
        // What istiod reads while it starts it sometimes serves without the services that are in it, until one of
        // them changes.
        if answer.0 == 503 && !reminded {
            reminded = true;
            let mut upstream = service(UPSTREAM, gateway.upstream.address());
            upstream["metadata"]["labels"] = json!({ "once": "more" });
            gateway.apply_resource(UPSTREAM, &upstream);
        }
        answer == due
    };
    gateway.wait(is_settled).await;
    assert_eq!(gateway.ask(Some(client), "/").await, due);
}

/// That the module at a URL decides.
async fn serves(url: &str, arguments: &[&str]) {
    let people = People::new();
    let gateway = gateway(&people, url, arguments).await;
    settle(&gateway, &people.alice, (200, "alice")).await;
    settle(&gateway, &people.bob, (403, "certificate_not_allowed")).await;
}

/// That nobody passes, and why.
async fn refuses(url: &str, arguments: &[&str], why: &str) {
    let people = People::new();
    let gateway = gateway(&people, url, arguments).await;
    settle(&gateway, &people.alice, REFUSED).await;
    assert!(gateway.log().contains(why), "{why}: {}", gateway.story());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_pulled_by_tag_and_by_digest() {
    let registry = Registry::open();
    let Pushed { by_tag, by_digest, digest } =
        registry.push("peergate/http:0.1.0", &docker_config()).expect("pushed");
    serves(&by_tag, &[&format!("--sha256={digest}")]).await;
    serves(&by_digest, &[]).await;
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
async fn a_password_is_used() {
    let registry = Registry::with_password("https://registry.example.com");
    let other = Registry::with_password("registry");
    let file = docker_config().join("config.json");
    let mut config = registry.docker_config();
    let auths = config["auths"].as_object_mut().expect("an object");
    auths.extend(other.docker_config()["auths"].as_object().expect("an object").clone());
    fs::write(&file, config.to_string()).expect("written");
    let push = |registry: &Registry| registry.push("peergate/http:0.1.0", &docker_config());
    let pushed = push(&registry).expect("pushed");
    serves(&pushed.by_tag, &[&format!("--sha256={}", pushed.digest)]).await;
    // The agent takes a realm for a URL, whatever the kind of authentication, and refuses all others.
    let other = push(&other).expect("pushed");
    refuses(&other.by_tag, &[], "rejected unsafe bearer realm").await;
    fs::remove_file(&file).expect("it is there");
    refuses(&pushed.by_tag, &[], "UNAUTHORIZED").await;
}
