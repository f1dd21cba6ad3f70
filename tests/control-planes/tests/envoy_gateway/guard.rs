//! What becomes of requests that Envoy leaves the filter out for.

use peergate_control_planes::People;
use peergate_control_planes::envoy_gateway::{
    GATEWAY, Gateway, HOST, LISTENER, NAMESPACE, OTHER_HOST, Setup,
};
use peergate_lab::client::Request;
use serde_json::{Value, json};

/// What the guard answers.
const REFUSED: (u16, &str) = (403, "RBAC: access denied");

/// Another EnvoyExtensionPolicy: a filter of the user's that does nothing.
fn extension(name: &str, target: &Value) -> Value {
    json!({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "EnvoyExtensionPolicy",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": {
            "targetRefs": [target],
            "lua": [{ "type": "Inline", "inline": "function envoy_on_request(handle) end" }],
        },
    })
}

fn target(kind: &str, name: &str) -> Value {
    json!({ "group": "gateway.networking.k8s.io", "kind": kind, "name": name })
}

/// Whether the other host's route is still as it was.
async fn others_pass(gateway: &Gateway, people: &People) {
    let request = Request::get(OTHER_HOST, "/employee");
    let answer = gateway.send(Some(&people.alice), &request).await;
    assert_eq!(answer, (200, "alice".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_takes_the_filters_place_is_refused_by_the_guard() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    let passes = (200, "alice");
    let alice = Some(&people.alice);
    gateway.settle(alice, "/employee", passes).await;

    // For a route, which goes before one for the Gateway.
    gateway.apply_resource("other", &extension("other", &target("HTTPRoute", "api")));
    gateway.settle(alice, "/employee", REFUSED).await;
    assert_eq!(gateway.ask(None, "/public").await, (REFUSED.0, REFUSED.1.to_owned()));
    others_pass(&gateway, &people).await;
    assert!(gateway.count("peergate_guard_rbac.denied").await >= 4);
    assert_eq!(gateway.ask(alice, "/employee?unjudged").await.0, 403);
    let logged = gateway.logged("/employee?unjudged").await;
    assert_eq!((logged.status, &*logged.verdict), (403, ""));
    assert!(logged.details.starts_with("rbac_access_denied"), "{logged:?}");

    // Merged into the one for the Gateway it takes nothing away.
    let mut merged = extension("other", &target("HTTPRoute", "api"));
    merged["spec"]["mergeType"] = "StrategicMerge".into();
    gateway.apply_resource("other", &merged);
    gateway.settle(alice, "/employee", passes).await;

    // For a listener, which goes before one for the Gateway, too.
    let mut listener = target("Gateway", GATEWAY);
    listener["sectionName"] = LISTENER.into();
    gateway.apply_resource("other", &extension("other", &listener));
    gateway.settle(alice, "/employee", REFUSED).await;

    // Another one for the Gateway: the older one holds, of those of one age the first by name.
    gateway.apply_resource("other", &extension("another", &target("Gateway", GATEWAY)));
    gateway.settle(alice, "/employee", REFUSED).await;
    gateway.delete_resource("other");
    gateway.settle(alice, "/employee", passes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_disables_the_filter_is_refused_by_the_guard() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;
    let host = HOST.replace('.', "_");
    let path =
        format!("..virtual_hosts[?(@.name=='{NAMESPACE}/{GATEWAY}/{LISTENER}/{host}')].routes[0]");
    let patch = json!({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "EnvoyPatchPolicy",
        "metadata": { "name": "other", "namespace": NAMESPACE },
        "spec": {
            "targetRef": target("Gateway", GATEWAY),
            "type": "JSONPatch",
            "jsonPatches": [{
                "type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
                "name": format!("{NAMESPACE}/{GATEWAY}/{LISTENER}"),
                "operation": { "op": "remove", "jsonPath": path, "path": "typed_per_filter_config" },
            }],
        },
    });
    gateway.apply_resource("other", &patch);
    gateway.settle(Some(&people.alice), "/employee", REFUSED).await;
    others_pass(&gateway, &people).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_filter_nothing_passes() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;
    let rendered = gateway.applied();
    gateway.apply_rendered(&gateway.applied_without("EnvoyExtensionPolicy"));
    gateway.settle(Some(&people.alice), "/employee", REFUSED).await;
    gateway.apply_rendered(&rendered);
    gateway.settle(Some(&people.alice), "/employee", (200, "alice")).await;
}
