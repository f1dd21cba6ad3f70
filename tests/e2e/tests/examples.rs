//! The examples of `envoy-config`, started as they are but for their paths and ports.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use peergate_e2e::{People, registered};
use peergate_lab::client::{Client, Request};
use peergate_lab::envoy::{Envoy, free_port};
use peergate_lab::feed::Feed;
use peergate_lab::pki::{Identity, Leaf};
use peergate_lab::upstream::Upstream;
use tempfile::TempDir;

/// A committed example on a real Envoy: the files of one folder, with other paths and ports.
struct Example {
    envoy: Envoy,
    address: SocketAddr,
    _upstream: Upstream,
    _directory: TempDir,
}

impl Example {
    fn start(people: &People, folder: &str, feed: Option<&Feed>) -> Self {
        let directory = TempDir::new().unwrap();
        let upstream = Upstream::start("upstream").unwrap();
        let (listener, place) = (free_port(), directory.path().to_str().unwrap());
        let server = people.authority.issue(Leaf::server("api.example.com"));
        server.write(directory.path(), "tls").unwrap();
        fs::rename(directory.path().join("tls.pem"), directory.path().join("tls.crt")).unwrap();

        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let modules = root.join("target/peergate").canonicalize().unwrap();
        let at_home = |name: &str| {
            let text = fs::read_to_string(root.join("envoy-config").join(folder).join(name));
            let mut text = text.unwrap();
            for module in ["peergate_http.wasm", "peergate_sync.wasm"] {
                let own = modules.join(module);
                text = text.replace(&format!("/etc/envoy/{module}"), own.to_str().unwrap());
            }
            let text = text.replace("/etc/envoy", place);
            let text = text.replace("address: \"0.0.0.0\"", "address: \"127.0.0.1\"");
            let text = text.replace("port_value: 8443", &format!("port_value: {listener}"));
            let text =
                text.replace("port_value: 8080", &format!("port_value: {}", upstream.port()));
            match feed {
                Some(feed) => text.replace(
                    "address: \"feed.example.com\", port_value: 80",
                    &format!("address: \"127.0.0.1\", port_value: {}", feed.port()),
                ),
                None => text,
            }
        };
        fs::write(directory.path().join("peergate.yaml"), at_home("peergate.yaml")).unwrap();
        let binary = Envoy::binary("1.40.0").unwrap();
        let envoy = Envoy::start(&binary, &at_home("bootstrap.yaml"), directory.path()).unwrap();
        let address = ([127, 0, 0, 1], listener).into();
        Self { envoy, address, _upstream: upstream, _directory: directory }
    }
}

#[tokio::test]
async fn the_dynamic_example_decides() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put(registered(&people.alice, "acme/alice"));
    let example = Example::start(&people, "envoy-dynamic", Some(&feed));
    let client = Client::new(people.authority.certificate()).server_name("api.example.com");
    let ask = async |identity: Option<&Identity>, path: &str| {
        let client = match identity {
            Some(identity) => client.clone().identity(identity),
            None => client.clone(),
        };
        let mut h1 = client.h1(example.address).await.unwrap();
        h1.get("api.example.com", path, &[]).await.unwrap().status
    };
    // The first requests wait for the first load.
    assert_eq!(ask(Some(&people.alice), "/orders").await, 200);
    for (identity, path, status) in [
        (Some(&people.alice), "/events", 200),
        (Some(&people.bob), "/orders", 403),
        (Some(&people.stranger), "/orders", 403),
        (None, "/orders", 403),
        (None, "/peergate/ready", 200),
        (Some(&people.alice), "/other", 403),
    ] {
        assert_eq!(ask(identity, path).await, status, "{path}");
    }
    assert!(example.envoy.admin_get("/stats/prometheus").unwrap().contains(r#"poll="ok""#));
}

#[tokio::test]
async fn the_example_bootstrap_decides() {
    let people = People::new();
    let example = Example::start(&people, "envoy", None);
    let address = example.address;
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
    let metrics = example.envoy.admin_get("/stats/prometheus").unwrap();
    assert!(metrics.contains(r#"api="orders""#));
}
