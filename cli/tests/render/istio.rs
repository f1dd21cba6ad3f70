//! What gateways and sidecars of Istio are told.

use std::fs;

use serde_json::{Value, json};

use crate::{documents, peergate, printed, scratch};

const GATEWAY: [&str; 5] =
    ["istio", "--hosts=a.example", "--credential=a", "--url=oci://r/m:1", "--namespace=n"];
const SIDECAR: [&str; 4] =
    ["istio-sidecar", "--namespace=n", "--selector=app=a", "--url=oci://r/m:1"];
const FORMS: [&[&str]; 2] = [&GATEWAY, &SIDECAR];

const ROOT: &str = include_str!("../../../envoy-config/policy-istio-sidecar.yaml");

/// Writes a policy whose one list has this entry, with more of its own.
fn policy(name: &str, entry: &Value, more: &Value) -> String {
    let api = json!({ "name": "a", "policy": "mandatory", "certificate": { "allow": ["l"] } });
    let mut policy =
        json!({ "version": 1, "lists": { "l": { "entries": [entry] } }, "apis": [api] });
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = scratch("istio").with_file_name(format!("istio-{name}.json"));
    fs::write(&path, policy.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn pin() -> Value {
    json!({ "sha256": "a".repeat(64) })
}

fn render(form: &[&str], policy: &str, more: &[&str]) -> Vec<Value> {
    documents(&printed(&[&["render"], form, &["--policy", policy], more].concat()))
}

fn one<'d>(documents: &'d [Value], kind: &str) -> &'d Value {
    documents.iter().find(|one| one["kind"] == kind).unwrap()
}

/// The values of the patches that are for something.
fn patches<'d>(documents: &'d [Value], applies_to: &str) -> Vec<&'d Value> {
    let patches = one(documents, "EnvoyFilter")["spec"]["configPatches"].as_array().unwrap();
    let patches = patches.iter().filter(|patch| patch["applyTo"] == applies_to);
    patches.map(|patch| &patch["patch"]["value"]).collect()
}

/// What the header about clients is to hold besides what Istio says.
fn details(form: &[&str], policy: &str) -> Value {
    let documents = render(form, policy, &[]);
    let manager = patches(&documents, "NETWORK_FILTER")[0];
    manager["typed_config"]["set_current_client_cert_details"].clone()
}

#[test]
fn chains_are_told_where_a_path_may_need_them() {
    let root: Value = serde_saphyr::from_str(ROOT).unwrap();
    let ca = &root["lists"]["shop"]["entries"][0]["ca"];
    let authority = policy("authority", &json!({ "ca": ca }), &json!({}));
    let whole = policy("whole", &json!({ "ca": ca, "intermediates": ca }), &json!({}));
    let pins = policy("pins", &pin(), &json!({}));
    for (policy, gateway, sidecar) in [
        (authority, json!({ "chain": true }), json!({ "chain": true })),
        // Gateways tell of the certificate itself by themselves.
        (whole, Value::Null, json!({ "cert": true })),
        (pins, Value::Null, json!({ "cert": true })),
    ] {
        assert_eq!(details(&GATEWAY, &policy), gateway, "{policy}");
        assert_eq!(details(&SIDECAR, &policy), sidecar, "{policy}");
    }
    let path = scratch("istio-open").join("policy.json");
    fs::write(&path, r#"{"version": 1, "apis": [{"name": "a", "policy": "open"}]}"#).unwrap();
    assert_eq!(details(&SIDECAR, path.to_str().unwrap()), Value::Null);
}

#[test]
fn a_sidecar_judges_what_comes_in() {
    let documents = render(&SIDECAR, &policy("sidecar", &pin(), &json!({})), &[]);
    let kinds: Vec<&Value> = documents.iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["PeerAuthentication", "WasmPlugin", "EnvoyFilter"]);
    let labels = json!({ "app": "a" });
    for document in &documents {
        assert_eq!(document["metadata"], json!({ "name": "peergate-a", "namespace": "n" }));
        let spec = &document["spec"];
        let selected = [&spec["selector"]["matchLabels"], &spec["workloadSelector"]["labels"]];
        assert!(selected.contains(&&labels), "{document}");
    }
    assert_eq!(one(&documents, "PeerAuthentication")["spec"]["mtls"], json!({ "mode": "STRICT" }));
    assert_eq!(one(&documents, "WasmPlugin")["spec"]["match"], json!([{ "mode": "SERVER" }]));
    let patches = one(&documents, "EnvoyFilter")["spec"]["configPatches"].as_array().unwrap();
    for patch in patches {
        assert_eq!(patch["match"]["context"], "SIDECAR_INBOUND", "{patch}");
    }
}

#[test]
fn connections_that_nobody_reads_are_refused_but_for_named_ports() {
    let policy = policy("tcp", &pin(), &json!({}));
    let rules = |more: &[&str]| {
        let documents = render(&SIDECAR, &policy, more);
        let guard = patches(&documents, "NETWORK_FILTER")[1];
        assert_eq!(guard["name"], "peergate-tcp-guard");
        guard["typed_config"]["rules"].clone()
    };
    assert_eq!(rules(&[]), json!({ "action": "ALLOW", "policies": {} }));
    let ports = json!([{ "destination_port": 5432 }, { "destination_port": 9092 }]);
    let policies = json!({ "ports": { "permissions": ports, "principals": [{ "any": true }] } });
    let expected = json!({ "action": "ALLOW", "policies": policies });
    assert_eq!(rules(&["--tcp-ports", "5432,9092"]), expected);
}

