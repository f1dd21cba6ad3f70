//! `peergate check --istio` and `--envoy-gateway`: what is rendered is good, and each change of it is told with its
//! place.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails where it panics"
)]

mod files;
mod gateway_guard;
mod gateway_listeners;
mod gateway_patches;
mod gateway_policies;
mod istio_guard;
mod istio_patches;
mod istio_plugin;
mod istio_servers;
mod istio_sidecar;
mod istio_surroundings;
mod rendered;

use std::path::Path;

use serde_json::{Value, json};

use crate::peergate::{Ran, file, peergate};

/// What is rendered, and how it is checked.
pub(crate) struct Target {
    verb: &'static str,
    flag: &'static str,
    more: &'static [&'static str],
}

const ISTIO: Target = Target {
    verb: "istio",
    flag: "--istio",
    more: &["--hosts=api.example.com", "--credential=api", "--url=oci://r.example/peergate:1"],
};

const SIDECAR: Target = Target {
    verb: "istio-sidecar",
    flag: "--istio",
    more: &[
        "--name=peergate",
        "--namespace=apps",
        "--selector=app=orders",
        "--url=oci://r.example/peergate:1",
    ],
};

const GATEWAY: Target = Target {
    verb: "envoy-gateway",
    flag: "--envoy-gateway",
    more: &["--gateway=eg", "--url=oci://r.example/peergate:1"],
};

impl Target {
    /// A policy that looks at certificates and at tokens, and tells upstreams of clients.
    fn policy(&self) -> Value {
        let mut policy = policy();
        if self.verb == GATEWAY.verb {
            // By an authority, clients would have to present what is between.
            policy["lists"]["staff"] = json!({ "entries": [{ "sha256": "ab".repeat(32) }] });
        }
        if self.verb == SIDECAR.verb {
            // The server names of a mesh are its own.
            remove(&mut policy["global"], "sni");
        }
        policy
    }
}

/// A policy that looks at certificates by an authority, and at tokens, and tells upstreams of clients.
fn policy() -> Value {
    let example = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../envoy-config/policy-certificate-and-jwt.yaml");
    let mut policy: Value =
        serde_saphyr::from_str(&std::fs::read_to_string(example).unwrap()).unwrap();
    policy["apis"][0]["match"] = json!({ "hosts": ["api.example.com"], "path_prefix": "/payroll" });
    policy
}

/// A policy of certificates alone, some of which may be left out.
fn certificates() -> Value {
    json!({
        "version": 1,
        "global": { "authority": { "ignore_port": true } },
        "lists": { "partners": { "entries": [{ "sha256": "ab".repeat(32) }] } },
        "apis": [{
            "name": "orders", "match": { "hosts": ["api.example.com"] },
            "certificate": { "allow": ["partners"] }, "policy": "optional",
        }],
    })
}

/// What is rendered for a policy.
fn rendered(name: &str, target: &Target, policy: &Value) -> Vec<Value> {
    let policy_file = file(&format!("manifest-{name}-policy.json"), policy.to_string());
    let jwks = "--jwks=https://idp.example.com=https://idp.example.com/keys";
    let mut arguments = vec!["render", target.verb, "--policy", &policy_file];
    arguments.extend(target.more);
    if policy.to_string().contains("issuers") {
        arguments.push(jwks);
    }
    let ran = peergate(&arguments);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    serde_saphyr::from_multiple(&ran.out).unwrap()
}

/// Checks manifests alone.
fn check(name: &str, target: &Target, documents: &[Value]) -> Ran {
    let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    let manifests = file(&format!("manifest-{name}.yaml"), texts.join("\n---\n"));
    peergate(&["check", target.flag, &manifests])
}

/// What is found: the status, and each finding without its file.
type Found = (Option<i32>, Vec<String>);

fn found_in(name: &str, target: &Target, documents: &[Value]) -> Found {
    let ran = check(name, target, documents);
    let strip = |line: &str| {
        let (_, rest) = line.split_once(".yaml: ").unwrap_or_else(|| panic!("{line}"));
        rest.to_owned()
    };
    (ran.status, ran.err.lines().map(strip).collect())
}

/// Changes what is rendered for a policy, and returns what is found that was not found before.
fn found_for(
    name: &str,
    target: &Target,
    policy: &Value,
    change: impl FnOnce(&mut Vec<Value>),
) -> Found {
    let mut documents = rendered(name, target, policy);
    let before = found_in(name, target, &documents).1;
    assert!(before.iter().all(|line| line.starts_with("note: ")), "{before:#?}");
    change(&mut documents);
    let (status, mut after) = found_in(name, target, &documents);
    after.retain(|line| !before.contains(line));
    (status, after)
}

fn found(name: &str, target: &Target, change: impl FnOnce(&mut Vec<Value>)) -> Found {
    found_for(name, target, &target.policy(), change)
}

/// Expects one finding that begins so.
#[track_caller]
fn expect_one(found: &Found, begin: &str) {
    let status = if begin.starts_with("error") { Some(3) } else { Some(0) };
    let [line] = &found.1[..] else { panic!("{begin}: {:#?}", found.1) };
    assert!(line.starts_with(begin), "\n{line}\n{begin}");
    assert_eq!(found.0, status, "{line}");
}

/// Expects a finding that begins so, among others.
#[track_caller]
fn expect(found: &Found, begin: &str) {
    assert!(found.1.iter().any(|line| line.starts_with(begin)), "{begin}\n{:#?}", found.1);
}

/// The first resource of a kind.
fn kind<'d>(documents: &'d mut [Value], kind: &str) -> &'d mut Value {
    documents.iter_mut().find(|it| it["kind"] == kind).unwrap()
}

/// Removes a field.
fn remove(value: &mut Value, field: &str) {
    value.as_object_mut().unwrap().remove(field).unwrap();
}

/// A resource.
fn resource(api: &str, kind: &str, namespace: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": api, "kind": kind, "spec": spec,
        "metadata": { "namespace": namespace, "name": name },
    })
}
