//! What is rendered for Envoy Gateway beside the example.

use std::fs;

use serde_json::{Value, json};

use crate::schema::Schemas;
use crate::{documents, peergate, printed, scratch};

const COMMAND: [&str; 4] =
    ["render", "envoy-gateway", "--gateway=eg", "--url=oci://registry.example.com/peergate:1"];

/// What is rendered for a policy of these lists.
fn rendered(name: &str, lists: Value, more: &[&str]) -> Vec<Value> {
    let policy = policy(name, lists);
    documents(&printed(&[&COMMAND[..], &["--policy", &policy], more].concat()))
}

fn policy(name: &str, lists: Value) -> String {
    let allow: Vec<_> = lists.as_object().unwrap().keys().collect();
    let api = json!({ "name": "a", "certificate": { "allow": allow }, "policy": "mandatory" });
    let policy = json!({ "version": 1, "lists": lists, "apis": [api] });
    let path = scratch(&format!("envoy-gateway-{name}")).join("policy.json");
    fs::write(&path, policy.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn pin() -> Value {
    json!({ "pins": { "entries": [{ "sha256": "ab".repeat(32) }] } })
}

fn of_kind<'d>(documents: &'d [Value], kind: &str) -> Vec<&'d Value> {
    documents.iter().filter(|document| document["kind"] == kind).collect()
}

fn patches(documents: &[Value]) -> &Vec<Value> {
    of_kind(documents, "EnvoyPatchPolicy")[0]["spec"]["jsonPatches"].as_array().unwrap()
}

#[test]
fn routes_have_a_policy_in_each_namespace() {
    let routes = ["--route", "orders,shop/basket", "--route=people", "--namespace=edge"];
    let documents = rendered("routes", pin(), &routes);
    let plugins = of_kind(&documents, "EnvoyExtensionPolicy");
    let target = |name: &str| json!({ "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": name });
    let targets: Vec<_> = plugins
        .iter()
        .map(|it| (it["metadata"]["namespace"].as_str().unwrap(), it["spec"]["targetRefs"].clone()))
        .collect();
    assert_eq!(
        targets,
        [
            ("edge", json!([target("orders"), target("people")])),
            ("shop", json!([target("basket")])),
        ]
    );
    // What belongs to the Gateway is with it.
    for kind in ["ClientTrafficPolicy", "EnvoyPatchPolicy"] {
        let [one] = of_kind(&documents, kind)[..] else { panic!("{kind}") };
        assert_eq!(one["metadata"]["namespace"], "edge");
    }
    let guard = patches(&documents)[0]["operation"]["value"].to_string();
    for name in ["httproute/edge/orders/", "httproute/shop/basket/", "httproute/edge/people/"] {
        assert!(guard.contains(name), "{name} in {guard}");
    }
    if let Some(schemas) = Schemas::find() {
        for document in &documents {
            let problems = schemas.problems(document);
            assert!(problems.is_empty(), "{}: {problems:#?}", document["kind"]);
        }
    }
}

#[test]
fn what_has_another_name_replaces_nothing() {
    let jwt = json!({ "issuers": ["i"], "payload": "payload" });
    let api = json!({ "name": "a", "policy": ["certificate", "jwt"], "jwt": jwt, "certificate": { "allow": ["pins"] } });
    let policy = json!({ "version": 1, "lists": pin(), "apis": [api] }).to_string();
    let path = scratch("envoy-gateway-named").join("policy.json");
    fs::write(&path, policy).unwrap();
    let rendered = |more: &[&str]| {
        let own = ["--policy", path.to_str().unwrap(), "--jwks=i=https://i.example/k"];
        documents(&printed(&[&COMMAND[..], &own, &["--route=a,b/c"], more].concat()))
    };
    let names = |documents: &[Value]| -> Vec<String> {
        documents.iter().map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&rendered(&[])), ["peergate"; 6]);
    let named = rendered(&["--name=inner"]);
    assert_eq!(names(&named), ["inner"; 6]);
    // The patch of the failure policy and Envoy's metrics go by this one.
    let plugin = &of_kind(&named, "EnvoyExtensionPolicy")[0]["spec"]["wasm"][0];
    assert_eq!(plugin["name"], "peergate");
}

