use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{GATEWAY, ISTIO, SIDECAR, Target, check, found_in, rendered};
use crate::peergate::peergate;

#[test]
fn the_committed_examples_are_right() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy-config");
    let mut seen = 0;
    for entry in fs::read_dir(&home).unwrap() {
        let place = entry.unwrap().path();
        let name = place.file_name().unwrap().to_str().unwrap().to_owned();
        let flag = match name.as_str() {
            name if name.starts_with("istio") => "--istio",
            name if name.starts_with("envoy-gateway") => "--envoy-gateway",
            _ => continue,
        };
        let manifests = place.join("peergate.yaml");
        let ran = peergate(&["check", flag, manifests.to_str().unwrap()]);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.out.ends_with(": ok (1 plugin, 0 errors, 0 warnings)\n"), "{name}: {ran:?}");
        seen += 1;
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn what_is_rendered_is_held_against_a_policy() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy-config");
    let path = |name: &str| home.join(name).to_str().unwrap().to_owned();
    let ran = peergate(&["check", "--istio", &path("istio/peergate.yaml"), &path("policy.yaml")]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.out.contains(": ok for ") && !ran.err.contains("warning"), "{ran:?}");
    let other = path("policy-certificate-and-jwt.yaml");
    let ran = peergate(&["check", "--istio", &path("istio/peergate.yaml"), &other]);
    assert_eq!(ran.status, Some(3), "{ran:?}");
    assert!(ran.err.contains("spec.pluginConfig: is another policy than "), "{}", ran.err);
    assert!(ran.err.contains("no RequestAuthentication is for"), "{}", ran.err);
}

/// Every piece but those that say the same as Istio or Envoy Gateway would without them, or only how something is
/// called.
#[test]
fn nothing_that_is_rendered_may_be_left_out() {
    every_piece_matters("istio", &ISTIO, &ISTIO_IDLE);
    every_piece_matters("sidecar", &SIDECAR, &[&ISTIO_IDLE[..], &SIDECAR_IDLE].concat());
    every_piece_matters("gateway", &GATEWAY, &GATEWAY_IDLE);
}

fn every_piece_matters(name: &str, target: &Target, idle: &[&str]) {
    let documents = rendered(name, target, &target.policy());
    let before = found_in(name, target, &documents).1;
    assert!(before.iter().all(|line| line.starts_with("note: ")), "{before:#?}");
    let mut paths = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        walk(document, &format!("/{index}"), &mut paths);
    }
    let mut unseen = Vec::new();
    for path in paths {
        let (outer, last) = path.rsplit_once('/').unwrap();
        let changed = without(&documents, outer, last);
        let ran = check(name, target, &changed);
        assert!(ran.status.is_some(), "{path}: {ran:?}");
        let is_told = ran.err.lines().any(|line| !before.iter().any(|known| line.ends_with(known)));
        let (index, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
        let kind = documents[index.parse::<usize>().unwrap()]["kind"].as_str().unwrap();
        let path = format!("{kind}/{rest}");
        if !is_told && !idle.iter().any(|idle| path.ends_with(idle)) {
            unseen.push(path);
        }
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
}

/// The documents without a piece.
fn without(documents: &[Value], outer: &str, piece: &str) -> Vec<Value> {
    let mut changed = Value::from(documents);
    match changed.pointer_mut(outer) {
        Some(Value::Object(fields)) => drop(fields.remove(piece).unwrap()),
        Some(Value::Array(items)) => drop(items.remove(piece.parse().unwrap())),
        other => panic!("{outer}: {other:?}"),
    }
    changed.as_array().unwrap().clone()
}

/// All pieces of a document but those of the policy, by their JSON pointers.
fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Object(fields) if fields.contains_key("apis") => {}
        Value::Object(fields) => {
            let plain = fields.iter().filter(|(name, _)| !name.contains(['/', '~']));
            plain.for_each(|(name, value)| walk(value, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| walk(value, &format!("{path}/{index}"), found));
        }
        _ => {}
    }
}

const ISTIO_IDLE: [&str; 29] = [
    // Names, and what an API server refuses a resource without.
    "Gateway/metadata",
    "/metadata/name",
    "Gateway/metadata/namespace",
    "/port/number",
    "/port/name",
    "/tls/credentialName",
    "/patch/value/name",
    "/rules_stat_prefix",
    "/permissions",
    "/permissions/0",
    "/permissions/0/any",
    // Of itself it goes by the issuer, and takes tokens away.
    "/jwksUri",
    "/forwardOriginalToken",
    // For more workloads, listeners or filters than need be.
    "RequestAuthentication/spec/selector",
    "RequestAuthentication/spec/selector/matchLabels",
    "RequestAuthentication/spec/selector/matchLabels/istio",
    "/match/context",
    "/configPatches/1/match",
    "/configPatches/1/match/listener",
    "/configPatches/1/match/listener/filterChain",
    "/configPatches/1/match/listener/filterChain/filter",
    "/configPatches/2/match",
    "/configPatches/3/match",
    "/configPatches/3/match/listener",
    "/configPatches/3/match/listener/filterChain",
    "/configPatches/3/match/listener/filterChain/sni",
    "/rules/action",
    // The policy says nothing of dots.
    "/strip_trailing_host_dot",
    "/principals/0/filter_state/string_match/ignore_case",
];

const SIDECAR_IDLE: [&str; 6] = [
    "PeerAuthentication/spec/selector",
    "PeerAuthentication/spec/selector/matchLabels",
    "PeerAuthentication/spec/selector/matchLabels/app",
    "RequestAuthentication/spec/selector/matchLabels/app",
    "/configPatches/2/patch/value/typed_config/rules/policies",
    "/stat_prefix",
];

const GATEWAY_IDLE: [&str; 30] = [
    // Without it the guard answers what has no route, which goes nowhere; Envoy refuses a half of it.
    "/policies/no-route",
    "/policies/no-route/principals",
    "/policies/no-route/principals/0",
    "/policies/no-route/principals/0/any",
    "/metadata",
    "/metadata/name",
    "/metadata/namespace",
    "/targetRefs/0/group",
    "/targetRef/group",
    "EnvoyPatchPolicy/spec/type",
    "/code/type",
    "/value/name",
    "/rules_stat_prefix",
    "/permissions",
    "/permissions/0",
    "/permissions/0/any",
    "/rules/action",
    "/remoteJWKS",
    "/remoteJWKS/uri",
    "/failOpen",
    // As Envoy Gateway does by itself.
    "/spec/path",
    "/disableMergeSlashes",
    "/escapedSlashesAction",
    "/spec/headers/host",
    "/stripTrailingHostDot",
    "/withUnderscoresAction",
    "/spec/headers",
    "/xForwardedClientCert",
    "/xForwardedClientCert/mode",
    "/extractFrom",
];
