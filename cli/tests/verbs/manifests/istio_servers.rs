use serde_json::{Value, json};

use super::{ISTIO, certificates, expect, expect_one, found, found_for, kind, remove, resource};

const SERVER: &str = "Gateway istio-system/peergate: spec.servers[0]";

fn changed(name: &str, change: impl FnOnce(&mut Value)) -> super::Found {
    found_for(&format!("istio-server-{name}"), &ISTIO, &certificates(), |it| {
        change(&mut kind(it, "Gateway")["spec"]["servers"][0]);
    })
}

#[test]
fn clients_are_asked_and_none_is_turned_away() {
    let mutual = changed("mutual", |server| server["tls"]["mode"] = "MUTUAL".into());
    expect_one(&mutual, &format!("warning: {SERVER}.tls.mode: who has no certificate is refused"));
    let mesh = changed("mesh", |server| server["tls"]["mode"] = "ISTIO_MUTUAL".into());
    expect_one(&mesh, &format!("warning: {SERVER}.tls.mode: takes certificates of the mesh alone"));
    for mode in ["SIMPLE", "OTHER"] {
        let simple = changed(&mode.to_lowercase(), |server| server["tls"]["mode"] = mode.into());
        expect_one(
            &simple,
            &format!("error: {SERVER}.tls.mode: {mode} asks no client for a certificate"),
        );
    }
    for mode in ["PASSTHROUGH", "AUTO_PASSTHROUGH"] {
        let passed = changed(&mode.to_lowercase(), |server| server["tls"]["mode"] = mode.into());
        expect(
            &passed,
            &format!("error: {SERVER}.tls: passes connections on without reading requests"),
        );
    }
    let elsewhere = found_for("istio-server-elsewhere", &ISTIO, &certificates(), |it| {
        let servers = kind(it, "Gateway")["spec"]["servers"].as_array_mut().unwrap();
        servers.push(json!({
            "port": { "number": 8443, "name": "tls", "protocol": "TLS" },
            "hosts": ["b.example.com"], "tls": { "mode": "PASSTHROUGH" },
        }));
    });
    let begin =
        "warning: Gateway istio-system/peergate: spec.servers[1].tls: passes connections on";
    expect(&elsewhere, begin);
    let mandatory = {
        let mut policy = certificates();
        policy["apis"][0]["policy"] = "mandatory".into();
        found_for("istio-server-mandatory", &ISTIO, &policy, |it| {
            kind(it, "Gateway")["spec"]["servers"][0]["tls"]["mode"] = "MUTUAL".into();
        })
    };
    expect_one(&mandatory, &format!("note: {SERVER}.tls.mode: who has no certificate is refused"));
}

#[test]
fn requests_come_over_tls() {
    let http = |server: &mut Value| {
        server["port"] = json!({ "number": 80, "name": "http", "protocol": "HTTP" });
        remove(server, "tls");
    };
    let plain = changed("plain", http);
    expect(&plain, &format!("error: {SERVER}: has no TLS, and the policy looks at certificates"));
    let redirected = changed("redirected", |server| {
        http(server);
        server["tls"] = json!({ "httpsRedirect": true });
    });
    expect(
        &redirected,
        &format!("note: {SERVER}.tls.httpsRedirect: peergate judges requests before"),
    );
}

#[test]
fn envoy_accepts_every_certificate_of_every_server() {
    let second = changed("second-host", |server| server["hosts"][0] = "b.example.com".into());
    expect(&second, &format!("warning: {SERVER}.tls: Envoy verifies certificates itself"));
    let other = found("istio-server-two", &ISTIO, |it| {
        let servers = kind(it, "Gateway")["spec"]["servers"].as_array_mut().unwrap();
        let mut second = servers[0].clone();
        second["hosts"][0] = "*.api.example.com".into();
        servers.push(second);
    });
    let at = "Gateway istio-system/peergate: spec.servers[1]";
    expect(&other, &format!("warning: {at}.tls: Envoy verifies certificates itself"));
    expect(
        &other,
        &format!("warning: {at}.tls: does not say `disable_stateless_session_resumption"),
    );
    let skips = changed("skips", |server| server["tls"]["insecureSkipVerify"] = true.into());
    expect_one(&skips, &format!("note: {SERVER}.tls.insecureSkipVerify: Istio before 1.31"));
    let secret = |data: Value| {
        let mut secret = resource("v1", "Secret", "istio-system", "api", json!({}));
        secret["data"] = data;
        found_for("istio-server-secret", &ISTIO, &certificates(), |it| it.push(secret))
    };
    expect_one(
        &secret(json!({ "tls.crt": "" })),
        "warning: Secret istio-system/api: has no `ca.crt`",
    );
    assert_eq!(secret(json!({ "ca.crt": "" })), (Some(0), vec![]));
}

#[test]
fn nothing_is_said_of_certificates_where_no_policy_looks() {
    let mut policy = certificates();
    policy["apis"][0] =
        json!({ "name": "a", "policy": "open", "match": { "hosts": ["api.example.com"] } });
    remove(&mut policy, "lists");
    let open = found_for("istio-server-open", &ISTIO, &policy, |it| {
        let tls = &mut kind(it, "Gateway")["spec"]["servers"][0]["tls"];
        tls["mode"] = "SIMPLE".into();
    });
    assert_eq!(open, (Some(0), vec![]));
}

#[test]
fn the_mesh_configuration_counts() {
    let mesh = |name: &str, text: &str| {
        let mut map = resource("v1", "ConfigMap", "istio-system", "istio", json!({}));
        map["data"] = json!({ "mesh": text });
        found(&format!("istio-mesh-{name}"), &ISTIO, |it| it.push(map))
    };
    let place = "EnvoyFilter istio-system/peergate: spec.configPatches[1].patch.value.typed_config";
    let none = mesh("paths", "pathNormalization: { normalization: NONE }");
    expect_one(&none, &format!("warning: {place}: does not say `normalize_path: true`"));
    let topology =
        "defaultConfig: { gatewayTopology: { forwardClientCertDetails: APPEND_FORWARD } }";
    expect_one(
        &mesh("forward", topology),
        &format!("warning: {place}.forward_client_cert_details: APPEND_FORWARD lets clients write"),
    );
    assert_eq!(mesh("root", "rootNamespace: other"), (Some(0), vec![]));
    assert_eq!(mesh("base", "pathNormalization: { normalization: BASE }"), (Some(0), vec![]));
    let annotated = json!({ "template": { "metadata": { "annotations": {
        "proxy.istio.io/config": "gatewayTopology: { forwardClientCertDetails: ALWAYS_FORWARD_ONLY }",
    } } } });
    let deployment = resource("apps/v1", "Deployment", "istio-system", "gw", annotated);
    let annotated = found("istio-annotated", &ISTIO, |it| it.push(deployment));
    expect_one(
        &annotated,
        "warning: Deployment istio-system/gw: spec.template.metadata.annotations[\"proxy.istio.io/config\"]: lets clients",
    );
}
