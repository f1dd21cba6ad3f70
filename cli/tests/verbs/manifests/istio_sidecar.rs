use serde_json::{Value, json};

use super::{SIDECAR, expect, expect_one, found, kind, remove, resource};

const PLUGIN: &str = "WasmPlugin apps/peergate";
const FILTER: &str = "EnvoyFilter apps/peergate: spec.configPatches";

fn patches(documents: &mut [Value]) -> &mut Vec<Value> {
    kind(documents, "EnvoyFilter")["spec"]["configPatches"].as_array_mut().unwrap()
}

#[test]
fn callers_show_certificates_of_the_mesh() {
    let mode = |mode: &str| {
        found("sidecar-mode", &SIDECAR, |it| {
            kind(it, "PeerAuthentication")["spec"]["mtls"]["mode"] = mode.into()
        })
    };
    let place = "PeerAuthentication apps/peergate: spec.mtls.mode";
    expect_one(&mode("DISABLE"), &format!("error: {place}: callers are asked for no certificate"));
    expect_one(&mode("PERMISSIVE"), &format!("note: {place}: takes callers without TLS"));
    let unsaid =
        found("sidecar-unsaid", &SIDECAR, |it| it.retain(|it| it["kind"] != "PeerAuthentication"));
    expect_one(&unsaid, &format!("note: {PLUGIN}: no PeerAuthentication here has"));
    let ports = found("sidecar-ports", &SIDECAR, |it| {
        let spec = &mut kind(it, "PeerAuthentication")["spec"];
        spec["portLevelMtls"] =
            json!({ "8080": { "mode": "DISABLE" }, "8081": { "mode": "UNSET" } });
    });
    let place = "PeerAuthentication apps/peergate: spec.portLevelMtls";
    expect_one(&ports, &format!("error: {place}.8080.mode: callers are asked for no certificate"));
    // Those for more workloads do not count beside it.
    let others = found("sidecar-others", &SIDECAR, |it| {
        for (namespace, mode) in [("apps", "PERMISSIVE"), ("istio-system", "DISABLE")] {
            let spec = json!({ "mtls": { "mode": mode } });
            it.insert(
                0,
                resource("security.istio.io/v1", "PeerAuthentication", namespace, "default", spec),
            );
        }
    });
    assert_eq!(others, (Some(0), vec![]));
}

/// Of two for the same workloads the older one holds, and what is not applied yet is the youngest.
#[test]
fn an_older_authentication_holds() {
    let dated = Some("2026-01-02T00:00:00Z");
    let with = |name: &str, own: Option<&str>, its: Option<&str>, spec: Value| {
        let labels = json!({ "matchLabels": { "app": "orders" } });
        let api = "security.istio.io/v1";
        let mut other = resource(api, "PeerAuthentication", "apps", "z", spec);
        other["spec"]["selector"] = labels;
        if let Some(its) = its {
            other["metadata"]["creationTimestamp"] = its.into();
        }
        found(&format!("sidecar-age-{name}"), &SIDECAR, |it| {
            if let Some(own) = own {
                kind(it, "PeerAuthentication")["metadata"]["creationTimestamp"] = own.into();
            }
            it.push(other);
        })
    };
    let open = json!({ "mtls": { "mode": "PERMISSIVE" } });
    let port =
        json!({ "mtls": { "mode": "STRICT" }, "portLevelMtls": { "8080": { "mode": "DISABLE" } } });
    let place = "PeerAuthentication apps/z: spec";
    expect_one(
        &with("open", None, dated, open.clone()),
        &format!("note: {place}.mtls.mode: takes callers without TLS"),
    );
    expect_one(
        &with("port", None, dated, port.clone()),
        &format!("error: {place}.portLevelMtls.8080.mode: callers are asked for no certificate"),
    );
    let older = Some("2026-01-01T00:00:00Z");
    assert_eq!(with("open-younger", older, dated, open.clone()), (Some(0), vec![]));
    assert_eq!(with("port-younger", older, dated, port), (Some(0), vec![]));
    assert_eq!(with("open-new", older, None, open.clone()), (Some(0), vec![]));
    expect_one(
        &with("open-both-new", None, None, open),
        "warning: PeerAuthentication apps/z: is for workloads of peergate as well",
    );
}

