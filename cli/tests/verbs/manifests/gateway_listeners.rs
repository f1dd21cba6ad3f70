//! Which of Envoy's listeners a Gateway has, and whose patches they take.

use serde_json::{Value, json};

use super::{GATEWAY, certificates, expect, expect_one, found_for, kind, resource};

const GUARDLESS: &str = "error: Gateway default/eg: the listener";

fn found(name: &str, change: impl FnOnce(&mut Vec<Value>)) -> super::Found {
    found_for(&format!("eg-listeners-{name}"), &GATEWAY, &certificates(), change)
}

/// A Gateway with one listener.
fn gateway(name: &str) -> Value {
    let listener = json!({ "name": "https", "port": 443, "protocol": "HTTPS" });
    let spec = json!({ "gatewayClassName": "eg", "listeners": [listener] });
    resource("gateway.networking.k8s.io/v1", "Gateway", "default", name, spec)
}

/// Has all patches for these listeners, each of which has a copy.
fn patched(documents: &mut [Value], listeners: &[&str]) {
    let patches =
        kind(documents, "EnvoyPatchPolicy")["spec"]["jsonPatches"].as_array_mut().unwrap();
    let rendered = std::mem::take(patches);
    for listener in listeners {
        patches.extend(rendered.iter().cloned().map(|mut patch| {
            patch["name"] = (*listener).into();
            patch
        }));
    }
}

fn proxy(spec: Value) -> Value {
    resource("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", "default", "proxy", spec)
}

#[test]
fn http3_has_a_listener_and_a_guard_of_its_own() {
    let asked = |name: &str, has_gateway: bool, listeners: &'static [&str]| {
        found(&format!("http3-{name}"), |it| {
            kind(it, "ClientTrafficPolicy")["spec"]["http3"] = json!({});
            patched(it, listeners);
            it.extend(has_gateway.then(|| gateway("eg")));
        })
    };
    let told = "warning: ClientTrafficPolicy default/peergate: spec.http3: HTTP/3";
    for has_gateway in [false, true] {
        let one = asked("one", has_gateway, &["default/eg/https"]);
        let told = "the listener default/eg/https-quic has no guard";
        assert!(one.1.iter().any(|it| it.contains(told)), "{one:#?}");
        assert_eq!(one.0, Some(3));
    }
    expect_one(&asked("both", true, &["default/eg/https", "default/eg/https-quic"]), told);
    let unseen = asked("both-unseen", false, &["default/eg/https", "default/eg/https-quic"]);
    expect(&unseen, told);
    assert_eq!(unseen.0, Some(0));
}

#[test]
fn listeners_may_be_named_after_their_ports() {
    let by_port = |name: &str, has_gateway: bool, listeners: &'static [&str]| {
        found(&format!("by-port-{name}"), |it| {
            it.push(json!({
                "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyGateway",
                "extensionApis": { "enableEnvoyPatchPolicy": true },
                "runtimeFlags": { "enabled": ["XDSNameSchemeV2"] },
            }));
            patched(it, listeners);
            it.extend(has_gateway.then(|| gateway("eg")));
        })
    };
    for has_gateway in [false, true] {
        let old = by_port("old", has_gateway, &["default/eg/https"]);
        let what = "error: EnvoyPatchPolicy default/peergate: spec.jsonPatches[0]: is no guard behind peergate for the \
                    listener tcp-443: it is for \"default/eg/https\", which Envoy Gateway makes none of here";
        expect(&old, what);
        let new = by_port("new", has_gateway, &["tcp-443"]);
        assert_eq!(new, (Some(0), vec![]));
    }
}

#[test]
fn patches_are_for_gateways_or_for_their_class() {
    let with = |name: &str, merges: bool, target: &str| {
        found(&format!("merged-{name}"), |it| {
            kind(it, "EnvoyPatchPolicy")["spec"]["targetRef"]["kind"] = target.into();
            it.push(proxy(json!({ "mergeGateways": merges })));
            it.push(gateway("eg"));
        })
    };
    let begin = "error: EnvoyPatchPolicy default/peergate: spec.jsonPatches[0]: is no guard behind peergate for the \
                 listener default/eg/https: its policy is for a";
    expect(&with("gateway", true, "Gateway"), &format!("{begin} Gateway, and where"));
    expect(&with("class", false, "GatewayClass"), &format!("{begin} GatewayClass, which is"));
    assert_eq!(with("merged-class", true, "GatewayClass"), (Some(0), vec![]));
    assert_eq!(with("single-gateway", false, "Gateway"), (Some(0), vec![]));
    let other_class = found("merged-other-class", |it| {
        kind(it, "EnvoyPatchPolicy")["spec"]["targetRef"] =
            json!({ "kind": "GatewayClass", "name": "other" });
        it.extend([proxy(json!({ "mergeGateways": true })), gateway("eg")]);
    });
    expect(
        &other_class,
        &format!("{}: its policy is for another", begin.split_once(": its").unwrap().0),
    );
    let shared = found("merged-shared", |it| {
        kind(it, "EnvoyPatchPolicy")["spec"]["targetRef"]["kind"] = "GatewayClass".into();
        it.extend([proxy(json!({ "mergeGateways": true })), gateway("eg"), gateway("other")]);
    });
    expect_one(&shared, "warning: Gateway default/eg: spec.listeners[0]: has its port in common");
}

#[test]
fn listeners_of_listener_sets_are_told() {
    let with = |name: &str, port: u64, parent: &str| {
        found(&format!("set-{name}"), |it| {
            let listener = json!({ "name": "more", "port": port, "protocol": "HTTPS" });
            let spec = json!({ "parentRef": { "name": parent }, "listeners": [listener] });
            it.push(gateway("eg"));
            it.push(resource(
                "gateway.networking.k8s.io/v1",
                "ListenerSet",
                "default",
                "set",
                spec,
            ));
        })
    };
    let other_port = with("other-port", 8443, "eg");
    expect_one(
        &other_port,
        "warning: ListenerSet default/set: spec.listeners[0]: is at a port of its own",
    );
    assert_eq!(with("same-port", 443, "eg"), (Some(0), vec![]));
    assert_eq!(with("other-gateway", 8443, "other"), (Some(0), vec![]));
    let second = found("second", |it| {
        it.push(gateway("eg"));
        let listener = json!({ "name": "more", "port": 8443, "protocol": "HTTPS" });
        kind(it, "Gateway")["spec"]["listeners"].as_array_mut().unwrap().push(listener);
    });
    expect(&second, GUARDLESS);
}
