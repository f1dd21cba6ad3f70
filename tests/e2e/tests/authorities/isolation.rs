//! Two policies in one VM: what one remembers is nothing to the other.

use std::fs;
use std::net::SocketAddr;

use peergate_e2e::{Bootstrap, Gateway, with_policy};
use peergate_lab::client::{H1, Request};
use peergate_lab::envoy::free_port;
use peergate_lab::pki::Identity;
use serde_json::json;

use super::company::{Company, policy_of};
use super::conversation::verdict;

#[tokio::test]
async fn whom_one_policy_remembers_the_other_does_not_admit() {
    let company = Company::new();
    let ca =
        |root: &peergate_lab::pki::Authority| json!({ "ca": root.identity().certificate_pem() });
    let (corporate, partner) = (policy_of(ca(&company.corporate)), policy_of(ca(&company.partner)));
    let other = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let alone = Gateway::start_under("1.40.0", &company.server, &corporate, |_| {});
    let gateway = Gateway::start_under("1.40.0", &company.server, &corporate, |bootstrap| {
        add_listener(bootstrap, other, &partner);
    });
    assert_eq!(machines(&gateway), machines(&alone), "the second policy shares the first one's VM");

    let impostor = company.corporate.impostor().issue(super::company::staff("alice"));
    let clients = [
        (&company.alice, ["allowed", "certificate_not_allowed"]),
        (&company.bob, ["certificate_not_allowed", "allowed"]),
        (&company.carol, ["allowed", "certificate_not_allowed"]),
        (&impostor, ["chain_invalid", "certificate_not_allowed"]),
    ];
    let mut open = Vec::new();
    for (identity, expected) in clients {
        let here = connect(&gateway, identity, gateway.address()).await;
        open.push(([here, connect(&gateway, identity, other).await], expected));
    }
    // In one order and in the other, so that each policy meets clients that the other has seen and not.
    for turn in 0..4 {
        for (connections, expected) in &mut open {
            let sides = if turn % 2 == 0 { [0, 1] } else { [1, 0] };
            for side in sides {
                let request = Request::get("localhost", "/");
                let answer = connections[side].send(&request).await.unwrap();
                assert_eq!(verdict(&answer), expected[side], "side {side}, turn {turn}");
            }
        }
    }

    // A change of one policy leaves the other alone.
    gateway.change_policy(&partner).await;
    for (connections, expected) in &mut open {
        for connection in connections {
            let answer = connection.send(&Request::get("localhost", "/")).await.unwrap();
            assert_eq!(verdict(&answer), expected[1], "after the change");
        }
    }
    assert!(gateway.is_whole());
}

async fn connect(gateway: &Gateway, identity: &Identity, address: SocketAddr) -> H1 {
    gateway.client(Some(identity)).h1(address).await.unwrap()
}

/// How many VMs run.
fn machines(gateway: &Gateway) -> u64 {
    let stats = gateway.envoy.stats("wasm.envoy.wasm.runtime.v8.active").unwrap();
    assert!(!stats.is_empty());
    stats.values().sum()
}

/// A second listener, with a policy of its own in a plugin of the same code and `vm_id`.
fn add_listener(bootstrap: &mut Bootstrap, address: SocketAddr, policy: &serde_json::Value) {
    let name = "peergate-other";
    let mut resource = with_policy(&bootstrap.directory, policy);
    resource["resources"][0]["name"] = name.into();
    resource["resources"][0]["typed_config"]["config"]["name"] = name.into();
    let file = bootstrap.directory.join("other.yaml");
    fs::write(&file, resource.to_string()).unwrap();

    let listeners = bootstrap.config["static_resources"]["listeners"].as_array_mut().unwrap();
    let mut listener = listeners[0].clone();
    listener["name"] = name.into();
    listener["address"]["socket_address"]["port_value"] = address.port().into();
    let filters = &mut listener["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"];
    let filter = &mut filters[0];
    assert_eq!(filter["name"], "peergate");
    filter["name"] = name.into();
    filter["config_discovery"]["config_source"]["path_config_source"]["path"] =
        file.to_str().unwrap().into();
    listeners.push(listener);
}
