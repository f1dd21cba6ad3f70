//! Several APIs on one Gateway, told apart by what Envoy Gateway makes of hosts and routes.

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::{Gateway, HOST, OTHER_HOST, Setup, http_route};
use peergate_lab::client::Request;
use serde_json::{Value, json};

/// An API of one client.
fn api(name: &str, rule: Value) -> Value {
    json!({ "name": name, "match": rule, "certificate": { "allow": [name] }, "policy": "mandatory" })
}

#[tokio::test(flavor = "multi_thread")]
async fn apis_are_told_apart_by_virtual_host_route_host_and_path() {
    let people = People::new();
    let mut policy = people.policy_of(json!([
        api("admin", json!({ "virtual_hosts": [Gateway::virtual_host(OTHER_HOST)] })),
        api("orders", json!({ "routes": [Gateway::route("orders", 1, HOST)] })),
        api("employee", json!({ "hosts": [HOST], "path_prefix": "/employee" })),
        api("partner", json!({ "path_prefix": "/partner" })),
    ]));
    let clients =
        [("admin", &people.alice), ("orders", &people.bob), ("employee", &people.stranger)];
    let clients = [&clients[..], &[("partner", &people.karl)]].concat();
    let list = |(name, client): &(&str, &peergate_lab::pki::Identity)| {
        let entry = json!({ "spki_sha256": client.spki_sha256(), "identity": name });
        ((*name).to_owned(), json!({ "entries": [entry] }))
    };
    policy["lists"] = clients.iter().map(list).collect();
    let gateway = Setup::new(&people.authority, &policy)
        .routes(vec![
            http_route("admin", OTHER_HOST, &["/"]),
            // The first rule's route has another name.
            http_route("orders", HOST, &["/basket", "/orders"]),
            http_route("api", HOST, &["/"]),
        ])
        .start()
        .await;
    for (name, client) in &clients {
        for (api, host, path) in [
            ("admin", OTHER_HOST, "/orders"),
            ("orders", HOST, "/orders"),
            ("employee", HOST, "/employee"),
            ("partner", HOST, "/partner/x"),
        ] {
            // Envoy, and with it the policy, looks at hosts without their port.
            for host in [host.to_owned(), format!("{host}:1")] {
                let answer = gateway.send(Some(client), &Request::get(&host, path)).await;
                let expected = match api == *name {
                    true => (200, api.to_owned()),
                    false => (403, "certificate_not_allowed".to_owned()),
                };
                assert_eq!(answer, expected, "{name} at {host}{path}");
            }
        }
        let refused = (403, "no_matching_api".to_owned());
        assert_eq!(gateway.ask(Some(client), "/basket").await, refused);
    }
    let logged = gateway.logged("/basket").await;
    assert_eq!(logged.route, Gateway::route("orders", 0, HOST));
    assert_eq!(logged.virtual_host, Gateway::virtual_host(HOST));
}
