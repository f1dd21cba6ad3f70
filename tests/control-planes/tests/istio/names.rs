//! What of a request tells APIs apart, where Istio has made up the names.

use peergate_control_planes::People;
use peergate_control_planes::istio::{HOST, NAMESPACE, OTHER_HOST, Setup, route};
use peergate_lab::client::Request;
use peergate_lab::envoy::free_port;
use serde_json::{Value, json};

/// One listener, two hosts, and an API for each way to tell them apart. Each API lets one client pass.
#[tokio::test(flavor = "multi_thread")]
async fn apis_are_told_apart_by_virtual_host_host_route_and_path() {
    let people = People::new();
    let port = free_port();
    let api = |name: &str, matches: Value, list: &str| json!({ "name": name, "match": matches, "certificate": { "allow": [list] }, "policy": "mandatory" });
    let mut policy = people.policy_of(json!([
        api(
            "admin_host",
            json!({ "virtual_hosts": [format!("{OTHER_HOST}:{port}")], "path_prefix": "/v" }),
            "k"
        ),
        api(
            "main_host",
            json!({ "virtual_hosts": [format!("{HOST}:{port}")], "path_prefix": "/v" }),
            "a"
        ),
        api("by_admin_name", json!({ "hosts": [OTHER_HOST], "path_prefix": "/h" }), "k"),
        api("by_name", json!({ "hosts": [HOST], "path_prefix": "/h" }), "a"),
        api("by_route", json!({ "routes": ["orders-route"] }), "k"),
        api("by_other_route", json!({ "routes": ["catalog-route"] }), "a"),
        api("by_path", json!({ "path": "/p/alice" }), "a"),
        api("by_other_path", json!({ "path_prefix": "/p" }), "k"),
    ]));
    policy["lists"]["a"] = json!({ "entries": [
        { "sha256": people.alice.fingerprint(), "identity": "alice" },
    ] });
    policy["lists"]["k"] = json!({ "entries": [
        { "spki_sha256": people.karl.spki_sha256(), "identity": "karl" },
    ] });
    policy["lists"].as_object_mut().expect("lists").remove("partners");
    let routes = vec![
        route("orders-route", "/r/orders"),
        route("catalog-route", "/r/catalog"),
        route("rest", "/"),
    ];
    let setup = Setup::new(&people.authority, &policy).port(port).routes(routes);
    let gateway = setup.start().await;

    let rows = [
        ("main_host", HOST, "/v", "alice"),
        ("admin_host", OTHER_HOST, "/v", "karl"),
        ("by_name", HOST, "/h", "alice"),
        ("by_admin_name", OTHER_HOST, "/h", "karl"),
        ("by_route", HOST, "/r/orders", "karl"),
        ("by_other_route", HOST, "/r/catalog", "alice"),
        ("by_path", HOST, "/p/alice", "alice"),
        ("by_other_path", HOST, "/p/alice/more", "karl"),
    ];
    for (api, host, path, passes) in rows {
        for (name, identity) in [("alice", &people.alice), ("karl", &people.karl)] {
            let expected = match name == passes {
                true => (200, name.to_owned()),
                false => (403, "certificate_not_allowed".to_owned()),
            };
            let path = format!("{path}?{api}-{name}");
            assert_eq!(
                gateway.ask_host(host, identity, &path).await,
                expected,
                "{host}{path}: {:?}",
                gateway.logged(&path).await
            );
        }
    }
    // However the host is written, Envoy and the policy take it for the same.
    for host in [
        format!("{OTHER_HOST}:{port}"),
        format!("{OTHER_HOST}:1"),
        "ADMIN.example.com".to_owned(),
        format!("{OTHER_HOST}."),
    ] {
        for path in ["/v", "/h"] {
            let client = gateway.client(Some(&people.alice)).server_name(OTHER_HOST);
            let mut connection = client.h1(gateway.address()).await.expect("a connection");
            let response = connection.send(&Request::get(&host, path)).await.expect("an answer");
            assert_eq!(response.status, 403, "{host}{path}");
            let client = gateway.client(Some(&people.karl)).server_name(OTHER_HOST);
            let mut connection = client.h1(gateway.address()).await.expect("a connection");
            let response = connection.send(&Request::get(&host, path)).await.expect("an answer");
            assert_eq!(response.status, 200, "{host}{path}: {}", response.text());
        }
    }
    for (api, _, path, name) in rows {
        let logged = gateway.logged(&format!("{path}?{api}-{name}")).await;
        assert!(logged.verdict.contains(&format!("api={api} ")), "{logged:?}");
    }
    assert_eq!(gateway.logged("/r/orders?by_route-karl").await.route, "orders-route");
}

/// A connection is made for one host, and asked for another: the host of the request counts, and where the
/// policy says so the request has to come over a connection of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_the_request_counts_and_not_that_of_the_connection() {
    let people = People::new();
    let mut policy = people.policy_of(json!([
        { "name": "admin", "match": { "hosts": [OTHER_HOST] }, "certificate": { "allow": ["keys"] },
          "policy": "mandatory" },
        { "name": "main", "match": { "hosts": [HOST] }, "policy": "open" },
    ]));
    policy["lists"] = json!({ "keys": { "entries": [
        { "spki_sha256": people.karl.spki_sha256(), "identity": "karl" },
    ] } });
    let gateway = Setup::new(&people.authority, &policy).start().await;
    let ask = async |host: &str| {
        let client = gateway.client(Some(&people.alice));
        let h2 = client.h2(gateway.address()).await.expect("a connection");
        h2.send(&Request::get(host, "/")).await.expect("an answer").status
    };
    assert_eq!((ask(HOST).await, ask(OTHER_HOST).await), (200, 403));

    policy["global"]["sni"] = "required".into();
    gateway.change_policy(&policy).await;
    assert_eq!((ask(HOST).await, ask(OTHER_HOST).await), (200, 421));
}

/// What a route's name becomes where its match has one too, and where its VirtualService is a delegate of
/// another; and that a route without a name has none.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_routes_are_put_together() {
    let people = People::new();
    let api = |name: &str, route: &str| json!({ "name": name, "match": { "routes": [route] }, "policy": "open" });
    let policy = people.policy_of(json!([
        api("plain", "orders"),
        api("with_match", "orders.by-prefix"),
        api("delegated", "root-inner"),
        api("rest", "default"),
    ]));
    let mut matched = route("orders", "/matched");
    matched["match"][0]["name"] = "by-prefix".into();
    let mut unnamed = route("", "/unnamed");
    unnamed.as_object_mut().expect("an object").remove("name");
    let to_delegate = json!({
        "name": "root", "match": [{ "uri": { "prefix": "/delegated" } }],
        "delegate": { "name": "inner", "namespace": NAMESPACE },
    });
    let delegate = json!({
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": { "name": "inner", "namespace": NAMESPACE },
        "spec": { "http": [route("inner", "/delegated/in")] },
    });
    let routes = vec![route("orders", "/plain"), matched, unnamed, to_delegate];
    let setup = Setup::new(&people.authority, &policy).routes(routes).resource("inner", &delegate);
    let gateway = setup.start().await;
    for (path, api) in [
        ("/plain", "plain"),
        ("/matched", "with_match"),
        ("/delegated/in", "delegated"),
        ("/unnamed", "_unmatched"),
        ("/nowhere", "_unmatched"),
    ] {
        gateway.ask(None, path).await;
        let logged = gateway.logged(path).await;
        assert!(logged.verdict.contains(&format!("api={api}")), "{logged:?}");
    }
}
