//! What else the gateway serves, beside the server that is rendered.

use peergate_control_planes::istio::{HOST, NAMESPACE, Setup, UPSTREAM, route, virtual_service};
use peergate_control_planes::{People, told};
use peergate_lab::client::{Client, Request};
use peergate_lab::envoy::free_port;
use serde_json::{Value, json};

/// A wildcard is a host like others. Another port of the same gateway, in plain text, is judged too.
#[tokio::test(flavor = "multi_thread")]
async fn wildcard_hosts_and_plain_text_are_judged_too() {
    let people = People::new();
    let policy = people.policy();
    let setup = Setup::new(&people.authority, &policy).hosts(&["*.example.com"]);
    let gateway = setup.start().await;
    assert_eq!(gateway.ask(Some(&people.karl), "/employee").await, (200, "karl".to_owned()));
    assert_eq!(gateway.ask(Some(&people.stranger), "/employee").await.0, 403);
    assert_eq!(gateway.ask_host("admin.example.com", &people.karl, "/employee").await.0, 200);

    let plain = free_port();
    gateway.apply_resource("plain", &plain_text(plain, false));
    let mut routes = virtual_service("plain", HOST, &[route("plain", "/")]);
    routes["spec"]["gateways"] = json!(["plain"]);
    gateway.apply_resource("plain-routes", &routes);
    let address = ([127, 0, 0, 1], plain).into();
    gateway.wait(async || Client::plaintext().h1(address).await.is_ok()).await;
    for (path, status, expected) in
        [("/employee", 403, "no_tls"), ("/public", 200, ""), ("/", 403, "no_matching_api")]
    {
        let ask = async || {
            let mut connection = Client::plaintext().h1(address).await.expect("a connection");
            // Whoever writes these himself, in plain text too, gains nothing.
            let request = Request::get(HOST, path)
                .header("x-client-identity", "alice")
                .header("x-forwarded-client-cert", format!("Hash={}", people.alice.fingerprint()));
            let response = connection.send(&request).await.expect("an answer");
            (response.status, told(&response))
        };
        gateway.wait(async || ask().await.0 != 503).await;
        assert_eq!(ask().await, (status, expected.to_owned()), "{path}");
    }
    // Where plain text is sent on to TLS, who is refused is not.
    gateway.apply_resource("plain", &plain_text(plain, true));
    let status = async |path: &str| {
        let mut connection = Client::plaintext().h1(address).await.expect("a connection");
        connection.get(HOST, path, &[]).await.expect("an answer").status
    };
    gateway.wait(async || status("/public").await == 301).await;
    assert_eq!(status("/employee").await, 403);

    let last = gateway.upstream.received().pop().expect("a request");
    assert!(last.header("x-client-identity").is_empty(), "{UPSTREAM}: {last:?}");
    assert!(last.header("x-forwarded-client-cert").is_empty(), "{UPSTREAM}: {last:?}");
}

/// A Gateway for HTTP in plain text.
fn plain_text(port: u16, is_redirected: bool) -> Value {
    json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "metadata": { "name": "plain", "namespace": NAMESPACE },
        "spec": {
            "selector": { "istio": "ingressgateway" },
            "servers": [{
                "port": { "number": port, "name": "http", "protocol": "HTTP" },
                "hosts": ["*"],
                "tls": { "httpsRedirect": is_redirected },
            }],
        },
    })
}
