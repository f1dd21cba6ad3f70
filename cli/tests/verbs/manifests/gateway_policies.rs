use serde_json::{Value, json};

use super::{
    GATEWAY, certificates, expect, expect_one, found, found_for, found_in, kind, policy, remove,
    rendered, resource,
};

const TRAFFIC: &str = "ClientTrafficPolicy default/peergate: spec";

fn traffic(name: &str, change: impl FnOnce(&mut Value)) -> super::Found {
    found_for(&format!("eg-traffic-{name}"), &GATEWAY, &certificates(), |it| {
        change(&mut kind(it, "ClientTrafficPolicy")["spec"]);
    })
}

#[test]
fn clients_are_asked_and_none_is_turned_away() {
    let none =
        found("eg-no-traffic", &GATEWAY, |it| it.retain(|it| it["kind"] != "ClientTrafficPolicy"));
    expect_one(
        &none,
        "error: EnvoyExtensionPolicy default/peergate: spec.targetRefs[0]: no ClientTrafficPolicy is for it",
    );
    let unasked = traffic("unasked", |spec| remove(spec, "tls"));
    expect_one(&unasked, &format!("error: {TRAFFIC}: asks no client for a certificate"));
    let place = format!("{TRAFFIC}.tls.clientValidation");
    for (mode, verifies, requires) in [
        (json!({ "mode": "RequireAny" }), false, true),
        (json!({ "mode": "VerifyIfGiven" }), true, false),
        (json!({ "mode": "RequireAndVerify" }), true, true),
        (json!({ "optional": true, "caCertificateRefs": [{ "name": "ca" }] }), true, false),
        (json!({ "caCertificateRefs": [{ "name": "ca" }] }), true, true),
    ] {
        let found = traffic("mode", |spec| spec["tls"]["clientValidation"] = mode.clone());
        let told = |what: &str| {
            found.1.iter().any(|line| line.starts_with("warning: ") && line.contains(what))
        };
        assert!(found.1.iter().all(|line| line.contains(&place)), "{found:#?}");
        assert_eq!(told("verifies certificates itself"), verifies, "{mode} {found:#?}");
        assert_eq!(told("who has no certificate is refused"), requires, "{mode} {found:#?}");
    }
    let resumed = traffic("resumed", |spec| {
        spec["tls"]["session"] = json!({ "resumption": { "stateless": {} } })
    });
    expect_one(
        &resumed,
        &format!("warning: {TRAFFIC}.tls.session.resumption: sessions are resumed"),
    );
    let quic = traffic("http3", |spec| spec["http3"] = json!({}));
    expect(&quic, &format!("warning: {TRAFFIC}.http3: HTTP/3"));
}

#[test]
fn a_listener_may_have_a_policy_of_its_own() {
    let own = found_for("eg-traffic-section", &GATEWAY, &certificates(), |it| {
        let listeners = json!([{ "name": "https", "port": 443, "protocol": "HTTPS" }]);
        it.push(resource(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            "default",
            "eg",
            json!({ "listeners": listeners }),
        ));
        let target = json!([{ "kind": "Gateway", "name": "eg", "sectionName": "https" }]);
        let spec = json!({ "targetRefs": target });
        it.push(resource(
            "gateway.envoyproxy.io/v1alpha1",
            "ClientTrafficPolicy",
            "default",
            "own",
            spec,
        ));
    });
    expect_one(
        &own,
        "error: ClientTrafficPolicy default/own: spec: asks no client for a certificate",
    );
}

#[test]
fn requests_are_read_as_the_policy_reads_them() {
    for (name, change, begin) in [
        (
            "slashes",
            json!({ "path": { "disableMergeSlashes": true } }),
            ".path.disableMergeSlashes: harmless",
        ),
        (
            "escaped",
            json!({ "path": { "escapedSlashesAction": "KeepUnchanged" } }),
            ".path.escapedSlashesAction: paths",
        ),
        (
            "underscores",
            json!({ "headers": { "withUnderscoresAction": "Allow" } }),
            ".headers.withUnderscoresAction: upstreams",
        ),
    ] {
        let found = traffic(name, |spec| {
            for (field, value) in change.as_object().unwrap() {
                spec[field] = value.clone();
            }
        });
        expect_one(&found, &format!("warning: {TRAFFIC}{begin}"));
    }
    let mode = |mode: &str| {
        let header = json!({ "mode": mode });
        traffic("forwarded", |spec| spec["headers"]["xForwardedClientCert"] = header)
    };
    for written in ["ForwardOnly", "AppendForward", "AlwaysForwardOnly"] {
        expect(
            &mode(written),
            &format!(
                "warning: {TRAFFIC}.headers.xForwardedClientCert: {written} lets clients write"
            ),
        );
    }
    expect_one(
        &mode("SanitizeSet"),
        &format!("note: {TRAFFIC}.headers.xForwardedClientCert: upstreams get"),
    );
}

