//! The example of `envoy-config`, started as it is but for its paths and ports.

use std::fs;
use std::path::Path;

use peergate_e2e::People;
use peergate_lab::client::{Client, Request};
use peergate_lab::envoy::{Envoy, free_port};
use peergate_lab::pki::Leaf;
use peergate_lab::upstream::Upstream;

#[tokio::test]
async fn the_example_bootstrap_decides() {
    let people = People::new();
    let directory = tempfile::TempDir::new().unwrap();
    let upstream = Upstream::start("upstream").unwrap();
    let (listener, place) = (free_port(), directory.path().to_str().unwrap());
    let server = people.authority.issue(Leaf::server("api.example.com"));
    server.write(directory.path(), "tls").unwrap();
    fs::rename(directory.path().join("tls.pem"), directory.path().join("tls.crt")).unwrap();

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = root.join("target/peergate/peergate_http.wasm").canonicalize().unwrap();
    let at_home = |name: &str| {
        let text = fs::read_to_string(root.join("envoy-config/envoy").join(name)).unwrap();
        let text = text.replace("/etc/envoy/peergate_http.wasm", module.to_str().unwrap());
        let text = text.replace("/etc/envoy", place);
        let text = text.replace("address: \"0.0.0.0\"", "address: \"127.0.0.1\"");
        let text = text.replace("port_value: 8443", &format!("port_value: {listener}"));
        text.replace("port_value: 8080", &format!("port_value: {}", upstream.port()))
    };
    fs::write(directory.path().join("peergate.yaml"), at_home("peergate.yaml")).unwrap();
    let binary = Envoy::binary("1.40.0").unwrap();
    let envoy = Envoy::start(&binary, &at_home("bootstrap.yaml"), directory.path()).unwrap();

    let address = ([127, 0, 0, 1], listener).into();
    let client = Client::new(people.authority.certificate()).server_name("api.example.com");
    for (identity, path, status) in [
        (None, "/status", 200),
        (None, "/catalog", 200),
        (None, "/orders", 403),
        (None, "/orders/health", 200),
        (None, "/", 403),
        (Some(&people.stranger), "/status", 200),
        (Some(&people.stranger), "/catalog", 403),
        (Some(&people.stranger), "/orders", 403),
        (Some(&people.alice), "/orders", 403),
    ] {
        let client = match identity {
            Some(identity) => client.clone().identity(identity),
            None => client.clone(),
        };
        for host in ["api.example.com", "API.example.com.:8443"] {
            let mut h1 = client.h1(address).await.unwrap();
            let answer = h1.get(host, path, &[]).await.unwrap();
            assert_eq!(answer.status, status, "{host}{path}");
            let h2 = client.h2(address).await.unwrap();
            let answer = h2.send(&Request::get(host, path)).await.unwrap();
            assert_eq!(answer.status, status, "{host}{path} over h2");
        }
    }
    assert!(envoy.admin_get("/stats/prometheus").unwrap().contains(r#"api="orders""#));
}
