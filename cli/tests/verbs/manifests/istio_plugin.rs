use serde_json::{Value, json};

use super::{ISTIO, certificates, expect, expect_one, found, found_for, kind, remove, resource};

const PLUGIN: &str = "WasmPlugin istio-system/peergate";

fn changed(name: &str, change: impl FnOnce(&mut Value)) -> super::Found {
    found(&format!("istio-plugin-{name}"), &ISTIO, |it| change(&mut kind(it, "WasmPlugin")["spec"]))
}

#[test]
fn a_plugin_stands_behind_what_verifies_tokens() {
    let early = changed("authn", |spec| spec["phase"] = "AUTHN".into());
    expect_one(
        &early,
        &format!("error: {PLUGIN}: spec.phase: stands ahead of what verifies tokens"),
    );
    for phase in ["STATS", "UNSPECIFIED_PHASE"] {
        let late = changed(&phase.to_lowercase(), |spec| spec["phase"] = phase.into());
        expect_one(&late, &format!("warning: {PLUGIN}: spec.phase: does not say `phase: AUTHZ`"));
    }
    let none = changed("no-phase", |spec| remove(spec, "phase"));
    expect_one(&none, &format!("warning: {PLUGIN}: does not say `phase: AUTHZ`"));
    let without_tokens = found_for("istio-plugin-certificates", &ISTIO, &certificates(), |it| {
        kind(it, "WasmPlugin")["spec"]["phase"] = "AUTHN".into();
    });
    expect_one(&without_tokens, &format!("note: {PLUGIN}: spec.phase: stands ahead"));
}

#[test]
fn a_plugin_that_fails_open_needs_the_guard() {
    let open = changed("open", |spec| spec["failStrategy"] = "FAIL_OPEN".into());
    expect_one(&open, &format!("warning: {PLUGIN}: spec.failStrategy: requests go past peergate"));
    let unguarded = found("istio-plugin-unguarded", &ISTIO, |it| {
        kind(it, "WasmPlugin")["spec"]["failStrategy"] = "FAIL_OPEN".into();
        kind(it, "EnvoyFilter")["spec"]["configPatches"].as_array_mut().unwrap().remove(0);
    });
    expect(&unguarded, &format!("error: {PLUGIN}: spec.failStrategy: requests go past peergate"));
    let closed = changed("closed", |spec| spec["failStrategy"] = "FAIL_CLOSE".into());
    expect_one(
        &closed,
        &format!("note: {PLUGIN}: spec.failStrategy: a VM that trapped stays dead"),
    );
}

#[test]
fn a_plugin_is_a_filter_of_all_requests() {
    let network = changed("network", |spec| spec["type"] = "NETWORK".into());
    expect_one(&network, &format!("error: {PLUGIN}: spec.type: peergate is a filter of requests"));
    let ports = changed("ports", |spec| spec["match"] = json!([{ "ports": [{ "number": 443 }] }]));
    expect_one(&ports, &format!("warning: {PLUGIN}: spec.match: peergate is there for some ports"));
    let server = changed("server", |spec| spec["match"] = json!([{ "mode": "SERVER" }]));
    expect_one(
        &server,
        &format!("warning: {PLUGIN}: spec.match: peergate is there for some ports"),
    );
    let client = changed("client", |spec| spec["match"] = json!([{ "mode": "CLIENT" }]));
    assert_eq!(client, (Some(0), vec![]));
}

#[test]
fn a_module_is_the_one_that_was_meant() {
    let plain = changed("http", |spec| spec["url"] = "http://r.example/peergate.wasm".into());
    expect_one(&plain, &format!("error: {PLUGIN}: spec.url: comes over http without a `sha256`"));
    let latest = changed("latest", |spec| spec["url"] = "oci://r.example/peergate".into());
    expect_one(&latest, &format!("warning: {PLUGIN}: spec.url: names no version"));
    let sum = changed("sum", |spec| spec["sha256"] = "abc".into());
    expect_one(&sum, &format!("warning: {PLUGIN}: spec.sha256: is no SHA-256"));
}

