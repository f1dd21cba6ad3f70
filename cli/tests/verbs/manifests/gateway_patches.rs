//! What patches and targets make of a guard that is right of itself.

use serde_json::{Value, json};

use super::{GATEWAY, expect, expect_one, found, kind, resource};

const PATCH: &str = "EnvoyPatchPolicy default/peergate: spec.jsonPatches";

fn patches(documents: &mut [Value]) -> &mut Vec<Value> {
    kind(documents, "EnvoyPatchPolicy")["spec"]["jsonPatches"].as_array_mut().unwrap()
}

/// What is found with one more patch.
fn with(name: &str, of: &str, operation: &Value) -> super::Found {
    let patch = json!({
        "type": format!("type.googleapis.com/envoy.config.{of}"), "name": "default/eg/https", "operation": operation,
    });
    found(&format!("eg-{name}"), &GATEWAY, |it| patches(it).push(patch))
}

#[test]
fn routes_say_nothing_of_the_guard() {
    let off = json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true });
    let at = "/virtual_hosts/0/routes/0/typed_per_filter_config";
    for (name, path, value, is_told) in [
        ("map", at.to_owned(), json!({ "peergate-guard": off }), true),
        ("own", format!("{at}/peergate-guard"), off.clone(), true),
        ("other-map", at.to_owned(), json!({ "envoy.filters.http.cors": off }), false),
        ("other", format!("{at}/envoy.filters.http.cors"), off.clone(), false),
    ] {
        let operation = json!({ "op": "add", "path": path, "value": value });
        let found = with(&format!("override-{name}"), "route.v3.RouteConfiguration", &operation);
        match is_told {
            true => expect_one(
                &found,
                &format!("error: {PATCH}[2]: changes what routes say of filters"),
            ),
            false => assert_eq!(found, (Some(0), vec![]), "{name}"),
        }
    }
}

/// Has the plugin be for these, with a guard that lets pass what has no route whose name begins so.
fn exempt(documents: &mut [Value], targets: &Value, prefix: &str) {
    let call = |function: &str, arguments: Value| json!({ "call_expr": { "function": function, "args": arguments } });
    let route_name = |is_test: bool| {
        json!({ "select_expr": {
            "operand": { "ident_expr": { "name": "xds" } }, "field": "route_name", "test_only": is_test,
        } })
    };
    let mut begins = call("startsWith", json!([{ "const_expr": { "string_value": prefix } }]));
    begins["call_expr"]["target"] = route_name(false);
    let condition = call("!_", json!([call("_&&_", json!([route_name(true), begins]))]));
    for one in ["EnvoyExtensionPolicy", "SecurityPolicy"] {
        kind(documents, one)["spec"]["targetRefs"] = targets.clone();
    }
    let rules = &mut patches(documents)[0]["operation"]["value"]["typed_config"]["rules"];
    rules["policies"]["others"] = json!({
        "permissions": [{ "any": true }], "principals": [{ "any": true }], "condition": condition,
    });
}

fn exempting(name: &str, targets: &Value, prefix: &str) -> super::Found {
    found(&format!("eg-exempting-{name}"), &GATEWAY, |it| exempt(it, targets, prefix))
}

/// Expects notes at the most.
#[track_caller]
fn expect_good(found: &super::Found) {
    assert!(found.1.iter().all(|line| line.starts_with("note: ")), "{found:#?}");
}

#[test]
fn a_plugin_for_a_gateway_and_a_route_is_for_all_of_the_gateway() {
    let route = json!({ "kind": "HTTPRoute", "name": "orders" });
    let gateway = json!({ "kind": "Gateway", "name": "eg" });
    let prefix = "httproute/default/orders/";
    let both = exempting("both", &json!([route, gateway]), prefix);
    expect(&both, &format!("error: {PATCH}[0]: is no guard behind peergate"));
    expect_good(&exempting("route", &json!([route]), prefix));
    let selecting = found("eg-exempting-selected", &GATEWAY, |it| {
        exempt(it, &json!([route]), prefix);
        kind(it, "EnvoyExtensionPolicy")["spec"]["targetSelectors"] =
            json!([{ "kind": "Gateway", "matchLabels": { "judged": "yes" } }]);
    });
    expect(&selecting, &format!("error: {PATCH}[0]: is no guard behind peergate"));
}

