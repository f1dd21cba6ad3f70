use serde_json::{Value, json};

use super::istio_guard::{FILTER, other, patches};
use super::{ISTIO, expect, expect_one, found, kind, remove, resource};

#[test]
fn other_envoy_filters_leave_plugin_and_guard_alone() {
    let named = |name: &str, operation: &str, at: &str| {
        let patch = other(name, operation, at, json!({ "name": at }));
        found(&format!("istio-{name}"), &ISTIO, |it| it.push(patch))
    };
    let removed = named("removes-guard", "REMOVE", "peergate-guard");
    expect(
        &removed,
        "error: EnvoyFilter istio-system/removes-guard: spec.configPatches[0]: takes the guard away",
    );
    let merged = named("z-changes-guard", "MERGE", "peergate-guard");
    expect_one(
        &merged,
        "error: EnvoyFilter istio-system/z-changes-guard: spec.configPatches[0]: changes the guard",
    );
    let plugin = "extensions.istio.io/wasmplugin/istio-system.peergate";
    let removed = named("removes-plugin", "REMOVE", plugin);
    expect_one(
        &removed,
        "error: EnvoyFilter istio-system/removes-plugin: spec.configPatches[0]: takes peergate away",
    );

    let off = json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true });
    let route = |filter: &str| {
        let patch = json!({
            "applyTo": "HTTP_ROUTE", "match": { "context": "GATEWAY" },
            "patch": { "operation": "MERGE", "value": { "typed_per_filter_config": { filter: off } } },
        });
        found(&format!("istio-off-{}", filter.len()), &ISTIO, |it| patches(it).push(patch))
    };
    expect_one(
        &route("peergate-guard"),
        &format!(
            "error: {FILTER}[4].patch.value.typed_per_filter_config.peergate-guard: takes the guard away"
        ),
    );
    expect(
        &route(plugin),
        &format!(
            "warning: {FILTER}[4].patch.value.typed_per_filter_config[\"{plugin}\"]: peergate is disabled"
        ),
    );
}

#[test]
fn patches_that_put_other_listeners_there_are_told() {
    let manager = "envoy.filters.network.http_connection_manager";
    let network = |kind: &str| {
        json!({ "name": "x", "typed_config": {
            "@type": format!("type.googleapis.com/envoy.extensions.filters.network.{kind}"),
        } })
    };
    let proxy = network("tcp_proxy.v3.TcpProxy");
    let with = |name: &str, apply: &str, operation: &str, at: &str, value: &Value| {
        let chain = json!({ "filter": { "name": at } });
        let patch = json!({
            "applyTo": apply, "match": { "context": "GATEWAY", "listener": { "filterChain": chain } },
            "patch": { "operation": operation, "value": value },
        });
        found(&format!("istio-put-{name}"), &ISTIO, |it| patches(it).push(patch))
    };
    let chains = json!({ "filter_chains": [{ "filters": [proxy] }] });
    let bootstrap = json!({ "staticResources": { "listeners": [chains] } });
    let other = network("http_connection_manager.v3.HttpConnectionManager");
    for (name, apply, operation, at, value, told) in [
        ("replaced", "NETWORK_FILTER", "REPLACE", manager, &other, "takes the place of the filter"),
        ("removed", "NETWORK_FILTER", "REMOVE", manager, &other, "takes the filter away"),
        ("removed-all", "NETWORK_FILTER", "REMOVE", "", &other, "takes the filter away"),
        ("before", "NETWORK_FILTER", "INSERT_BEFORE", manager, &proxy, "puts a filter of conn"),
        ("first", "NETWORK_FILTER", "INSERT_FIRST", "", &proxy, "puts a filter of connections"),
        ("second", "NETWORK_FILTER", "ADD", "", &other, "puts a filter of connections there"),
        ("listener", "LISTENER", "ADD", "", &chains, "puts a listener there"),
        ("listener-chains", "LISTENER", "MERGE", "", &chains, "puts filter chains there"),
        ("chain", "FILTER_CHAIN", "ADD", "", &chains["filter_chains"][0], "puts a filter chain"),
        ("filters", "FILTER_CHAIN", "MERGE", "", &chains["filter_chains"][0], "puts filters of"),
        ("bootstrap", "BOOTSTRAP", "MERGE", "", &bootstrap, "puts listeners there"),
    ] {
        let found = with(name, apply, operation, at, value);
        expect_one(&found, &format!("warning: {FILTER}[4]: {told}"));
        assert!(found.1[0].ends_with("is not reckoned out here"), "{found:#?}");
    }
    let limit = network("connection_limit.v3.ConnectionLimit");
    let buffer = json!({ "per_connection_buffer_limit_bytes": 32768 });
    let nodes = json!({ "node": { "id": "a" } });
    for (name, apply, operation, at, value) in [
        ("limit", "NETWORK_FILTER", "INSERT_BEFORE", manager, &limit),
        ("tcp", "NETWORK_FILTER", "INSERT_BEFORE", "envoy.filters.network.tcp_proxy", &proxy),
        ("listener-buffer", "LISTENER", "MERGE", "", &buffer),
        ("bootstrap-node", "BOOTSTRAP", "MERGE", "", &nodes),
    ] {
        assert_eq!(with(name, apply, operation, at, value), (Some(0), vec![]), "{name}");
    }
}

