//! Which request it is: Envoy and the policy must not be brought to disagree.

mod paths;

use std::net::SocketAddr;

use peergate_e2e::{Bootstrap, Gateway, POLICY_FILE, People};
use peergate_lab::client::H1;
use peergate_lab::upstream::Upstream;
use serde_json::{Value, json};

/// How an Envoy and its policy may treat the port and the dot of a host, alike.
#[derive(Clone, Copy, Debug)]
enum Setup {
    /// As rendered: the port is ignored in matching, the dot removed.
    Rendered,
    /// As rendered, and the port is removed besides.
    Stripped,
    /// As Envoy is unless told otherwise: both count.
    Plain,
}

#[tokio::test]
async fn no_spelling_of_a_host_reaches_what_is_protected() {
    for (setup, is_public_open) in [
        (Setup::Rendered, true),
        (Setup::Rendered, false),
        (Setup::Stripped, true),
        (Setup::Stripped, false),
        (Setup::Plain, true),
        (Setup::Plain, false),
    ] {
        let protected = Upstream::start("protected").unwrap();
        let people = People::new();
        let gateway = Gateway::start_with(&people, &host_policy(&people, is_public_open), |it| {
            split_hosts(it, &protected, is_public_open);
            match setup {
                Setup::Rendered => {}
                Setup::Stripped => it.connection_manager()["strip_any_host_port"] = true.into(),
                Setup::Plain => {
                    do_not_normalise(it.connection_manager());
                    let routes = it.connection_manager()["route_config"].as_object_mut().unwrap();
                    routes.remove("ignore_port_in_host_matching").unwrap();
                    let policy = it.directory.join(POLICY_FILE);
                    let text = std::fs::read_to_string(&policy).unwrap();
                    let text = text.replace("\"ignore_port\": true", "\"ignore_port\": false");
                    let text = text
                        .replace("\"ignore_trailing_dot\": true", "\"ignore_trailing_dot\": false");
                    std::fs::write(&policy, text).unwrap();
                }
            }
        });
        for name in
            ["public.example.com", "a.wild.example.com", "other.example", "PUBLIC.example.com"]
        {
            for odd in [
                "",
                ":9999",
                ".",
                "..",
                ".:80",
                ":80.",
                ":80:80",
                ".:80.",
                ":80:",
                ":",
                ":x",
                ":080",
                ":+80",
                ":99999999",
                "%00",
                "@evil",
                ", other.example",
                "/",
                "\\",
                ";",
                "?",
                "#",
                "\t",
                "..:80",
                ":80..",
            ] {
                for host in
                    [format!("{name}{odd}"), format!("user@{name}{odd}"), format!(".{name}{odd}")]
                {
                    raw(&gateway, "/", &host).await;
                    let reached = protected.received().len();
                    assert_eq!(
                        reached, 0,
                        "{host:?} ({setup:?}, public is open: {is_public_open})"
                    );
                }
            }
        }
        let open = if is_public_open { "a.b.wild.example.com" } else { "other.example" };
        assert_eq!(raw(&gateway, "/", open).await, Some(200), "{setup:?}");
        assert!(gateway.is_whole());
    }
}

/// One of two: the public hosts, and all others.
fn host_policy(people: &People, is_public_open: bool) -> Value {
    let mut public = json!({ "name": "public", "match": {
        "hosts": ["public.example.com", "*.wild.example.com"],
    } });
    let mut rest = json!({ "name": "rest" });
    let (open, strict) =
        if is_public_open { (&mut public, &mut rest) } else { (&mut rest, &mut public) };
    open["policy"] = "open".into();
    strict["policy"] = "mandatory".into();
    strict["certificate"] = json!({ "allow": ["partners"] });
    json!({
        "version": 1,
        "lists": { "partners": { "entries": [{ "sha256": people.alice.fingerprint() }] } },
        "global": { "authority": { "ignore_port": true, "ignore_trailing_dot": true } },
        "apis": [public, rest],
    })
}