#[test]
fn a_guard_is_for_routes_of_the_plugins_kind() {
    let route = json!([{ "kind": "GRPCRoute", "name": "orders" }]);
    let other = exempting("other-kind", &route, "httproute/default/orders/");
    expect(&other, &format!("error: {PATCH}[0]: is no guard behind peergate"));
    expect_good(&exempting("own-kind", &route, "grpcroute/default/orders/"));
}

#[test]
fn a_guard_stands_before_a_filter_that_is_there() {
    let before = |name: &str, anchor: &str, more: Option<(&str, Value)>| {
        found(&format!("eg-anchor-{name}"), &GATEWAY, |it| {
            patches(it)[0]["operation"]["jsonPath"] =
                format!("..http_filters[?(@.name=='envoy.filters.http.{anchor}')]").into();
            let more = more.map(|(kind, spec)| {
                resource("gateway.envoyproxy.io/v1alpha1", kind, "default", "more", spec)
            });
            it.extend(more);
        })
    };
    let limits = json!({ "rateLimit": { "type": "Local", "local": { "rules": [] } } });
    for (name, anchor, kind, spec) in [
        ("local", "local_ratelimit", "BackendTrafficPolicy", limits.clone()),
        (
            "rbac",
            "rbac",
            "SecurityPolicy",
            json!({ "authorization": {}, "mergeType": "StrategicMerge" }),
        ),
        (
            "gzip",
            "compressor.gzip",
            "BackendTrafficPolicy",
            json!({ "compressor": [{ "type": "Gzip" }] }),
        ),
    ] {
        let alone = before(name, anchor, None);
        expect(
            &alone,
            &format!(
                "error: {PATCH}[0]: is no guard behind peergate for the listener default/eg/https: nothing here has"
            ),
        );
        let made = before(&format!("{name}-made"), anchor, Some((kind, spec)));
        expect_one(
            &made,
            &format!("warning: {PATCH}[0]: puts the guard before envoy.filters.http.{anchor}"),
        );
    }
    let global = before("global", "ratelimit", Some(("BackendTrafficPolicy", limits)));
    expect(&global, &format!("error: {PATCH}[0]: is no guard"));
    assert_eq!(before("router", "router", None), (Some(0), vec![]));
}

#[test]
fn what_filters_are_in_is_left_alone() {
    for (name, op, json_path, path, value, is_told) in [
        ("manager", "add", "$.filter_chains[0].filters[0].typed_config", "", json!({}), true),
        ("chain", "remove", "", "/filter_chains/0/filters", Value::Null, true),
        ("default", "replace", "", "/default_filter_chain", json!({}), true),
        ("deep", "add", "..typed_config", "server_name", json!("x"), true),
        ("whole", "replace", "", "", json!({ "name": "default/eg/https" }), true),
        ("added", "add", "", "", json!({ "name": "default/eg/https" }), true),
        ("test", "test", "", "/filter_chains/0/filters", json!([]), false),
        ("beside", "add", "", "/per_connection_buffer_limit_bytes", json!(32_768), false),
        ("beside-path", "add", "$.socket_options", "/-", json!({}), false),
    ] {
        let operation = json!({ "op": op, "jsonPath": json_path, "path": path, "value": value });
        let found = with(&format!("whole-{name}"), "listener.v3.Listener", &operation);
        match is_told {
            true => {
                expect_one(&found, &format!("warning: {PATCH}[2]: changes what the filters are in"))
            }
            false => assert_eq!(found, (Some(0), vec![]), "{name}"),
        }
    }
}

#[test]
fn a_guard_with_a_matcher_is_none() {
    let matcher = json!({ "on_no_match": { "action": { "name": "allow" } } });
    let with = found("eg-matcher", &GATEWAY, |it| {
        patches(it)[0]["operation"]["value"]["typed_config"]["matcher"] = matcher;
    });
    expect(
        &with,
        &format!(
            "error: {PATCH}[0]: is no guard behind peergate for the listener default/eg/https"
        ),
    );
    assert_eq!(found("eg-no-matcher", &GATEWAY, |_| {}), (Some(0), vec![]));
}
