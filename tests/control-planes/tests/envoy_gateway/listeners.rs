//! Gateways of several listeners.

use std::net::SocketAddr;

use peergate_control_planes::envoy_gateway::{HOST, OTHER_HOST, Setup, told};
use peergate_lab::pki::Identity;

use crate::people::People;

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