#[test]
fn other_plugins_are_told_of() {
    let other = |name: &str, phase: &str, priority: Option<i64>| {
        let selector = json!({ "matchLabels": { "istio": "ingressgateway" } });
        let spec = json!({
            "selector": selector, "phase": phase, "priority": priority, "url": "oci://r.example/other:1",
        });
        resource("extensions.istio.io/v1alpha1", "WasmPlugin", "istio-system", name, spec)
    };
    for (name, phase, priority, begin) in [
        ("a", "AUTHN", Some(0), "note: WasmPlugin istio-system/a: stands ahead of peergate"),
        ("b", "AUTHZ", Some(10), "note: WasmPlugin istio-system/b: stands ahead of peergate"),
        (
            "c",
            "AUTHZ",
            None,
            "warning: WasmPlugin istio-system/c: has peergate's phase and priority",
        ),
        ("d", "AUTHZ", Some(-1), "note: WasmPlugin istio-system/d: stands ahead of peergate"),
        ("e", "STATS", Some(99), "note: WasmPlugin istio-system/e: stands behind peergate"),
        (
            "peergate",
            "STATS",
            None,
            "warning: WasmPlugin istio-system/peergate: is for workloads of another plugin",
        ),
    ] {
        let found = found(&format!("istio-other-{name}"), &ISTIO, |it| {
            it.push(other(name, phase, priority))
        });
        expect(&found, begin);
    }
    let mut elsewhere = other("f", "AUTHZ", None);
    elsewhere["spec"]["selector"]["matchLabels"]["istio"] = "egressgateway".into();
    let elsewhere = found("istio-other-f", &ISTIO, |it| it.push(elsewhere));
    assert_eq!(elsewhere, (Some(0), vec![]));
}

#[test]
fn a_traffic_extension_is_a_plugin() {
    let extension = |it: &mut Vec<Value>| {
        let plugin = kind(it, "WasmPlugin");
        let mut spec = plugin["spec"].take();
        let mut outer = json!({});
        for field in ["selector", "phase"] {
            outer[field] = spec[field].take();
            remove(&mut spec, field);
        }
        outer["wasm"] = spec;
        plugin["spec"] = outer;
        plugin["kind"] = "TrafficExtension".into();
    };
    let same = found("istio-extension", &ISTIO, extension);
    expect_one(&same, "note: TrafficExtension istio-system/peergate: spec.wasm.url: has no digest");
    let changed = found("istio-extension-open", &ISTIO, |it| {
        extension(it);
        let spec = &mut kind(it, "TrafficExtension")["spec"];
        spec["wasm"]["failStrategy"] = "FAIL_OPEN".into();
        spec["phase"] = "AUTHN".into();
    });
    expect(&changed, "warning: TrafficExtension istio-system/peergate: spec.wasm.failStrategy: ");
    expect(&changed, "error: TrafficExtension istio-system/peergate: spec.phase: ");
}

#[test]
fn a_plugin_is_for_the_gateways_workloads() {
    let other =
        changed("selector", |spec| spec["selector"]["matchLabels"]["istio"] = "other".into());
    expect(&other, "error: EnvoyFilter istio-system/peergate: spec.configPatches[0]: is no guard");
    expect(&other, &format!("warning: {PLUGIN}: no Gateway here is served by istio=other"));
    let narrow = changed("narrow", |spec| spec["selector"]["matchLabels"]["zone"] = "a".into());
    expect(&narrow, "warning: Gateway istio-system/peergate: is served by istio=ingressgateway");
    let all = found("istio-plugin-all", &ISTIO, |it| {
        remove(&mut kind(it, "WasmPlugin")["spec"], "selector");
        remove(&mut kind(it, "EnvoyFilter")["spec"], "workloadSelector");
        remove(&mut kind(it, "RequestAuthentication")["spec"], "selector");
    });
    expect_one(&all, &format!("warning: {PLUGIN}: spec: selects no workload"));
}