#[test]
fn a_sidecar_has_guards_of_what_comes_in() {
    let unguarded = found("sidecar-unguarded", &SIDECAR, |it| drop(patches(it).remove(0)));
    expect_one(&unguarded, &format!("error: {PLUGIN}: no guard behind peergate"));
    let both =
        found("sidecar-both-ways", &SIDECAR, |it| remove(&mut patches(it)[0]["match"], "context"));
    expect_one(&both, &format!("warning: {FILTER}[0]: does not say `context: SIDECAR_INBOUND`"));
    let gateway = found("sidecar-gateway", &SIDECAR, |it| {
        patches(it)[0]["match"]["context"] = "GATEWAY".into()
    });
    expect_one(
        &gateway,
        &format!(
            "error: {FILTER}[0]: is no guard behind peergate, and there is no other: its context is GATEWAY"
        ),
    );
    let judged =
        found("sidecar-match", &SIDECAR, |it| remove(&mut kind(it, "WasmPlugin")["spec"], "match"));
    expect_one(
        &judged,
        &format!("warning: {PLUGIN}: spec: does not say `match: [{{ mode: SERVER }}]`"),
    );
}

#[test]
fn connections_that_nobody_reads_are_refused() {
    let begin = format!("error: {PLUGIN}: no guard of connections");
    let none = found("sidecar-tcp-none", &SIDECAR, |it| drop(patches(it).remove(2)));
    expect_one(&none, &begin);
    let rules = |name: &str, rules: Value| {
        found(&format!("sidecar-tcp-{name}"), &SIDECAR, |it| {
            patches(it)[2]["patch"]["value"]["typed_config"]["rules"] = rules;
        })
    };
    let policy = |permission: Value| json!({ "policies": { "a": { "permissions": [permission], "principals": [{ "any": true }] } } });
    assert_eq!(rules("port", policy(json!({ "destination_port": 5432 }))), (Some(0), vec![]));
    expect_one(&rules("any", policy(json!({ "any": true }))), &begin);
    expect_one(&rules("deny", json!({ "action": "DENY", "policies": {} })), &begin);
    let behind = found("sidecar-tcp-behind", &SIDECAR, |it| {
        patches(it)[2]["patch"]["operation"] = "INSERT_AFTER".into();
    });
    expect_one(&behind, &begin);
    // With a matcher Envoy ignores the rules beside it.
    let matcher = |name: &str, field: &str| {
        found(&format!("sidecar-tcp-{name}"), &SIDECAR, |it| {
            patches(it)[2]["patch"]["value"]["typed_config"][field] = json!({ "on_no_match": {} });
        })
    };
    expect_one(&matcher("matcher", "matcher"), &begin);
    assert_eq!(matcher("shadow", "shadow_matcher"), (Some(0), vec![]));
}

