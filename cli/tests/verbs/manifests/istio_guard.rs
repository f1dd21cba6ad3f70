use serde_json::{Value, json};

use super::{ISTIO, expect, expect_one, found, kind, remove, resource};

pub(super) const FILTER: &str = "EnvoyFilter istio-system/peergate: spec.configPatches";

/// The patches of the EnvoyFilter that is rendered.
pub(super) fn patches(documents: &mut [Value]) -> &mut Vec<Value> {
    kind(documents, "EnvoyFilter")["spec"]["configPatches"].as_array_mut().unwrap()
}

/// A patch of requests' filters, in an EnvoyFilter of its own.
pub(super) fn other(name: &str, operation: &str, at: &str, value: Value) -> Value {
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
