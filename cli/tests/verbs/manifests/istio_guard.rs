use serde_json::{Value, json};

use super::{ISTIO, expect, expect_one, found, kind, remove, resource};

const FILTER: &str = "EnvoyFilter istio-system/peergate: spec.configPatches";

fn patches(documents: &mut [Value]) -> &mut Vec<Value> {
    kind(documents, "EnvoyFilter")["spec"]["configPatches"].as_array_mut().unwrap()
}

/// A patch of requests' filters, in an EnvoyFilter of its own.
fn other(name: &str, operation: &str, at: &str, value: Value) -> Value {
    let chain = json!({ "filter": {
        "name": "envoy.filters.network.http_connection_manager", "subFilter": { "name": at },
    } });
    let patch = json!({
        "applyTo": "HTTP_FILTER",
        "match": { "context": "GATEWAY", "listener": { "filterChain": chain } },
        "patch": { "operation": operation, "value": value },
    });
    let selector = json!({ "labels": { "istio": "ingressgateway" } });
    let spec = json!({ "workloadSelector": selector, "configPatches": [patch] });
    resource("networking.istio.io/v1alpha3", "EnvoyFilter", "istio-system", name, spec)
}

#[test]
fn a_guard_stands_behind_the_plugin() {
    let none = found("istio-no-guard", &ISTIO, |it| drop(patches(it).remove(0)));
    expect_one(&none, "error: WasmPlugin istio-system/peergate: no guard behind peergate");
    for (name, field, value, why) in [
        (
            "context",
            "/match/context",
            json!("SIDECAR_INBOUND"),
            "its context is SIDECAR_INBOUND, and here",
        ),
        ("first", "/patch/operation", json!("INSERT_FIRST"), "INSERT_FIRST puts it ahead"),
        ("add", "/patch/operation", json!("ADD"), "the operation \"ADD\" puts it nowhere"),
        (
            "behind",
            "/patch/operation",
            json!("INSERT_AFTER"),
            "INSERT_AFTER envoy.filters.http.router",
        ),
        (
            "jwt",
            "/match/listener/filterChain/filter/subFilter/name",
            json!("envoy.filters.http.jwt_authn"),
            "INSERT_BEFORE envoy.filters.http.jwt_authn",
        ),
        (
            "tcp",
            "/match/listener/filterChain/filter/name",
            json!("tcp"),
            "it is for the network filter \"tcp\"",
        ),
    ] {
        let found = found(&format!("istio-guard-{name}"), &ISTIO, |it| {
            *patches(it)[0].pointer_mut(field).unwrap() = value;
        });
        expect_one(
            &found,
            &format!(
                "error: {FILTER}[0]: is no guard behind peergate, and there is no other: {why}"
            ),
        );
    }
    let rules = found("istio-guard-rules", &ISTIO, |it| {
        patches(it)[0]["patch"]["value"]["typed_config"]["rules"]["action"] = "DENY".into();
    });
    expect_one(&rules, &format!("error: {FILTER}[0].patch.value: is no guard: it has to let pass"));
    let matcher = found("istio-guard-matcher", &ISTIO, |it| {
        patches(it)[0]["patch"]["value"]["typed_config"]["matcher"] = json!({ "on_no_match": {} });
    });
    expect_one(&matcher, &format!("error: {FILTER}[0].patch.value: is no guard: it has a `match"));
    for (name, plugin) in [
        ("old", "extensions.istio.io/wasmplugin/istio-system.peergate"),
        (
            "new",
            "extensions.istio.io/trafficextension/istio-system.peergate~istio-translated-wasmplugin",
        ),
    ] {
        let after = found(&format!("istio-guard-after-{name}"), &ISTIO, |it| {
            let patch = &mut patches(it)[0];
            patch["patch"]["operation"] = "INSERT_AFTER".into();
            patch["match"]["listener"]["filterChain"]["filter"]["subFilter"]["name"] =
                plugin.into();
        });
        let begin = "finds its place by the plugin's name, which Istio 1.30 changes";
        expect_one(&after, &format!("warning: {FILTER}[0]: {begin}"));
    }
}