#[test]
fn a_route_is_given_once() {
    let policy = policy("twice", pin());
    let arguments = [&COMMAND[..], &["--policy", &policy, "--route=a,default/a"]].concat();
    let output = peergate(&arguments);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("--route a: is given twice"));
}

#[test]
fn feeds_are_clusters_of_the_patch() {
    let feed = |cluster: &str| json!({ "feed": { "cluster": cluster, "path": "/" } });
    let lists = json!({ "a": feed("one"), "b": feed("two") });
    let file = policy("feeds", lists.clone());
    let refused = peergate(&[&COMMAND[..], &["--policy", &file, "--feed=one=a:1"]].concat());
    assert!(!refused.status.success() && refused.stdout.is_empty());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("lists.b.feed: say where it is: --feed two=HOST:PORT"), "{told}");

    let places =
        ["--feed=one=feed.shop.svc:80", "--feed=two=https://feed.example", "--trusted-ca=/ca.crt"];
    let documents = rendered("feeds", lists, &places);
    let clusters: Vec<_> = patches(&documents)
        .iter()
        .filter(|patch| patch["type"].as_str().unwrap().ends_with("Cluster"))
        .map(|patch| {
            let operation = &patch["operation"];
            assert_eq!((&operation["op"], &operation["path"]), (&json!("add"), &json!("")));
            assert_eq!(operation["value"]["name"], patch["name"]);
            &operation["value"]
        })
        .collect();
    let [one, two] = clusters[..] else { panic!("{clusters:?}") };
    assert!(one["transport_socket"].is_null());
    let tls = &two["transport_socket"]["typed_config"];
    assert_eq!(tls["sni"], "feed.example");
    let trusted = &tls["common_tls_context"]["validation_context"]["trusted_ca"];
    assert_eq!(trusted["filename"], "/ca.crt");
}

#[test]
fn chains_are_told_where_an_authority_needs_them_and_end_before_the_upstream() {
    let authority = fs::read_to_string(crate::workspace().join("envoy-config/policy-dynamic.yaml"));
    let authority: Value = serde_saphyr::from_str(&authority.unwrap()).unwrap();
    let authority = &authority["lists"]["staff"]["entries"][0]["ca"];
    let alone = json!({ "staff": { "entries": [{ "ca": authority }] } });
    let whole =
        json!({ "staff": { "entries": [{ "ca": authority, "intermediates": authority }] } });
    for (name, lists, details, removed) in [
        ("pins", pin(), json!({ "mode": "Sanitize" }), 0),
        ("whole", whole, json!({ "mode": "Sanitize" }), 0),
        ("alone", alone, json!({ "mode": "SanitizeSet", "certDetailsToAdd": ["Chain"] }), 2),
    ] {
        let documents = rendered(name, lists, &["--listener=https,other"]);
        let traffic = of_kind(&documents, "ClientTrafficPolicy")[0];
        assert_eq!(traffic["spec"]["headers"]["xForwardedClientCert"], details, "{name}");
        let text = patches(&documents).iter().filter(|patch| {
            patch["operation"]["value"]["typed_config"]["mutations"]["request_mutations"]
                == json!([{ "remove": "x-forwarded-client-cert" }])
        });
        assert_eq!(text.count(), removed, "{name}");
    }
}

#[test]
fn a_secret_is_for_the_image() {
    let documents =
        rendered("secret", pin(), &["--image-pull-secret=registry", "--sha256", &"0".repeat(64)]);
    let image = &of_kind(&documents, "EnvoyExtensionPolicy")[0]["spec"]["wasm"][0]["code"]["image"];
    assert_eq!(image["pullSecretRef"], json!({ "name": "registry" }));
    assert_eq!(image["sha256"], "0".repeat(64));
}
