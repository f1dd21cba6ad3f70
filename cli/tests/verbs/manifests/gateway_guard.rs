use serde_json::{Value, json};

use super::{GATEWAY, expect, expect_one, found, kind, resource};

const PATCH: &str = "EnvoyPatchPolicy default/peergate: spec.jsonPatches";

fn patches(documents: &mut [Value]) -> &mut Vec<Value> {
    kind(documents, "EnvoyPatchPolicy")["spec"]["jsonPatches"].as_array_mut().unwrap()
}

fn guard(name: &str, change: impl FnOnce(&mut Value)) -> super::Found {
    found(&format!("eg-guard-{name}"), &GATEWAY, |it| change(&mut patches(it)[0]))
}

/// A Gateway, by its listeners' names, ports and protocols.
fn gateway(listeners: &[(&str, u64, &str)]) -> Value {
    let listeners: Vec<Value> = listeners
        .iter()
        .map(|(name, port, protocol)| json!({ "name": name, "port": port, "protocol": protocol }))
        .collect();
    let spec = json!({ "gatewayClassName": "eg", "listeners": listeners });
    resource("gateway.networking.k8s.io/v1", "Gateway", "default", "eg", spec)
}

#[test]
fn a_guard_stands_behind_the_plugin() {
    let none = found("eg-no-guard", &GATEWAY, |it| drop(patches(it).remove(0)));
    expect_one(
        &none,
        "error: EnvoyExtensionPolicy default/peergate: spec.targetRefs[0]: the listener default/eg/https has no guard",
    );
    for (name, field, value, why) in [
        (
            "type",
            "/type",
            json!("type.googleapis.com/envoy.config.cluster.v3.Cluster"),
            "it patches a Cluster",
        ),
        ("op", "/operation/op", json!("replace"), "its operation and paths put no filter there"),
        (
            "jwt",
            "/operation/jsonPath",
            json!("..http_filters[?(@.name=='envoy.filters.http.cors')]"),
            "before envoy.filters.http.cors it",
        ),
    ] {
        let found = guard(name, |patch| *patch.pointer_mut(field).unwrap() = value);
        expect(
            &found,
            &format!(
                "error: {PATCH}[0]: is no guard behind peergate for the listener default/eg/https: {why}"
            ),
        );
    }
    for (name, path, why) in [
        ("end", "/-", "it stands behind the router"),
        ("zero", "0", "it stands ahead of all filters"),
    ] {
        let found = guard(name, |patch| {
            patch["operation"]["jsonPath"] = "..http_filters".into();
            patch["operation"]["path"] = path.into();
        });
        expect_one(
            &found,
            &format!(
                "error: {PATCH}[0]: is no guard behind peergate for the listener default/eg/https: {why}"
            ),
        );
    }
    let numbered = guard("one", |patch| {
        patch["operation"]["jsonPath"] =
            "..filter_chains[0].filters[0].typed_config.http_filters".into();
        patch["operation"]["path"] = "1".into();
    });
    expect(&numbered, &format!("warning: {PATCH}[0]: puts the guard there by number"));
    expect(&numbered, &format!("warning: {PATCH}[0]: puts the guard into one filter chain alone"));
    let rules = guard("rules", |patch| {
        patch["operation"]["value"]["typed_config"]["rules"]["policies"]["more"] =
            json!({ "permissions": [{ "any": true }], "principals": [{ "any": true }] });
    });
    expect_one(
        &rules,
        &format!(
            "error: {PATCH}[0]: is no guard behind peergate for the listener default/eg/https: it has to let"
        ),
    );
}

#[test]
fn every_listener_has_a_guard() {
    let one = found("eg-one-listener", &GATEWAY, |it| it.push(gateway(&[("https", 443, "HTTPS")])));
    assert_eq!(one, (Some(0), vec![]));
    let shared = [("https", 443, "HTTPS"), ("other", 443, "HTTPS")];
    let shared = found("eg-shared-port", &GATEWAY, |it| it.push(gateway(&shared)));
    assert_eq!(shared, (Some(0), vec![]));
    let second = [("https", 443, "HTTPS"), ("other", 8443, "HTTPS")];
    let second = found("eg-second-port", &GATEWAY, |it| it.push(gateway(&second)));
    expect(&second, "error: Gateway default/eg: the listener default/eg/other has no guard");
    let named = found("eg-named", &GATEWAY, |it| it.push(gateway(&[("first", 443, "HTTPS")])));
    expect(
        &named,
        &format!(
            "error: {PATCH}[0]: is no guard behind peergate for the listener default/eg/first: it is for \"default/eg/https\""
        ),
    );
    let plain = found("eg-plain", &GATEWAY, |it| {
        it.push(gateway(&[("https", 443, "HTTPS"), ("web", 80, "HTTP")]))
    });
    expect(&plain, "error: Gateway default/eg: spec.listeners[1]: has no TLS");
    let passed = found("eg-passed", &GATEWAY, |it| {
        it.push(gateway(&[("https", 443, "HTTPS"), ("tcp", 9000, "TCP")]))
    });
    expect_one(&passed, "warning: Gateway default/eg: spec.listeners[1]: passes connections on");
}