#[test]
fn authorities_need_what_clients_present() {
    let chains = |mode: Value, removes: bool| {
        let mut documents = rendered("eg-chains", &GATEWAY, &certificates());
        kind(&mut documents, "ClientTrafficPolicy")["spec"]["headers"]["xForwardedClientCert"] =
            mode;
        kind(&mut documents, "EnvoyExtensionPolicy")["spec"]["wasm"][0]["config"]["lists"]["partners"] =
            policy()["lists"]["staff"].clone();
        if removes {
            let mutations =
                json!({ "request_mutations": [{ "remove": "x-forwarded-client-cert" }] });
            let patch = json!({
                "type": "type.googleapis.com/envoy.config.listener.v3.Listener", "name": "default/eg/https",
                "operation": {
                    "op": "add", "jsonPath": "..http_filters[?(@.name=='envoy.filters.http.router')]",
                    "value": { "name": "remover", "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
                        "mutations": mutations,
                    } },
                },
            });
            let patches = &mut kind(&mut documents, "EnvoyPatchPolicy")["spec"]["jsonPatches"];
            patches.as_array_mut().unwrap().push(patch);
        }
        let mut found = found_in("eg-chains", &GATEWAY, &documents);
        found.1.retain(|line| line.contains("xForwardedClientCert") || !line.starts_with("note: "));
        found
    };
    let place = format!("{TRAFFIC}.headers.xForwardedClientCert");
    expect_one(
        &chains(json!({ "mode": "Sanitize" }), false),
        &format!("warning: {place}: does not tell peergate"),
    );
    let set = json!({ "mode": "SanitizeSet", "certDetailsToAdd": ["Chain"] });
    expect_one(&chains(set.clone(), false), &format!("note: {place}: upstreams get"));
    assert_eq!(chains(set, true), (Some(0), vec![]));
}

#[test]
fn tokens_are_verified_as_the_policy_expects() {
    let none = found("eg-no-tokens", &GATEWAY, |it| it.retain(|it| it["kind"] != "SecurityPolicy"));
    expect_one(
        &none,
        "error: EnvoyExtensionPolicy default/peergate: spec.targetRefs[0]: no SecurityPolicy is for it",
    );
    let jwt = |name: &str, change: &dyn Fn(&mut Value)| {
        found(&format!("eg-jwt-{name}"), &GATEWAY, |it| {
            change(&mut kind(it, "SecurityPolicy")["spec"]["jwt"])
        })
    };
    let place = "SecurityPolicy default/peergate: spec.jwt";
    let closed = jwt("closed", &|jwt| remove(jwt, "failOpen"));
    expect_one(&closed, &format!("warning: {place}: does not say `failOpen: true`"));
    let issuer = jwt("issuer", &|jwt| jwt["providers"][0]["issuer"] = "https://other".into());
    expect(&issuer, &format!("error: {place}: verifies no tokens of \"https://idp.example.com\""));
    let name = jwt("name", &|jwt| jwt["providers"][0]["name"] = "idp".into());
    expect(
        &name,
        &format!("error: {place}.providers[0]: puts what it has verified under the name \"idp\""),
    );
    let nobody = jwt("nobody", &|jwt| remove(&mut jwt["providers"][0], "issuer"));
    expect(&nobody, &format!("error: {place}.providers[0]: has no issuer"));
    let keys = jwt("keys", &|jwt| jwt["providers"][0]["remoteJWKS"]["uri"] = "http://a".into());
    expect_one(
        &keys,
        &format!("error: {place}.providers[0].remoteJWKS.uri: the keys come over http"),
    );
    let replaced = found("eg-jwt-replaced", &GATEWAY, |it| {
        let parent = json!({ "parentRefs": [{ "name": "eg" }] });
        it.push(resource("gateway.networking.k8s.io/v1", "HTTPRoute", "default", "orders", parent));
        let spec = json!({ "targetRefs": [{ "kind": "HTTPRoute", "name": "orders" }], "cors": {} });
        it.push(resource(
            "gateway.envoyproxy.io/v1alpha1",
            "SecurityPolicy",
            "default",
            "cors",
            spec,
        ));
    });
    expect_one(
        &replaced,
        "error: SecurityPolicy default/cors: spec.targetRefs[0]: takes the place of the Gateway's",
    );
    let order = json!({ "filterOrder": [{ "name": "envoy.filters.http.wasm", "before": "envoy.filters.http.jwt_authn" }] });
    let order = resource("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", "default", "proxy", order);
    let order = found("eg-order", &GATEWAY, |it| it.push(order));
    expect_one(&order, "warning: EnvoyProxy default/proxy: spec.filterOrder[0]: moves a filter");
}

