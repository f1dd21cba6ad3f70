//! What Prometheus is shown of an Envoy from elsewhere.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use peergate_control_planes::Program;
use peergate_lab::client::Client;
use peergate_lab::envoy::{Envoy, free_port};
use tempfile::TempDir;

#[tokio::test]
async fn the_listener_shows_the_metrics_and_nothing_else() {
    let directory = TempDir::new().unwrap();
    let (admin, listener) = (free_port(), free_port());
    let bootstrap = directory.path().join("bootstrap.yaml");
    let address = format!("socket_address: {{ address: 127.0.0.1, port_value: {admin} }}");
    fs::write(&bootstrap, format!("admin: {{ address: {{ {address} }} }}")).unwrap();
    let shipped = fs::read_to_string(super::shipped("prometheus/listener.yaml")).unwrap();
    let merged = shipped.replace("9901", &admin.to_string());
    let merged = merged.replace("9902", &listener.to_string());
    let mut envoy =
        Program::start(
            Command::new(Envoy::binary("1.40.0").unwrap())
                .arg("--config-path")
                .arg(bootstrap)
                .args(["--config-yaml", &merged, "--disable-hot-restart", "--concurrency", "1"]),
            &directory.path().join("envoy.log"),
        )
        .unwrap();
    envoy.wait_for("starting workers", Duration::from_secs(30));

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, listener));
    let mut connection = Client::plaintext().h1(address).await.unwrap();
    for (method, path, status) in [
        ("GET", "/stats/prometheus", 200),
        ("GET", "/stats/prometheus?usedonly", 200),
        ("GET", "/stats", 404),
        ("GET", "/config_dump", 404),
        ("GET", "/stats/prometheus/../../config_dump", 404),
        ("POST", "/quitquitquit", 404),
    ] {
        let answer = connection.request(method, "localhost", path, &[], b"").await.unwrap();
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(status != 200 || answer.text().contains("envoy_server_live"), "{path}");
    }
}