#[tokio::test]
async fn envoys_own_choice_can_be_matched() {
    let people = People::new();
    let mut policy = people.policy();
    policy["apis"] = json!([
        { "name": "by-route", "match": { "routes": ["open-route"] }, "policy": "open" },
        { "name": "by-host", "match": { "virtual_hosts": ["upstream"] },
          "certificate": { "allow": ["partners"] }, "policy": "mandatory" },
    ]);
    let gateway = Gateway::start_with(&people, &policy, |bootstrap| {
        bootstrap.virtual_host()["routes"] = json!([
            { "name": "open-route", "match": { "path": "/open" }, "route": { "cluster": "upstream" } },
            { "match": { "prefix": "/" }, "route": { "cluster": "upstream" } },
        ]);
    });
    assert_eq!(gateway.status(None, "/open").await, 200);
    assert_eq!(gateway.status(None, "/other").await, 403);
    assert_eq!(gateway.status(Some(&people.alice), "/other").await, 200);
    assert_eq!(gateway.status(Some(&people.bob), "/other").await, 403);
}

#[tokio::test]
async fn a_connection_for_one_host_serves_no_other() {
    let people = People::new();
    let mut policy = people.policy();
    policy["global"]["sni"] = "required".into();
    let gateway = Gateway::start_with(&people, &policy, |_| {});
    let client = gateway.client(Some(&people.alice));
    let mut h1 = client.h1(gateway.address()).await.unwrap();
    assert_eq!(h1.get("localhost", "/employee", &[]).await.unwrap().status, 200);
    assert_eq!(h1.get("LOCALHOST:443", "/employee", &[]).await.unwrap().status, 200);
    assert_eq!(h1.get("other.example", "/public", &[]).await.unwrap().status, 421);
    let h2 = client.h2(gateway.address()).await.unwrap();
    assert_eq!(h2.get("other.example", "/public", &[]).await.unwrap().status, 421);
}

/// Sends a request line and host as they are; the status, or `None` if Envoy hung up.
async fn raw(gateway: &Gateway, path: &str, host: &str) -> Option<u16> {
    raw_at(gateway, gateway.address(), path, host).await
}

/// Does so to another of its listeners.
async fn raw_at(gateway: &Gateway, address: SocketAddr, path: &str, host: &str) -> Option<u16> {
    let mut h1: H1 = gateway.client(None).h1(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    h1.send_raw(request.as_bytes()).await.unwrap();
    h1.read_response().await.ok().map(|answer| answer.status)
}

/// Adds the protected cluster.
fn add_cluster(bootstrap: &mut Bootstrap, protected: &Upstream) {
    let clusters = &mut bootstrap.config["static_resources"]["clusters"];
    let mut cluster = clusters[0].clone();
    cluster["name"] = "protected".into();
    cluster["load_assignment"]["cluster_name"] = "protected".into();
    let address = json!({ "address": "127.0.0.1", "port_value": protected.port() });
    cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"] =
        json!({ "socket_address": address });
    clusters.as_array_mut().unwrap().push(cluster);
}

/// Adds a virtual host for the public hosts, and the protected cluster behind it or behind all others.
fn split_hosts(bootstrap: &mut Bootstrap, protected: &Upstream, is_public_open: bool) {
    add_cluster(bootstrap, protected);
    let mut public = bootstrap.virtual_host().clone();
    public["name"] = "public".into();
    public["domains"] = json!(["public.example.com", "*.wild.example.com"]);
    let strict = if is_public_open { bootstrap.virtual_host() } else { &mut public };
    strict["routes"][0]["route"]["cluster"] = "protected".into();
    let hosts = &mut bootstrap.connection_manager()["route_config"]["virtual_hosts"];
    hosts.as_array_mut().unwrap().push(public);
}

/// Leaves hosts and paths as clients send them, which is what Envoy does unless it is told otherwise.
fn do_not_normalise(manager: &mut Value) {
    let manager = manager.as_object_mut().unwrap();
    for name in [
        "normalize_path",
        "merge_slashes",
        "path_with_escaped_slashes_action",
        "strip_trailing_host_dot",
    ] {
        manager.remove(name).unwrap();
    }
}
