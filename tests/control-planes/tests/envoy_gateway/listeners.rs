//! Gateways of several listeners.

use std::net::SocketAddr;

use peergate_control_planes::envoy_gateway::{HOST, OTHER_HOST, Setup, http_route, redirect};
use peergate_control_planes::{People, told};
use peergate_lab::client::Client;
use peergate_lab::pki::Identity;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn one_name_for_each_port_covers_every_host_there() {
    let people = People::new();
    let policy = people.policy();
    // `https` and `admin` share a port, `other` has its own.
    let gateway = Setup::new(&people.authority, &policy)
        .host(HOST)
        .listener("admin", Some(OTHER_HOST))
        .listener("other", None)
        .arguments(["--listener=https,other"])
        .start()
        .await;
    let addresses = gateway.addresses();
    let [first, _, other] = addresses[..] else { panic!("{addresses:?}") };
    let ask = async |identity: Option<&Identity>, address: SocketAddr, host: &str| {
        let client = gateway.client(identity).server_name(host);
        let mut h1 = client.h1(address).await.expect("a connection");
        let response = h1.get(host, "/employee", &[]).await.expect("an answer");
        (response.status, told(&response))
    };
    let places = [(first, HOST), (first, OTHER_HOST), (other, HOST), (other, OTHER_HOST)];
    let answers = async |identity: Option<&Identity>, status: u16, told: &str| {
        for (address, host) in places {
            let wanted = (status, told.to_owned());
            gateway.wait(async || ask(identity, address, host).await == wanted).await;
        }
    };
    answers(Some(&people.alice), 200, "alice").await;
    answers(Some(&people.bob), 403, "certificate_not_allowed").await;
    answers(None, 403, "certificate_required").await;
    gateway.apply_rendered(&gateway.applied_without("EnvoyExtensionPolicy"));
    answers(Some(&people.alice), 403, "RBAC: access denied").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_tls_is_an_api_like_any_other() {
    let people = People::new();
    let mut policy = people.policy();
    let host = HOST.replace('.', "_");
    let redirects = json!({
        "name": "redirects", "match": { "virtual_hosts": [format!("default/eg/http/{host}")] }, "policy": "open",
    });
    policy["apis"].as_array_mut().expect("a list").insert(0, redirects);
    let mut api = http_route("api", HOST, &["/"]);
    api["spec"]["parentRefs"][0]["sectionName"] = "https".into();
    let gateway = Setup::new(&people.authority, &policy)
        .plain_listener("http")
        .routes(vec![
            redirect("redirect", "http", HOST),
            redirect("other-redirect", "http", OTHER_HOST),
            api,
        ])
        .arguments(["--listener=https,http"])
        .start()
        .await;
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;
    let plain = gateway.addresses()[1];
    let ask = async |host: &str| {
        let mut h1 = Client::plaintext().h1(plain).await.expect("a connection");
        h1.get(host, "/employee", &[]).await.expect("an answer")
    };
    let response = ask(HOST).await;
    assert_eq!(response.status, 302);
    assert!(response.header("location").is_some_and(|it| it.starts_with("https://")));
    // One that no API is for.
    let response = ask(OTHER_HOST).await;
    assert_eq!((response.status, &*told(&response)), (403, "no_tls"));
}
