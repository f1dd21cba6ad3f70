//! Relabelling: names without tags become the ones with tags, whatever APIs and lists are called.

use std::collections::BTreeMap;

use peergate::UNMATCHED;
use regex::Regex;
use serde_json::Value;

use super::known::{gauges, outcomes};
use super::{read, yaml};

/// A series' labels, its name among them.
type Labels = BTreeMap<String, String>;

/// Names that look like what stands around names.
const ODD: [&str; 8] = [
    "orders",
    "a_outcome_allowed_reason_b",
    "a_ended_reason_b",
    "outcome",
    "a_poll_ok",
    "x_age_seconds",
    "current",
    "reason_allowed_ended",
];

#[test]
fn decisions_get_their_labels() {
    let relabelling = Relabelling::read();
    for api in ODD.into_iter().chain([UNMATCHED]) {
        for (outcome, reason) in outcomes() {
            let counter = outcome.metric(Some(api), reason);
            let outcome = counter.rsplit('.').nth(2).unwrap();
            let expected = labels(&[
                ("__name__", "peergate_outcome"),
                ("api", api),
                ("outcome", outcome),
                ("reason", reason.word()),
            ]);
            assert_eq!(relabelling.of(&untagged(&counter)), expected, "{counter}");

            let ended = format!("peergate.api.{api}.ended.reason.{reason}");
            let expected =
                labels(&[("__name__", "peergate_ended"), ("api", api), ("reason", reason.word())]);
            assert_eq!(relabelling.of(&untagged(&ended)), expected, "{ended}");
        }
    }
}

#[test]
fn lists_get_their_labels() {
    let relabelling = Relabelling::read();
    let polls = read("docs/dynamic-lists.md");
    let polls = polls.lines().find(|line| line.contains("poll.<result>")).unwrap();
    let polls = polls.split('|').nth(2).unwrap().split("tag").next().unwrap();
    let polls: Vec<&str> = polls.split('`').skip(1).step_by(2).collect();
    assert_eq!(polls.len(), 9, "{polls:?}");
    for list in ODD {
        for gauge in gauges() {
            let name = format!("peergate_{gauge}");
            let expected = labels(&[("__name__", &name), ("list", list)]);
            let found = relabelling.of(&untagged(&format!("peergate.list.{list}.{gauge}")));
            assert_eq!(found, expected);
        }
        for poll in &polls {
            let expected = labels(&[("__name__", "peergate_poll"), ("list", list), ("poll", poll)]);
            let found = relabelling.of(&untagged(&format!("peergate.list.{list}.poll.{poll}")));
            assert_eq!(found, expected);
        }
    }
}

/// What a gateway of Istio 1.29 shows, and what becomes of it.
#[test]
fn the_names_of_istio_become_those_of_envoy() {
    let relabelling = Relabelling::read();
    let listener = ("http_conn_manager_prefix", "outbound_0.0.0.0_443");
    let same = ("envoy_http_conn_manager_prefix", "outbound_0.0.0.0_443");
    let plugin = ("plugin", "istio_system_peergate");
    let discovery = "envoy_extension_config_discovery_http_filter";
    for (given, expected) in [
        (
            vec![
                ("__name__", "envoy_http_rbac_peergate_guard_rbac"),
                ("authz_enforce_result", "denied"),
                listener,
            ],
            vec![
                ("__name__", "envoy_http_rbac_denied"),
                ("authz_enforce_result", "denied"),
                ("envoy_rbac_http_prefix", "peergate_guard_rbac"),
                listener,
                same,
            ],
        ),
        (
            vec![
                ("__name__", "envoy_http_downstream_rq"),
                ("response_code_class", "5xx"),
                listener,
            ],
            vec![
                ("__name__", "envoy_http_downstream_rq_xx"),
                ("response_code_class", "5xx"),
                ("envoy_response_code_class", "5"),
                listener,
                same,
            ],
        ),
        (
            vec![("__name__", "envoy_wasm_istio_system_peergate_vm_reload_success")],
            vec![("__name__", "envoy_wasm_peergate_vm_reload_success"), plugin],
        ),
        (
            vec![(
                "__name__",
                &*format!(
                    "{discovery}_extensions_istio_io_wasmplugin_istio_system_peergate_config_fail"
                ),
            )],
            vec![("__name__", &*format!("{discovery}_peergate_config_fail")), plugin],
        ),
    ] {
        assert_eq!(relabelling.of(&labels(&given)), labels(&expected));
    }
}

#[test]
fn what_has_its_labels_keeps_them() {
    let relabelling = Relabelling::read();
    for known in [
        labels(&[("__name__", "peergate_outcome"), ("api", "a"), ("outcome", "denied")]),
        labels(&[("__name__", "peergate_age_seconds"), ("list", "registered")]),
        labels(&[("__name__", "peergate_sync_longest_callback_microseconds")]),
        labels(&[("__name__", "envoy_http_downstream_rq_xx"), ("envoy_response_code_class", "5")]),
    ] {
        assert_eq!(relabelling.of(&known), known);
    }
}

/// The shipped steps, done as Prometheus does them.
struct Relabelling(Vec<Step>);

struct Step {
    sources: Vec<String>,
    regex: Regex,
    target: String,
    replacement: String,
}

impl Relabelling {
    fn read() -> Self {
        let file = yaml("envoy-config/prometheus/relabel.yaml").remove(0);
        let steps = file.get("metric_relabel_configs").and_then(Value::as_array).unwrap();
        Self(steps.iter().map(Step::read).collect())
    }

    fn of(&self, series: &Labels) -> Labels {
        let mut labels = series.clone();
        for Step { sources, regex, target, replacement } in &self.0 {
            let values = sources.iter().map(|source| labels.get(source).map_or("", |it| &**it));
            let value = values.collect::<Vec<_>>().join(";");
            let Some(found) = regex.captures(&value) else { continue };
            let mut expanded = String::new();
            found.expand(replacement, &mut expanded);
            if expanded.is_empty() {
                labels.remove(target);
            } else {
                labels.insert(target.clone(), expanded);
            }
        }
        labels
    }
}

impl Step {
    fn read(step: &Value) -> Self {
        let known = ["source_labels", "regex", "target_label", "replacement"];
        assert!(step.as_object().unwrap().keys().all(|name| known.contains(&&**name)), "{step}");
        let sources = step["source_labels"].as_array().unwrap().iter();
        Self {
            sources: sources.map(|source| source.as_str().unwrap().to_owned()).collect(),
            regex: Regex::new(&format!("^(?s:{})$", step["regex"].as_str().unwrap())).unwrap(),
            target: step["target_label"].as_str().unwrap().to_owned(),
            replacement: step["replacement"].as_str().unwrap_or("$1").to_owned(),
        }
    }
}

/// A metric as Envoy writes it for Prometheus where nothing makes tags of it.
fn untagged(name: &str) -> Labels {
    labels(&[("__name__", &name.replace(['.', '-'], "_"))])
}

fn labels(labels: &[(&str, &str)]) -> Labels {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
