//! What a route does that has Envoy skip the plugin.

use peergate_control_planes::People;
use peergate_control_planes::istio::{NAMESPACE, PLUGIN, Setup, route};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_refuses_where_the_plugin_is_skipped() {
    let people = People::new();
    let policy = people.policy();
    let routes = vec![route("skipped", "/employee/skipped"), route("rest", "/")];
    let gateway = Setup::new(&people.authority, &policy).routes(routes).start().await;
    assert_eq!(gateway.ask(Some(&people.alice), "/employee/skipped").await.0, 200);

    gateway.apply_resource("skip", &json!({
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": { "name": "skip", "namespace": NAMESPACE },
        "spec": {
            "workloadSelector": { "labels": { "istio": "ingressgateway" } },
            "configPatches": [{
                "applyTo": "HTTP_ROUTE",
                "match": { "context": "GATEWAY", "routeConfiguration": { "vhost": { "route": { "name": "skipped" } } } },
                "patch": { "operation": "MERGE", "value": { "typed_per_filter_config": { PLUGIN: {
                    "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true,
                } } } },
            }],
        },
    }));
    let refused = (403, "RBAC: access denied".to_owned());
    gateway.wait_for(&people.alice, "/employee/skipped", 403).await;
    for identity in [Some(&people.alice), Some(&people.bob), None] {
        assert_eq!(gateway.ask(identity, "/employee/skipped?refused").await, refused);
    }
    assert!(gateway.count("peergate_guard_rbac.denied").await >= 6);
    let logged = gateway.logged("/employee/skipped?refused").await;
    assert_eq!(logged.details, "rbac_access_denied_matched_policy[none]");
    assert_eq!(logged.verdict, "");
    assert_eq!(gateway.ask(Some(&people.alice), "/employee").await, (200, "alice".to_owned()));
}
