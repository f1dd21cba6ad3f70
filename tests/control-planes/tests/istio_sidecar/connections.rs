//! Connections that Istio takes for TCP: nobody reads the requests in them.

use peergate_control_planes::istio::{Mesh, Sidecar};
use peergate_control_planes::told;
use peergate_lab::client::{Client, Request};
use serde_json::Value;

use crate::callers::policy;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_past_the_filter_as_tcp() {
    let mesh = Mesh::default();
    let sidecar = Sidecar::start(&mesh, &policy(&mesh, "checkout"), &[]).await;
    let returns = mesh.workload("returns");
    let (caller, silent) = (sidecar.caller(&returns), sidecar.silent(&returns));
    let request = Request::get("orders", "/orders");
    let ask = async |client: &Client, port: u16| sidecar.send(client, port, &request).await;

    // At a port of HTTP it does not matter what the caller says of itself.
    for client in [&caller, &silent] {
        let refused = ask(client, sidecar.ports.http).await.unwrap();
        assert_eq!(told(&refused), "certificate_not_allowed");
    }
    // At one whose protocol is left open it decides whether there is a filter at all.
    let refused = ask(&caller, sidecar.ports.open).await.unwrap();
    assert_eq!(told(&refused), "certificate_not_allowed");
    assert!(ask(&silent, sidecar.ports.open).await.is_err());
    assert!(ask(&silent, sidecar.ports.tcp).await.is_err());
    assert!(sidecar.application.received().is_empty());
    assert_eq!(sidecar.count("peergate_tcp_guard.rbac.denied").await, 2);

    // Without the guard of connections the same caller is served.
    sidecar.edit(|documents| {
        let filter = documents.iter_mut().find(|one| one["kind"] == "EnvoyFilter").unwrap();
        let patches = filter["spec"]["configPatches"].as_array_mut().unwrap();
        patches.retain(|patch| patch["patch"]["value"]["name"] != "peergate-tcp-guard");
    });
    let passes =
        async || ask(&silent, sidecar.ports.open).await.is_ok_and(|answer| answer.status == 200);
    sidecar.wait(passes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_that_are_named_stay_open() {
    let mesh = Mesh::default();
    let policy = policy(&mesh, "checkout");
    // The port is known only once the sidecar listens: any other will do for the arguments.
    let sidecar = Sidecar::start(&mesh, &policy, &["--tcp-ports", "5432"]).await;
    let silent = sidecar.silent(&mesh.workload("returns"));
    let request = Request::get("orders", "/orders");
    assert!(sidecar.send(&silent, sidecar.ports.tcp, &request).await.is_err());
    let tcp = sidecar.ports.tcp;
    sidecar.edit(|documents| {
        let text = Value::from(std::mem::take(documents)).to_string();
        let text =
            text.replace("\"destination_port\":5432", &format!("\"destination_port\":{tcp}"));
        *documents = serde_json::from_str(&text).unwrap();
    });
    let ask = async |port: u16| sidecar.send(&silent, port, &request).await;
    sidecar.wait(async || ask(tcp).await.is_ok_and(|answer| answer.status == 200)).await;
    assert!(ask(sidecar.ports.open).await.is_err());
}