#[test]
fn other_patches_leave_plugin_and_guard_alone() {
    let with = |name: &str, operation: Value| {
        let patch = json!({
            "type": "type.googleapis.com/envoy.config.listener.v3.Listener", "name": "default/eg/https",
            "operation": operation,
        });
        found(&format!("eg-patch-{name}"), &GATEWAY, |it| patches(it).push(patch))
    };
    let removed = with(
        "removed",
        json!({ "op": "remove", "jsonPath": "..http_filters[?(@.name=='peergate-guard')]" }),
    );
    expect_one(&removed, &format!("error: {PATCH}[2]: changes filters that are there"));
    let open = with(
        "open",
        json!({
            "op": "add", "jsonPath": "..http_filters[?(@.typed_config.config.name=='peergate')].typed_config.config",
            "path": "failure_policy", "value": "FAIL_OPEN",
        }),
    );
    expect_one(
        &open,
        &format!("warning: {PATCH}[2]: requests go past peergate where its VM fails"),
    );
    let off = json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true });
    let route = json!({
        "type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": "default/eg/https",
        "operation": { "op": "add", "path": "/virtual_hosts/0", "value": {
            "typed_per_filter_config": { "peergate-guard": off },
        } },
    });
    let route = found("eg-route-off", &GATEWAY, |it| patches(it).push(route));
    expect_one(
        &route,
        &format!(
            "error: {PATCH}[2].operation.value.typed_per_filter_config.peergate-guard: takes the guard away"
        ),
    );
}

#[test]
fn patches_have_to_be_heard() {
    let with = |name: &str, text: &str| {
        let mut map =
            resource("v1", "ConfigMap", "envoy-gateway-system", "envoy-gateway-config", json!({}));
        map["data"] = json!({ "envoy-gateway.yaml": text });
        found(&format!("eg-heard-{name}"), &GATEWAY, |it| it.push(map))
    };
    let deaf = with("deaf", "kind: EnvoyGateway\nextensionApis: {}");
    expect_one(
        &deaf,
        "error: ConfigMap envoy-gateway-system/envoy-gateway-config data.envoy-gateway.yaml: spec.extensionApis: does not say",
    );
    assert_eq!(with("hears", "extensionApis: { enableEnvoyPatchPolicy: true }"), (Some(0), vec![]));
}

#[test]
fn a_policy_of_a_route_takes_the_plugins_place() {
    let policy = |target: Value| {
        let spec = json!({ "targetRefs": [target], "lua": [{ "type": "Inline", "inline": "" }] });
        resource("gateway.envoyproxy.io/v1alpha1", "EnvoyExtensionPolicy", "default", "other", spec)
    };
    let route = json!({ "kind": "HTTPRoute", "name": "orders" });
    let begin = "warning: EnvoyExtensionPolicy default/other: spec.targetRefs[0]: takes the place of the policy";
    let replaced = found("eg-replaced", &GATEWAY, |it| it.push(policy(route.clone())));
    expect_one(&replaced, begin);
    let section = json!({ "kind": "Gateway", "name": "eg", "sectionName": "https" });
    expect_one(&found("eg-replaced-section", &GATEWAY, |it| it.push(policy(section))), begin);
    let merged = found("eg-merged", &GATEWAY, |it| {
        let mut policy = policy(route.clone());
        policy["spec"]["mergeType"] = "StrategicMerge".into();
        it.push(policy);
    });
    assert_eq!(merged, (Some(0), vec![]));
    let elsewhere = found("eg-replaced-elsewhere", &GATEWAY, |it| {
        let parent = json!({ "parentRefs": [{ "name": "other" }] });
        it.push(resource("gateway.networking.k8s.io/v1", "HTTPRoute", "default", "orders", parent));
        it.push(policy(route.clone()));
    });
    assert_eq!(elsewhere, (Some(0), vec![]));
    let unguarded = found("eg-replaced-unguarded", &GATEWAY, |it| {
        patches(it).remove(0);
        it.push(policy(route));
    });
    expect(
        &unguarded,
        "error: EnvoyExtensionPolicy default/other: spec.targetRefs[0]: takes the place",
    );
}

/// `xds.route_name` begins with the prefix of an HTTPRoute.
fn begins(prefix: &str) -> Value {
    let name = json!({ "operand": { "ident_expr": { "name": "xds" } }, "field": "route_name" });
    json!({ "call_expr": { "function": "startsWith", "target": { "select_expr": name },
            "args": [{ "const_expr": { "string_value": prefix } }] } })
}

#[test]
fn a_plugin_for_a_route_has_a_guard_that_lets_other_routes_pass() {
    let others = |prefix: &str| {
        let call = |function: &str, arguments: Value| json!({ "call_expr": { "function": function, "args": arguments } });
        let has = json!({ "select_expr": {
            "operand": { "ident_expr": { "name": "xds" } }, "field": "route_name", "test_only": true,
        } });
        let condition = call("!_", json!([call("_&&_", json!([has, begins(prefix)]))]));
        json!({ "permissions": [{ "any": true }], "principals": [{ "any": true }], "condition": condition })
    };
    let with = |name: &str, prefix: &str| {
        found(&format!("eg-for-route-{name}"), &GATEWAY, |it| {
            for one in ["EnvoyExtensionPolicy", "SecurityPolicy"] {
                kind(it, one)["spec"]["targetRefs"] =
                    json!([{ "kind": "HTTPRoute", "name": "orders" }]);
            }
            let rules = &mut patches(it)[0]["operation"]["value"]["typed_config"]["rules"];
            rules["policies"]["others"] = others(prefix);
        })
    };
    let own = with("own", "httproute/default/orders/");
    assert!(own.1.iter().all(|line| line.starts_with("note: ")), "{own:#?}");
    let all = found("eg-for-route-all", &GATEWAY, |it| {
        for one in ["EnvoyExtensionPolicy", "SecurityPolicy"] {
            kind(it, one)["spec"]["targetRefs"] =
                json!([{ "kind": "HTTPRoute", "name": "orders" }]);
        }
    });
    expect(&all, &format!("warning: {PATCH}[0]: stands before all routes of the listener"));
    let other = with("other", "httproute/default/other/");
    expect(&other, &format!("error: {PATCH}[0]: is no guard behind peergate"));
}
