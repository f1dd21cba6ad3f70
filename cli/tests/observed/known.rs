//! The metrics that there are, as Prometheus has them.

use std::collections::BTreeSet;

use peergate::dynamic::Standing;
use peergate::{ListState, Outcome, Policy, Reason};

use super::rules;

/// Envoy's own that rules and panels look at: `scripts/test-metrics` finds each on a real Envoy.
const ENVOY: [&str; 12] = [
    "envoy_cluster_upstream_rq_time_bucket",
    "envoy_extension_config_discovery_http_filter_peergate_config_fail",
    "envoy_extension_config_discovery_http_filter_peergate_config_reload",
    "envoy_http_downstream_rq_time_bucket",
    "envoy_http_downstream_rq_xx",
    "envoy_http_rbac_denied",
    "envoy_listener_manager_lds_update_rejected",
    "envoy_wasm_envoy_wasm_runtime_v8_active",
    "envoy_wasm_peergate_vm_reload_backoff",
    "envoy_wasm_peergate_vm_reload_failure",
    "envoy_wasm_peergate_vm_reload_success",
    "up",
];

/// Labels that look like metrics.
const LABELS: [&str; 3] =
    ["envoy_http_conn_manager_prefix", "envoy_rbac_http_prefix", "envoy_response_code_class"];

/// The names of gauges of lists, less the list's own.
pub(crate) fn gauges() -> BTreeSet<String> {
    let policy = serde_json::json!({
        "version": 1,
        "lists": { "fed": { "feed": { "cluster": "feed", "path": "/" } } },
        "apis": [{ "name": "a", "certificate": { "allow": ["fed"] }, "policy": "mandatory" }],
    });
    let policy = Policy::read(policy.to_string().as_bytes()).expect("a policy");
    let loaded = Standing { is_loaded: true, ..Standing::default() };
    let dynamic = policy.dynamic_lists().flat_map(|list| loaded.gauges(list, 0));
    let given =
        ListState { list: "given", expiring: 0, expired: 0, skipped: 0, crl_seconds_left: Some(0) };
    let all = dynamic.chain(given.gauges());
    all.map(|(name, _)| name.rsplit('.').next().unwrap().to_owned()).collect()
}

/// Every outcome with every reason.
pub(crate) fn outcomes() -> impl Iterator<Item = (Outcome, Reason)> {
    let outcomes = [Outcome::Allowed, Outcome::Denied, Outcome::Shadowed];
    outcomes.into_iter().flat_map(|outcome| Reason::ALL.map(|reason| (outcome, reason)))
}

/// Metrics that a query names and nobody has.
pub(crate) fn unknown(query: &str) -> BTreeSet<String> {
    let rules = rules();
    let recorded = rules.iter().filter_map(|rule| rule["record"].as_str());
    let own = ["peergate_outcome", "peergate_ended", "peergate_poll"];
    let own = own.into_iter().chain(["peergate_sync_longest_callback_microseconds"]);
    let known: BTreeSet<String> = own
        .chain(ENVOY)
        .chain(LABELS)
        .chain(["ALERTS"])
        .chain(recorded)
        .map(ToOwned::to_owned)
        .chain(gauges().iter().map(|gauge| format!("peergate_{gauge}")))
        .collect();
    let mut found = names(query);
    assert!(!found.is_empty(), "{query}");
    found.retain(|name| !known.contains(name));
    found
}

/// What looks like a metric in a query: not what stands in quotes.
fn names(query: &str) -> BTreeSet<String> {
    let bare = query.split('"').step_by(2);
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_:".contains(letter);
    let words = bare.flat_map(|part| part.split(move |letter| !is_letter(letter)));
    let is_metric =
        |word: &&str| word.contains("peergate") || word.starts_with("envoy_") || *word == "up";
    words.filter(is_metric).map(ToOwned::to_owned).collect()
}
