//! What is shipped for Prometheus and Grafana, with a real Prometheus that scrapes real Envoys under traffic:
//! `scripts/test-metrics`.

mod course;
mod dashboard;
mod draw;
mod dress;
mod figures;
mod listener;
mod prometheus;
mod stage;
#[path = "../dynamic/surgery.rs"]
#[expect(dead_code, reason = "nobody sleeps here")]
mod surgery;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use peergate_e2e::People;
use serde_json::Value;

use self::course::{Course, LENGTH};
use self::dashboard::Dashboard;
use self::prometheus::Prometheus;
use self::stage::{Older, Stage};

/// Every kind of decision, list and accident happens to four Envoys: one as it is rendered, one without the
/// tags of the rendered bootstrap, one with those of Istio, and an old one with APIs of awkward names.
#[tokio::test(flavor = "multi_thread")]
async fn every_panel_shows_what_happened_and_every_alert_tells_of_it() {
    let people = People::new();
    let stages = [
        Stage::start(&people, RENDERED, |_| {}),
        Stage::start(&people, UNTAGGED, dress::without_tags),
        Stage::start(&people, ISTIO, dress::as_istio),
    ];
    let older = Older::start(&people);
    let targets = stages.iter().map(|stage| (stage.job, stage.fed.gateway.envoy.admin()));
    let targets = targets.chain([(OLDER, older.gateway.envoy.admin())]);
    let prometheus = Prometheus::start(&relabelling(), targets, |job| job != RENDERED);
    for stage in &stages {
        stage.fed.settle("registered").await;
    }
    let course = Course::new();
    let [rendered, untagged, istio] = &stages;
    tokio::join!(
        course.run(&people, rendered),
        course.run(&people, untagged),
        course.run(&people, istio),
        older.run(&people)
    );

    let dashboard = Dashboard::read();
    if let Some(file) = std::env::var_os("DRAW_DASHBOARD") {
        let drawing = draw::draw(&dashboard, &prometheus, RENDERED, LENGTH).await;
        fs::write(&file, drawing).expect("the drawing is written");
    }
    let mut problems = Vec::new();
    for job in [RENDERED, UNTAGGED, ISTIO] {
        for panel in dashboard.panels() {
            let figures = panel.figures(&prometheus, job, LENGTH).await;
            let missing: Vec<&str> = figures.without_data().collect();
            // What upstreams take is not among what Istio shows.
            let is_known = job == ISTIO && missing == ["upstream, 99 %"];
            if !missing.is_empty() && !is_known {
                problems.push(format!("{job}: {}: no data for {missing:?}", panel.title()));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");

    let expected = series(&prometheus, RENDERED).await;
    assert!(expected.len() > 60, "{expected:#?}");
    for job in [UNTAGGED, ISTIO] {
        let found = series(&prometheus, job).await;
        let differ: Vec<_> = expected.symmetric_difference(&found).collect();
        assert!(differ.is_empty(), "{job}: {differ:#?}");
    }
    awkward_names_arrive(&prometheus).await;
    rules_tell(&prometheus).await;
}

/// Series of the filter's own, in the names of the rendered bootstrap; polls by their list alone, since how one
/// fails is a matter of the moment.
async fn series(prometheus: &Prometheus, job: &str) -> BTreeSet<String> {
    let query = format!(
        "group by (__name__, api, outcome, reason, list) (last_over_time({{job=\"{job}\",__name__=~\"peergate_.+\"}}[1h]))"
    );
    let found = prometheus.query(&query).await;
    found.iter().map(|series| series["metric"].to_string().replace('-', "_")).collect()
}

/// Names that look like what stands behind names arrive whole.
async fn awkward_names_arrive(prometheus: &Prometheus) {
    for (query, label, expected) in [
        (
            r#"group by (api) (peergate_outcome{job="older",outcome="allowed",reason="anonymous"})"#,
            "api",
            Older::APIS.as_slice(),
        ),
        (r#"group by (list) (peergate_expired{job="older"})"#, "list", &Older::LISTS),
    ] {
        let found = prometheus.query(query).await;
        let found: BTreeSet<_> =
            found.iter().filter_map(|series| series["metric"][label].as_str()).collect();
        // Envoy writes `-` so, and nothing tells what it was.
        let expected: Vec<_> = expected.iter().map(|name| name.replace('-', "_")).collect();
        assert_eq!(found, expected.iter().map(|name| &**name).collect(), "{query}");
    }
}

/// Every rule can be evaluated, and every alert has seen what it is for. But for those with a long `for` they have
/// fired.
async fn rules_tell(prometheus: &Prometheus) {
    let rules = prometheus.rules().await;
    let mut alerts = BTreeSet::new();
    for rule in &rules {
        assert_eq!(rule["health"], "ok", "{rule}");
        if rule["type"] == "alerting" {
            alerts.insert(rule["name"].as_str().expect("a name"));
        }
    }
    assert!(alerts.len() > 20, "{alerts:?}");
    // It is for when there is nothing.
    assert!(alerts.remove("PeergateSilent"));
    let told = prometheus.told().await;
    for job in [RENDERED, UNTAGGED, ISTIO, OLDER] {
        let of_job: BTreeSet<&str> =
            told.iter().filter(|it| it.job == job).map(|it| &*it.alert).collect();
        let expected = match job {
            // Nothing carries the certificate to it, which is answered with 503.
            OLDER => BTreeSet::from([UNABLE, "PeergateServerErrors"]),
            _ => alerts.iter().copied().filter(|name| *name != UNABLE).collect(),
        };
        assert_eq!(of_job, expected, "{job}");
        for alert in told.iter().filter(|it| it.job == job) {
            assert!(alert.has_fired || alert.is_slow, "{job}: {} has not fired", alert.alert);
        }
    }
}

fn relabelling() -> Value {
    let text = fs::read_to_string(shipped("prometheus/relabel.yaml")).expect("relabel.yaml");
    let snippet: Value = serde_saphyr::from_str(&text).expect("YAML");
    snippet["metric_relabel_configs"].clone()
}

/// A file of what is shipped.
fn shipped(file: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy-config");
    directory.join(file).canonicalize().expect("the file is there")
}

/// What a new Envoy tells of only where something is broken.
const UNABLE: &str = "PeergateCannotJudge";

const RENDERED: &str = "envoy";
const UNTAGGED: &str = "untagged";
const ISTIO: &str = "istio";
const OLDER: &str = "older";
