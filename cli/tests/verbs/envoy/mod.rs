//! `peergate check --envoy`: what is rendered is good, and each change of it is told with its place.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails where it panics"
)]

mod examples;
mod files;
mod guard;
mod handshake;
mod hosts;
mod rates;
mod rerouting;
mod routes;
mod tokens;
mod writers;

use serde_json::{Value, json};

use crate::peergate::{Ran, file, peergate};

/// Where the HTTP connection manager is.
const MANAGER: &str = "static_resources.listeners[0].filter_chains[0].filters[0].typed_config";

/// A policy that looks at tokens and keys, and tells upstreams and other filters of clients.
fn policy() -> Value {
    json!({
        "version": 1,
        "lists": { "keys": { "feed": { "cluster": "feed", "path": "/v1/keys" } } },
        "apis": [{
            "name": "orders", "policy": { "any_of": ["jwt", "api_key"] }, "strip": true,
            "jwt": { "issuers": ["https://a", "https://b"], "audiences": ["orders"] },
            "api_key": { "lists": ["keys"], "from": [{ "header": "x-api-key" }, { "cookie": "key" }] },
        }],
        "forward": { "identity": "x-client-identity", "filter_state": ["identity"] },
    })
}

/// What is rendered for it.
fn bootstrap(name: &str, policy: &Value) -> Value {
    let policy = file(&format!("envoy-{name}-policy.json"), policy.to_string());
    let ran = peergate(&[
        "render",
        "envoy",
        "--policy",
        &policy,
        "--feed=feed=https://feed.example",
        "--jwks=https://a=/a.json",
        "--jwks=https://b=https://b.example/keys",
        "--rate-limit-service=limits.example:8081",
    ]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&ran.out).unwrap();
    documents.into_iter().next().unwrap()
}

/// Checks a bootstrap against a policy.
fn check(name: &str, policy: &Value, bootstrap: &Value) -> Ran {
    let policy = file(&format!("envoy-{name}-policy.json"), policy.to_string());
    let bootstrap = file(&format!("envoy-{name}.json"), bootstrap.to_string());
    peergate(&["check", "--envoy", &bootstrap, &policy])
}

/// Changes what is rendered, and returns what is found: weight, place, and the beginning of the text.
fn found(name: &str, change: impl FnOnce(&mut Value)) -> (Option<i32>, Vec<String>) {
    found_for(name, &policy(), change)
}

fn found_for(
    name: &str,
    policy: &Value,
    change: impl FnOnce(&mut Value),
) -> (Option<i32>, Vec<String>) {
    found_against(name, policy, policy, change)
}

/// Changes what is rendered for one policy, and holds it against another.
fn found_against(
    name: &str,
    rendered: &Value,
    policy: &Value,
    change: impl FnOnce(&mut Value),
) -> (Option<i32>, Vec<String>) {
    let mut bootstrap = bootstrap(name, rendered);
    change(&mut bootstrap);
    let ran = check(name, policy, &bootstrap);
    let strip = |line: &str| {
        let (_, rest) = line.split_once(".json: ").unwrap_or_else(|| panic!("{line}"));
        rest.replace(MANAGER, "$")
    };
    let all: Vec<String> = ran.err.lines().map(strip).collect();
    // Said of what is rendered, too.
    let shared = all.iter().filter(|line| !line.contains("tells them apart by `iss` alone"));
    (ran.status, shared.cloned().collect())
}

/// A policy that looks at certificates, too, and at hosts.
fn certificates() -> Value {
    let mut policy = policy();
    policy["global"] = json!({ "authority": { "ignore_port": true } });
    policy["apis"][0]["match"] = json!({ "hosts": ["api.example.com"], "path_prefix": "/orders" });
    policy["apis"][0]["policy"] = json!({ "any_of": ["certificate", "jwt", "api_key"] });
    policy["apis"][0]["certificate"] = json!({ "allow": ["keys"] });
    policy
}

/// Expects one finding that begins so.
#[track_caller]
fn expect_one(found: &(Option<i32>, Vec<String>), begin: &str) {
    let status = if begin.starts_with("error") { Some(3) } else { Some(0) };
    let [line] = &found.1[..] else { panic!("{begin}: {:#?}", found.1) };
    assert!(line.starts_with(begin), "\n{line}\n{begin}");
    assert_eq!(found.0, status, "{line}");
}

fn manager(bootstrap: &mut Value) -> &mut Value {
    &mut bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
}

fn filters(bootstrap: &mut Value) -> &mut Vec<Value> {
    manager(bootstrap)["http_filters"].as_array_mut().unwrap()
}

fn jwt_authn(bootstrap: &mut Value) -> &mut Value {
    &mut filters(bootstrap)[0]["typed_config"]
}

fn route(bootstrap: &mut Value) -> &mut Value {
    &mut manager(bootstrap)["route_config"]["virtual_hosts"][0]["routes"][0]
}

/// A filter by its type.
fn filter(kind: &str, mut config: Value) -> Value {
    config["@type"] = format!("type.googleapis.com/envoy.extensions.filters.http.{kind}").into();
    json!({ "name": "other", "typed_config": config })
}

#[test]
fn what_is_rendered_is_good() {
    let ran = check("good", &policy(), &bootstrap("good", &policy()));
    assert_eq!(ran.status, Some(0), "{ran:?}");
    let (_, rest) = ran.out.split_once("-policy.json: ok").unwrap();
    assert!(rest.contains("(1 listener with the filter, 0 errors, 0 warnings)"), "{rest}");
    // Two issuers under one name, which their providers keep apart.
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.err.contains(": note: ") && ran.err.contains("by `iss` alone"), "{}", ran.err);
}

#[test]
fn a_policy_without_tokens_needs_no_filter_for_them() {
    let policy = json!({ "version": 1, "apis": [{ "name": "a", "policy": "open" }] });
    let lua = filter("lua.v3.Lua", json!({ "default_source_code": { "filename": "/a.lua" } }));
    let text =
        peergate(&["render", "envoy", "--policy", &file("envoy-open.json", policy.to_string())]);
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text.out).unwrap();
    let mut bootstrap = documents.into_iter().next().unwrap();
    filters(&mut bootstrap).insert(0, lua);
    let ran = check("open", &policy, &bootstrap);
    assert_eq!((ran.status, &*ran.err), (Some(0), ""));
}
