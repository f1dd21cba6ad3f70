//! Alert rules.

use std::collections::{BTreeMap, BTreeSet};

use super::known::unknown;
use super::{read, rules, yaml};

#[test]
fn every_rule_goes_by_metrics_that_there_are() {
    for rule in rules() {
        let expression = rule["expr"].as_str().unwrap();
        assert_eq!(unknown(expression), BTreeSet::new(), "{expression}");
    }
}

#[test]
fn the_table_and_the_rules_agree() {
    let rules = rules();
    let alerts: BTreeMap<_, _> =
        rules.iter().filter_map(|rule| Some((rule["alert"].as_str()?, rule))).collect();
    let document = read("docs/operating.md");
    let table = document.split_once("## Alerts").unwrap().1;
    let mut told = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| `Peergate")) {
        // Only what stands between the columns is a bar of the table's.
        let row = row.replace("\\|", "\u{1}");
        let cells: Vec<String> =
            row.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect();
        let [_, name, when, urgent, _] = &cells[..] else {
            panic!("{row}");
        };
        let name = name.trim_matches('`');
        let rule = alerts.get(name).unwrap_or_else(|| panic!("no rule {name}"));
        assert!(told.insert(name.to_owned()), "{name} twice");

        let expression = spaced(rule["expr"].as_str().unwrap());
        let code: Vec<&str> = when.split('`').skip(1).step_by(2).collect();
        assert!(!code.is_empty(), "{when}");
        for part in code {
            assert!(expression.contains(&spaced(part)), "{name}: {part} in {expression}");
        }
        let severity = match urgent.split([':', ',', ';']).next().unwrap() {
            "now" => "critical",
            "soon" => "warning",
            "plan" => "info",
            other => panic!("{name}: {other}"),
        };
        assert_eq!(rule["labels"]["severity"], severity, "{name}");
    }
    assert_eq!(told, alerts.keys().map(|name| (*name).to_owned()).collect());
}

#[test]
fn every_alert_says_what_it_is_and_where_more_is() {
    for rule in rules().iter().filter(|rule| rule["alert"].is_string()) {
        let annotation = |name: &str| rule["annotations"][name].as_str().unwrap_or_default();
        assert!(annotation("summary").len() > 10, "{rule}");
        assert!(annotation("description").len() > 20, "{rule}");
        let (file, heading) = annotation("runbook").split_once('#').unwrap();
        let text = read(file);
        let mut headings = text.lines().filter(|line| line.starts_with('#')).map(slug);
        assert!(headings.any(|it| it == heading), "{rule}");
    }
}

#[test]
fn every_alert_has_a_unit_test() {
    let tests = read("envoy-config/prometheus/rules_test.yaml");
    for rule in rules().iter().filter_map(|rule| rule["alert"].as_str()) {
        assert!(tests.contains(&format!("alertname=\"{rule}\"")), "{rule}");
    }
}

#[test]
fn the_operator_gets_the_same_rules() {
    let rule = &yaml("envoy-config/prometheus/prometheusrule.yaml")[0];
    assert_eq!(rule["kind"], "PrometheusRule");
    assert_eq!(rule["spec"], yaml("envoy-config/prometheus/rules.yaml")[0]);
}

#[test]
fn the_operator_relabels_alike() {
    let relabelling = &yaml("envoy-config/prometheus/relabel.yaml")[0]["metric_relabel_configs"];
    let monitors = yaml("envoy-config/prometheus/podmonitors.yaml");
    assert_eq!(monitors.len(), 2);
    for monitor in monitors {
        let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
        let mut steps = endpoint["metricRelabelings"].clone();
        for step in steps.as_array_mut().unwrap() {
            for (theirs, ours) in
                [("sourceLabels", "source_labels"), ("targetLabel", "target_label")]
            {
                let members = step.as_object_mut().unwrap();
                let value = members.remove(theirs).unwrap();
                members.insert(ours.to_owned(), value);
            }
        }
        assert_eq!(&steps, relabelling, "{}", monitor["metadata"]["name"]);
        assert_eq!(endpoint["path"], "/stats/prometheus");
    }
}

/// A query with as little space as possible.
fn spaced(query: &str) -> String {
    query.split_whitespace().collect::<Vec<_>>().join(" ").replace(", ", ",")
}

/// What a heading is linked by.
fn slug(line: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let heading = line.trim_start_matches('#').trim().to_lowercase();
    heading.chars().filter(kept).collect::<String>().replace(' ', "-")
}