#[test]
fn a_traffic_extension_says_what_a_wasm_plugin_says() {
    let policy = policy("extension", &pin(), &json!({}));
    let more = ["--sha256", &"0".repeat(64), "--image-pull-secret", "s"];
    for form in FORMS {
        let plugin = render(form, &policy, &more);
        let extension =
            render(form, &policy, &[&more[..], &["--extension=traffic-extension"]].concat());
        let mut spec = one(&extension, "TrafficExtension")["spec"].clone();
        let wasm = spec.as_object_mut().unwrap().remove("wasm").unwrap();
        spec.as_object_mut().unwrap().extend(wasm.as_object().unwrap().clone());
        assert_eq!(spec, one(&plugin, "WasmPlugin")["spec"]);
        assert_eq!(extension.len(), plugin.len());
    }
}

#[test]
fn tokens_and_feeds_are_for_sidecars_too() {
    let lists = json!({ "l": { "feed": { "cluster": "outbound|80||f.example", "authority": "f", "path": "/" } } });
    let jwt = json!({ "issuers": ["i"], "payload": "payload" });
    let api = json!({ "name": "a", "policy": ["certificate", "jwt"], "jwt": jwt, "certificate": { "allow": ["l"] } });
    let policy = policy("tokens", &pin(), &json!({ "lists": lists, "apis": [api] }));
    let arguments = ["--jwks=i=https://i.example/k", "--feed=https://f.example:80"];
    let documents = render(&SIDECAR, &policy, &arguments);
    let tokens = one(&documents, "RequestAuthentication");
    assert_eq!(tokens["spec"]["selector"]["matchLabels"], json!({ "app": "a" }));
    assert_eq!(one(&documents, "ServiceEntry")["metadata"]["namespace"], "n");
    let rule = one(&documents, "DestinationRule");
    assert_eq!(rule["spec"]["workloadSelector"]["matchLabels"], json!({ "app": "a" }));
}

/// Writes a policy whose manifest has a resource of every kind.
fn everything() -> String {
    let lists = json!({ "l": { "feed": { "cluster": "outbound|80||f.example", "authority": "f", "path": "/" } } });
    let jwt = json!({ "issuers": ["i"], "payload": "payload" });
    let api = json!({ "name": "a", "policy": ["certificate", "jwt"], "jwt": jwt, "certificate": { "allow": ["l"] } });
    policy("everything", &pin(), &json!({ "lists": lists, "apis": [api] }))
}

/// Kinds, namespaces and names: what `kubectl apply` goes by.
fn identities(form: &[&str], policy: &str, more: &[&str]) -> Vec<String> {
    let outside = ["--jwks=i=https://i.example/k", "--feed=https://f.example:80"];
    let documents = render(form, policy, &[&outside, more].concat());
    let identity = |one: &Value| {
        let metadata = &one["metadata"];
        format!("{} {} {}", one["kind"], metadata["namespace"], metadata["name"])
    };
    documents.iter().map(identity).collect()
}

#[test]
fn what_has_another_name_replaces_nothing() {
    let policy = everything();
    for (form, kinds) in [(&GATEWAY[..], 6), (&SIDECAR, 6)] {
        let first = identities(form, &policy, &[]);
        assert_eq!(first.len(), kinds, "{first:?}");
        let second = identities(form, &policy, &["--name=peergate-other"]);
        assert!(second.iter().all(|one| one.contains("\"peergate-other")), "{second:?}");
        assert!(!first.iter().any(|one| second.contains(one)), "{first:?} {second:?}");
    }
    let of = |selector: &str| {
        let form = ["istio-sidecar", "--namespace=n", "--url=oci://r/m:1", "--selector", selector];
        identities(&form, &policy, &[])
    };
    let (orders, payments) = (of("app=orders"), of("app=payments"));
    assert!(orders.contains(&"\"WasmPlugin\" \"n\" \"peergate-orders\"".to_owned()), "{orders:?}");
    assert!(!orders.iter().any(|one| payments.contains(one)), "{orders:?} {payments:?}");
}

#[test]
fn a_sidecar_has_a_name_of_its_own_or_none_is_printed() {
    let policy = policy("named", &pin(), &json!({}));
    let told = |more: &[&str]| {
        let first =
            ["render", "istio-sidecar", "--policy", &policy, "--namespace=n", "--url=oci://r/m:1"];
        let output = peergate(&[&first[..], more].concat());
        assert_eq!(output.status.success(), !output.stdout.is_empty());
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    for selector in ["app=a,version=v1", "version=v1", "app=", "app=A", "app=a_b", "k8s-app=a"] {
        let (printed, error) = told(&["--selector", selector]);
        assert!(!printed && error.starts_with("--name: say how"), "{selector}: {error}");
        assert!(told(&["--selector", selector, "--name=peergate-a"]).0, "{selector}");
    }
    for name in ["orders", "peergate_a", "Peergate", ""] {
        let (printed, error) = told(&["--selector=app=a", "--name", name]);
        assert!(!printed && error.contains("--name"), "{name}: {error}");
    }
    let (printed, error) = told(&["--selector=app=a,app=b", "--name=peergate-a"]);
    assert!(!printed && error.contains("--selector: app is given twice"), "{error}");
}

#[test]
fn no_server_name_of_a_mesh_is_the_host() {
    for (sni, is_fine) in [("required", false), ("when_present", false), ("unchecked", true)] {
        let global = json!({ "global": { "sni": sni } });
        let policy = policy(sni, &pin(), &global);
        let output = peergate(&[&["render"], &SIDECAR[..], &["--policy", &policy]].concat());
        assert_eq!(output.status.success(), is_fine, "{sni}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(told.starts_with("global.sni: has to be unchecked here"), !is_fine, "{told}");
    }
}