#[test]
fn what_stands_beside_the_plugin_is_told() {
    let beside = |name: &str, field: &str, value: Value| {
        found(&format!("eg-beside-{name}"), &GATEWAY, |it| {
            let spec = &mut kind(it, "EnvoyExtensionPolicy")["spec"];
            match spec[field].as_array_mut() {
                Some(items) => items.push(value),
                None => spec[field] = json!([value]),
            }
        })
    };
    let place = "EnvoyExtensionPolicy default/peergate: spec";
    let writes = beside(
        "writes",
        "extProc",
        json!({ "metadata": { "writableNamespaces": ["envoy.filters.http.jwt_authn"] } }),
    );
    expect_one(
        &writes,
        &format!(
            "error: {place}.extProc[0].metadata.writableNamespaces[0]: writes where jwt_authn does"
        ),
    );
    let service = beside("service", "extProc", json!({}));
    expect_one(&service, &format!("note: {place}.extProc[0]: stands ahead of peergate"));
    let script = beside("script", "lua", json!({ "type": "Inline", "inline": "" }));
    expect_one(&script, &format!("warning: {place}.lua[0]: stands ahead of peergate"));
    let wasm = beside("wasm", "wasm", json!({ "name": "other" }));
    expect_one(&wasm, &format!("note: {place}.wasm[1]: stands behind peergate"));
    let open = found("eg-open", &GATEWAY, |it| {
        kind(it, "EnvoyExtensionPolicy")["spec"]["wasm"][0]["failOpen"] = true.into();
    });
    expect_one(&open, &format!("warning: {place}.wasm[0].failOpen: requests go past peergate"));
}

#[test]
fn hosts_and_names_are_those_that_are_there() {
    let route = |spec: Value| {
        resource("gateway.networking.k8s.io/v1", "HTTPRoute", "default", "orders", spec)
    };
    let with = |name: &str, rule: &Value, spec: Value| {
        let mut documents = rendered(name, &GATEWAY, &certificates());
        kind(&mut documents, "EnvoyExtensionPolicy")["spec"]["wasm"][0]["config"]["apis"][0]["match"] =
            rule.clone();
        documents.push(route(spec));
        let mut found = found_in(name, &GATEWAY, &documents);
        found.1.retain(|line| !line.starts_with("note: "));
        found
    };
    let hosts = json!({ "hosts": ["api.example.com"] });
    let spec = |hosts: &[&str], rules: Value| json!({ "parentRefs": [{ "name": "eg" }], "hostnames": hosts, "rules": rules });
    let good = with("eg-hosts", &hosts, spec(&["api.example.com"], json!([])));
    assert_eq!(good, (Some(0), vec![]));
    let other = with("eg-hosts", &hosts, spec(&["api.example.com", "b.example.com"], json!([])));
    expect_one(
        &other,
        "warning: HTTPRoute default/orders: spec.hostnames[1]: no API of the policy is for b.example.com",
    );
    let by = json!([{ "matches": [{ "headers": [{ "name": "x-a", "value": "b" }] }] }]);
    assert_eq!(with("eg-hosts", &hosts, spec(&["api.example.com"], by.clone())), (Some(0), vec![]));
    let own = spec(&["api.example.com"], by);
    for (name, is_there) in [
        ("httproute/default/orders/rule/0/match/0/api_example_com", true),
        ("httproute/default/orders/rule/0/match/1/api_example_com", false),
        ("httproute/default/orders/rule/1/match/0/api_example_com", false),
        ("httproute/default/orders/rule/0/match/0/b_example_com", false),
        ("httproute/default/other/rule/0/match/0/api_example_com", false),
        ("httproute/default/orders/rule/0/match/0/api.example.com", false),
        ("orders", false),
    ] {
        let found = with("eg-names", &json!({ "routes": [name] }), own.clone());
        assert_eq!(found.1.is_empty(), is_there, "{name} {found:#?}");
    }
    for (name, is_there) in [
        ("default/eg/https/api_example_com", true),
        ("default/other/https/api_example_com", false),
        ("default/eg/https/api.example.com", false),
        ("api", false),
    ] {
        let found = with("eg-names", &json!({ "virtual_hosts": [name] }), own.clone());
        assert_eq!(found.1.is_empty(), is_there, "{name} {found:#?}");
    }
    let goes_by =
        json!([{ "matches": [{ "headers": [{ "name": "X-Client-Identity", "value": "a" }] }] }]);
    let goes_by =
        found("eg-goes-by", &GATEWAY, |it| it.push(route(spec(&["api.example.com"], goes_by))));
    expect_one(
        &goes_by,
        "warning: HTTPRoute default/orders: spec.rules[0].matches[0].headers[0]: goes by the header",
    );
}

#[test]
fn feeds_are_at_clusters_that_are_patched_in() {
    let with = |patch: Option<Value>| {
        let mut documents = rendered("eg-feed", &GATEWAY, &certificates());
        let lists =
            &mut kind(&mut documents, "EnvoyExtensionPolicy")["spec"]["wasm"][0]["config"]["lists"];
        *lists = json!({ "partners": { "feed": { "cluster": "feed", "path": "/v1" } } });
        let patches = &mut kind(&mut documents, "EnvoyPatchPolicy")["spec"]["jsonPatches"];
        patches.as_array_mut().unwrap().extend(patch);
        let mut found = found_in("eg-feed", &GATEWAY, &documents);
        found.1.retain(|line| !line.starts_with("note: "));
        found
    };
    expect_one(
        &with(None),
        "warning: EnvoyExtensionPolicy default/peergate: spec.wasm[0]: the feed of the list partners",
    );
    let patch = json!({
        "type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": "feed",
        "operation": { "op": "add", "path": "", "value": { "name": "feed" } },
    });
    assert_eq!(with(Some(patch)), (Some(0), vec![]));
}