/// Patches are applied by age, and what is not applied yet comes last.
#[test]
fn what_is_not_applied_yet_is_the_youngest() {
    let with = |name: &str, own: Option<&str>, its: Option<&str>| {
        let mut removes = other("a", "REMOVE", "peergate-guard", json!({}));
        found(&format!("istio-age-{name}"), &ISTIO, |it| {
            if let Some(own) = own {
                kind(it, "EnvoyFilter")["metadata"]["creationTimestamp"] = own.into();
            }
            if let Some(its) = its {
                removes["metadata"]["creationTimestamp"] = its.into();
            }
            it.push(removes);
        })
    };
    let begin = "error: EnvoyFilter istio-system/a: spec.configPatches[0]: takes the guard away";
    let (old, new) = (Some("2026-01-01T00:00:00Z"), Some("2026-01-02T00:00:00Z"));
    expect(&with("new", old, None), begin);
    expect(&with("younger", old, new), begin);
    // Nobody knows which of the two comes first.
    expect(&with("both-new", None, None), begin);
    // There is nothing yet that it could take away.
    assert_eq!(with("old", None, old), (Some(0), vec![]));
    assert_eq!(with("older", new, old), (Some(0), vec![]));
}

#[test]
fn upgrades_have_no_way_past_the_guard() {
    let plugin = json!({
        "name": "extensions.istio.io/wasmplugin/istio-system.peergate",
        "config_discovery": { "type_urls": [
            "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        ] },
    });
    let router = json!({ "name": "envoy.filters.http.router" });
    let with = |name: &str, pick: &dyn Fn(&Value) -> Value| {
        found(&format!("istio-upgrade-{name}"), &ISTIO, |it| {
            let guard = patches(it)[0]["patch"]["value"].clone();
            let own = &mut patches(it)[1]["patch"]["value"]["typed_config"];
            own["upgradeConfigs"] = pick(&guard);
        })
    };
    let place = format!("{FILTER}[1].patch.value.typed_config.upgradeConfigs[0].filters");
    let alone = with("alone", &|_| json!([{ "upgradeType": "websocket", "filters": [router] }]));
    expect_one(&alone, &format!("error: {place}: no peergate among them"));
    let judged = with("judged", &|_| json!([{ "filters": [plugin, router] }]));
    expect_one(&judged, &format!("error: {place}: no guard behind peergate"));
    let all = with("all", &|guard| json!([{ "filters": [plugin, guard, router] }]));
    assert_eq!(all, (Some(0), vec![]));
    let usual = with("usual", &|_| json!([{ "upgradeType": "websocket" }]));
    assert_eq!(usual, (Some(0), vec![]));
}

#[test]
fn filters_that_envoy_filters_add_are_looked_at() {
    let router = "envoy.filters.http.router";
    let lua = |script: &str| {
        json!({ "name": "script", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": { "inline_string": script },
        } })
    };
    let edits = "function envoy_on_request(h) h:headers():replace(':path', '/') end";
    let behind = other("lua", "INSERT_BEFORE", router, lua(edits));
    let behind = found("istio-lua", &ISTIO, |it| it.push(behind));
    expect(
        &behind,
        "warning: EnvoyFilter istio-system/lua: spec.configPatches[0].patch.value.typed_config",
    );
    let writes =
        r#"h:streamInfo():dynamicMetadata():set("envoy.filters.http.jwt_authn", "payload", {})"#;
    let ahead = other("writes", "INSERT_FIRST", "", lua(writes));
    let ahead = found("istio-writes", &ISTIO, |it| it.push(ahead));
    expect_one(
        &ahead,
        "error: EnvoyFilter istio-system/writes: spec.configPatches[0].patch.value.typed_config",
    );
    let forges = json!({ "name": "state", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.set_filter_state.v3.Config",
        "on_request_headers": [{ "object_key": "wasm.peergate" }],
    } });
    let forges = other("forges", "INSERT_FIRST", "", forges);
    let forges = found("istio-forges", &ISTIO, |it| it.push(forges));
    expect_one(
        &forges,
        "error: EnvoyFilter istio-system/forges: spec.configPatches[0].patch.value.typed_config",
    );
    let config = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": { "idp": { "issuer": "https://idp.example.com", "payload_in_metadata": "other" } },
        "rules": [{ "match": { "prefix": "/" }, "requires": { "allow_missing_or_failed": {} } }],
    });
    let verifier = json!({ "name": "envoy.filters.http.jwt_authn", "typed_config": config });
    let verifier = other("jwt", "INSERT_FIRST", "", verifier);
    let verified = found("istio-jwt-authn", &ISTIO, |it| {
        it.retain(|it| it["kind"] != "RequestAuthentication");
        it.push(verifier);
    });
    let place = "EnvoyFilter istio-system/jwt: spec.configPatches[0].patch.value.typed_config.providers.idp";
    expect(&verified, &format!("warning: {place}: payload_in_metadata is \"other\""));
    assert!(!verified.1.iter().any(|line| line.contains("RequestAuthentication")), "{verified:#?}");
}

#[test]
fn what_is_for_workloads_elsewhere_does_not_matter() {
    let lua = json!({ "name": "script", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
        "default_source_code": { "inline_string": "function envoy_on_request(h) h:headers():add('a', 'b') end" },
    } });
    let mut filter = other("apps", "INSERT_BEFORE", "envoy.filters.http.router", lua);
    filter["metadata"]["namespace"] = "apps".into();
    filter["spec"]["workloadSelector"]["labels"] = json!({ "app": "reviews" });
    let mut whole = filter.clone();
    whole["metadata"]["name"] = "whole".into();
    remove(&mut whole["spec"], "workloadSelector");
    let rules = json!({ "jwtRules": [{ "issuer": "https://other" }] });
    let tokens = resource("security.istio.io/v1", "RequestAuthentication", "apps", "all", rules);
    let plugin = json!({ "url": "oci://r.example/other:1", "phase": "AUTHZ" });
    let plugin = resource("extensions.istio.io/v1alpha1", "WasmPlugin", "apps", "all", plugin);
    let elsewhere =
        found("istio-elsewhere", &ISTIO, |it| it.extend([filter, whole, tokens, plugin]));
    assert_eq!(elsewhere, (Some(0), vec![]));
}