#[test]
fn a_guard_stands_by_a_filter_that_is_there() {
    let by = |name: &str, operation: &str, at: &str, more: Option<Value>| {
        found(&format!("istio-guard-by-{name}"), &ISTIO, |it| {
            let patch = &mut patches(it)[0];
            patch["patch"]["operation"] = operation.into();
            patch["match"]["listener"]["filterChain"]["filter"]["subFilter"]["name"] = at.into();
            it.extend(more);
        })
    };
    let policy = |action: &str, app: &str| {
        let labels = json!({ "matchLabels": { "istio": app } });
        let spec = json!({ "selector": labels, "action": action, "rules": [{}] });
        let api = "security.istio.io/v1";
        Some(resource(api, "AuthorizationPolicy", "istio-system", "all", spec))
    };
    let rbac = "envoy.filters.http.rbac";
    let nowhere = |at: &str, maker: &str| {
        format!(
            "error: {FILTER}[0]: is no guard behind peergate, and there is no other: it is placed by {at}, and without {maker}"
        )
    };
    let unsure = |at: &str| format!("warning: {FILTER}[0]: finds its place by {at}, and where");
    let begin = nowhere(rbac, "AuthorizationPolicy");
    expect_one(&by("rbac", "INSERT_BEFORE", rbac, None), &begin);
    expect_one(&by("rbac-after", "INSERT_AFTER", rbac, None), &begin);
    expect_one(&by("rbac-other", "INSERT_BEFORE", rbac, policy("DENY", "other")), &begin);
    expect(&by("rbac-custom", "INSERT_BEFORE", rbac, policy("CUSTOM", "ingressgateway")), &begin);
    let made = by("rbac-made", "INSERT_BEFORE", rbac, policy("DENY", "ingressgateway"));
    expect_one(&made, &unsure(rbac));
    let stats = "istio.stats";
    expect_one(&by("stats", "INSERT_BEFORE", stats, None), &nowhere(stats, "Telemetry"));
    let api = "telemetry.istio.io/v1";
    let metrics = json!({ "metrics": [{ "providers": [{ "name": "prometheus" }] }] });
    let metrics = resource(api, "Telemetry", "istio-system", "all", metrics);
    expect_one(&by("stats-made", "INSERT_BEFORE", stats, Some(metrics)), &unsure(stats));
    let grpc = "envoy.filters.http.grpc_stats";
    expect_one(&by("grpc", "INSERT_BEFORE", grpc, None), &unsure(grpc));

    // By what another EnvoyFilter puts there it is as sure as that is.
    let by_other = |name: &str, at: &str, number: Option<u64>| {
        let cors = json!({ "name": "first", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors",
        } });
        let mut filter = other("a", "INSERT_BEFORE", at, cors);
        if let Some(number) = number {
            let patch = &mut filter["spec"]["configPatches"][0];
            patch["match"]["listener"]["portNumber"] = number.into();
        }
        by(name, "INSERT_BEFORE", "first", Some(filter))
    };
    assert_eq!(by_other("put", "envoy.filters.http.router", None), (Some(0), vec![]));
    let begin = unsure("first");
    expect_one(&by_other("put-some", "envoy.filters.http.router", Some(444)), &begin);
    expect_one(&by_other("put-grpc", grpc, None), &begin);
    expect_one(&by_other("put-rbac", rbac, None), &nowhere("first", "AuthorizationPolicy"));
}

#[test]
fn a_guard_is_for_the_plugins_workloads_and_listeners() {
    let elsewhere = found("istio-guard-labels", &ISTIO, |it| {
        kind(it, "EnvoyFilter")["spec"]["workloadSelector"]["labels"]["istio"] = "other".into();
    });
    expect(
        &elsewhere,
        &format!(
            "error: {FILTER}[0]: is no guard behind peergate, and there is no other: it is for istio=other"
        ),
    );
    let namespace = found("istio-guard-namespace", &ISTIO, |it| {
        kind(it, "EnvoyFilter")["metadata"]["namespace"] = "apps".into();
        kind(it, "WasmPlugin")["metadata"]["namespace"] = "edge".into();
    });
    expect(
        &namespace,
        "error: EnvoyFilter apps/peergate: spec.configPatches[0]: is no guard behind peergate",
    );
    let narrow = found("istio-guard-narrow", &ISTIO, |it| {
        kind(it, "EnvoyFilter")["spec"]["workloadSelector"]["labels"]["zone"] = "a".into();
    });
    expect(
        &narrow,
        &format!("warning: {FILTER}[0]: the guard may not stand everywhere that peergate does"),
    );
    let wide = found("istio-guard-wide", &ISTIO, |it| {
        remove(&mut kind(it, "EnvoyFilter")["spec"], "workloadSelector");
    });
    expect_one(
        &wide,
        &format!(
            "warning: {FILTER}[0]: the guard is for all workloads everywhere, and peergate for"
        ),
    );
    let port = found("istio-guard-port", &ISTIO, |it| {
        patches(it)[0]["match"]["listener"]["portNumber"] = 444.into();
    });
    expect_one(
        &port,
        &format!(
            "warning: {FILTER}[0]: the guard may not stand everywhere that peergate does: it is for port 444"
        ),
    );
    let two = found("istio-guard-two-ports", &ISTIO, |it| {
        patches(it)[0]["match"]["listener"]["portNumber"] = 443.into();
        let servers = kind(it, "Gateway")["spec"]["servers"].as_array_mut().unwrap();
        let mut second = servers[0].clone();
        second["port"]["number"] = 8443.into();
        servers.push(second);
    });
    expect_one(
        &two,
        &format!(
            "error: {FILTER}[0]: is no guard behind peergate, and there is no other: it is for port 443"
        ),
    );
}

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
