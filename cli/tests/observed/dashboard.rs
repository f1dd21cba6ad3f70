//! The dashboard.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::known::unknown;
use super::read;

#[test]
fn every_query_goes_by_metrics_that_there_are() {
    for query in queries(&dashboard()) {
        assert_eq!(unknown(&query), BTreeSet::new(), "{query}");
    }
}

#[test]
fn every_panel_has_a_number_a_text_and_a_source() {
    let dashboard = dashboard();
    let mut numbers = BTreeSet::new();
    for panel in panels(&dashboard) {
        assert!(numbers.insert(panel["id"].as_u64().unwrap()), "{panel}");
        if panel["type"] == "row" {
            continue;
        }
        assert!(panel["description"].as_str().unwrap().len() > 10, "{panel}");
        for target in panel["targets"].as_array().unwrap().iter().chain([panel]) {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{panel}");
        }
    }
}

#[test]
fn panels_lie_side_by_side_and_none_upon_another() {
    let dashboard = dashboard();
    let mut taken = BTreeMap::new();
    for panel in panels(&dashboard) {
        let place = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        let (left, top) = (place("x"), place("y"));
        for x in left..left.strict_add(place("w")) {
            assert!(x < 24, "{panel}");
            for y in top..top.strict_add(place("h")) {
                assert_eq!(taken.insert((x, y), panel["title"].clone()), None, "{panel}");
            }
        }
    }
}

#[test]
fn every_variable_that_is_used_is_there_and_narrows_every_query() {
    let dashboard = dashboard();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let names: BTreeSet<&str> = variables.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["api", "datasource", "instance", "job", "list"].into());
    for query in queries(&dashboard) {
        assert!(query.contains(r#"job=~"$job",instance=~"$instance""#), "{query}");
        let is_of_lists = query.contains("list");
        assert_eq!(is_of_lists, query.contains(r#"list=~"$list""#) || query.contains("listener"));
        let is_of_apis = ["peergate_outcome", "peergate_ended"].iter().any(|it| query.contains(it));
        assert_eq!(is_of_apis, query.contains(r#"api=~"$api""#), "{query}");
    }
}

fn dashboard() -> Value {
    let text = read("envoy-config/grafana/peergate.json");
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    assert!(dashboard.get("schemaVersion").and_then(Value::as_u64) >= Some(39));
    dashboard
}

fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter()
}

fn queries(dashboard: &Value) -> Vec<String> {
    let targets = panels(dashboard).filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<_> =
        targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    assert!(queries.len() > 30);
    queries
}
