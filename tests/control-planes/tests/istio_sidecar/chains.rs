//! What stands in every filter chain.

use peergate_control_planes::istio::{Mesh, Sidecar};
use serde_json::Value;

use crate::callers::policy;

const PLUGIN: &str = "extensions.istio.io/wasmplugin/shop.peergate-orders";
const MANAGER: &str = "envoy.filters.network.http_connection_manager";

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_has_a_guard_and_no_way_out_has_the_filter() {
    let mesh = Mesh::default();
    let sidecar = Sidecar::start(&mesh, &policy(&mesh, "checkout"), &[]).await;
    let (mut managers, mut proxies) = (0, 0);
    let names = |filters: &Value| -> Vec<String> {
        let filters = filters.as_array().into_iter().flatten();
        filters.map(|filter| filter["name"].as_str().unwrap().to_owned()).collect()
    };
    let listeners = sidecar.listeners().await;
    // Where a pod's network sends what comes for the application.
    assert!(listeners.iter().any(|listener| listener["name"] == "virtualInbound"));
    for listener in &listeners {
        let is_inbound = listener["traffic_direction"] == "INBOUND";
        let chains = listener["filter_chains"].as_array().into_iter().flatten();
        for chain in chains.chain(Some(&listener["default_filter_chain"])) {
            let filters = names(&chain["filters"]);
            let place = format!("{} {}: {filters:?}", listener["name"], chain["name"]);
            let manager = filters.iter().position(|name| name == MANAGER);
            let config = manager.map(|at| &chain["filters"][at]["typed_config"]);
            let http = config.map_or_else(Vec::new, |config| names(&config["http_filters"]));
            if !is_inbound {
                assert!(!http.iter().any(|name| name == PLUGIN), "{place}");
                continue;
            }
            match config {
                Some(config) => {
                    managers += 1;
                    let at = |name: &str| http.iter().position(|one| one == name);
                    assert_eq!(at(PLUGIN), Some(0), "{place}: {http:?}");
                    assert_eq!(at("peergate-guard").unwrap() + 2, http.len(), "{place}: {http:?}");
                    let details = &config["set_current_client_cert_details"];
                    assert_eq!((&details["chain"], &details["uri"]), (&true.into(), &true.into()));
                    assert_eq!(config["merge_slashes"], true);
                }
                None if filters.is_empty() => {}
                None => {
                    proxies += 1;
                    let expected = ["peergate-tcp-guard", "envoy.filters.network.tcp_proxy"];
                    assert_eq!(filters, expected, "{place}");
                }
            }
        }
    }
    assert!(managers >= 3 && proxies >= 3, "{managers} {proxies}");
}