#[test]
fn the_guard_of_connections_is_for_all_of_them_and_stays() {
    let place = format!("{FILTER}[2]");
    for (name, field, value) in [
        ("port", "/portNumber", json!(9000)),
        ("transport", "/filterChain/transportProtocol", json!("tls")),
        ("chain", "/filterChain/name", json!("nosuch")),
    ] {
        let found = found(&format!("sidecar-tcp-some-{name}"), &SIDECAR, |it| {
            let (at, last) = field.rsplit_once('/').unwrap();
            let listener = &mut patches(it)[2]["match"]["listener"];
            listener.pointer_mut(at).unwrap()[last] = value;
        });
        let begin =
            format!("warning: {place}: the guard of connections may not stand everywhere that");
        expect_one(&found, &begin);
    }
    let whole = found("sidecar-tcp-both", &SIDECAR, |it| {
        let mut second = patches(it)[2].clone();
        second["match"]["listener"]["portNumber"] = 9000.into();
        patches(it).push(second);
    });
    assert_eq!(whole, (Some(0), vec![]));

    let with = |name: &str, operation: &str, filter: Value, context: &str| {
        let patch = json!({
            "applyTo": "NETWORK_FILTER",
            "match": { "context": context, "listener": { "filterChain": { "filter": filter } } },
            "patch": { "operation": operation, "value": { "name": "x", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC",
            } } },
        });
        let selector = json!({ "labels": { "app": "orders" } });
        let spec = json!({ "workloadSelector": selector, "configPatches": [patch] });
        let api = "networking.istio.io/v1alpha3";
        let filter = resource(api, "EnvoyFilter", "apps", "z", spec);
        found(&format!("sidecar-tcp-{name}"), &SIDECAR, |it| it.push(filter))
    };
    let own = json!({ "name": "peergate-tcp-guard" });
    let begin = "error: EnvoyFilter apps/z: spec.configPatches[0]: ";
    let taken = format!("{begin}takes the guard of connections away");
    let changed = format!("{begin}changes the guard of connections");
    expect(&with("removed", "REMOVE", own.clone(), "SIDECAR_INBOUND"), &taken);
    expect(&with("removed-any", "REMOVE", own.clone(), "ANY"), &taken);
    expect(&with("removed-all", "REMOVE", json!({}), "SIDECAR_INBOUND"), &taken);
    expect(&with("replaced", "REPLACE", own.clone(), "SIDECAR_INBOUND"), &taken);
    expect(&with("merged", "MERGE", own.clone(), "SIDECAR_INBOUND"), &changed);
    expect(&with("merged-all", "MERGE", json!({}), "SIDECAR_INBOUND"), &changed);
    let out = with("outbound", "REMOVE", own, "SIDECAR_OUTBOUND");
    assert_eq!(out, (Some(0), vec![]));
    let other = with("other", "REMOVE", json!({ "name": "other" }), "SIDECAR_INBOUND");
    assert_eq!(other, (Some(0), vec![]));
    // One that passes connections on may stand ahead of the guard.
    let proxy = found("sidecar-tcp-proxy", &SIDECAR, |it| {
        let mut patch = patches(it)[2].clone();
        patch["patch"]["value"]["typed_config"] = json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
        });
        patches(it).push(patch);
    });
    expect_one(&proxy, &format!("warning: {FILTER}[3]: puts a filter of connections there which"));
}

#[test]
fn a_sidecar_tells_of_certificates_and_names_its_own_way() {
    let untold = found("sidecar-untold", &SIDECAR, |it| {
        remove(
            &mut patches(it)[1]["patch"]["value"]["typed_config"],
            "set_current_client_cert_details",
        );
    });
    expect(&untold, &format!("note: {FILTER}[1].patch.value.typed_config: before Istio 1.30"));
    let forwards = found("sidecar-forwards", &SIDECAR, |it| {
        patches(it)[1]["patch"]["value"]["typed_config"]["forward_client_cert_details"] =
            "FORWARD_ONLY".into();
    });
    expect(
        &forwards,
        &format!(
            "warning: {FILTER}[1].patch.value.typed_config.forward_client_cert_details: FORWARD_ONLY"
        ),
    );
    let named = |rule: Value| {
        let mut found = found("sidecar-names", &SIDECAR, |it| {
            kind(it, "WasmPlugin")["spec"]["pluginConfig"]["apis"][0]["match"] = rule;
        });
        found.1.retain(|line| !line.starts_with("note: "));
        found
    };
    let good = json!({ "virtual_hosts": ["inbound|http|8080"], "routes": ["default"] });
    assert_eq!(named(good), (Some(0), vec![]));
    let host = named(json!({ "virtual_hosts": ["orders:8080"] }));
    expect_one(
        &host,
        &format!(
            "warning: {PLUGIN}: apis[0].match.virtual_hosts[0] is for orders:8080, and in a sidecar"
        ),
    );
    let route = named(json!({ "routes": ["orders"] }));
    expect_one(
        &route,
        &format!("warning: {PLUGIN}: apis[0].match.routes[0] is for orders, and in a sidecar"),
    );
    let names = found("sidecar-sni", &SIDECAR, |it| {
        kind(it, "WasmPlugin")["spec"]["pluginConfig"]["global"]["sni"] = "required".into();
    });
    expect_one(&names, &format!("warning: {PLUGIN}: global.sni holds hosts against server names"));
}
