//! A real Prometheus.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use peergate_control_planes::{Program, binary};
use peergate_lab::client::Client;
use peergate_lab::envoy::free_port;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A Prometheus with the shipped rules, that scrapes and evaluates every second. It ends with the value.
pub(crate) struct Prometheus {
    address: SocketAddr,
    _program: Program,
    _directory: TempDir,
}

/// What an alert has told of a job.
pub(crate) struct Told {
    pub(crate) job: String,
    pub(crate) alert: String,
    pub(crate) has_fired: bool,
    /// It waits for minutes before it fires.
    pub(crate) is_slow: bool,
}

impl Prometheus {
    /// Has these jobs scraped, and relabelled where this says so.
    pub(crate) fn start<'j>(
        relabelling: &Value,
        jobs: impl Iterator<Item = (&'j str, SocketAddr)>,
        is_relabelled: impl Fn(&str) -> bool,
    ) -> Self {
        let directory = TempDir::new().expect("a directory");
        let scrape = |(job, address): (&str, SocketAddr)| {
            let mut scrape = json!({
                "job_name": job,
                "metrics_path": "/stats/prometheus",
                "static_configs": [{
                    "targets": [address.to_string()], "labels": { "instance": "gateway-1" },
                }],
            });
            if is_relabelled(job) {
                scrape["metric_relabel_configs"] = relabelling.clone();
            }
            scrape
        };
        let config = json!({
            "global": { "scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s" },
            "rule_files": [super::shipped("prometheus/rules.yaml")],
            "scrape_configs": jobs.map(scrape).collect::<Vec<_>>(),
        });
        // YAML, too.
        let file = directory.path().join("prometheus.yaml");
        fs::write(&file, config.to_string()).expect("written");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let data: PathBuf = directory.path().join("data");
        let mut program = Program::start(
            Command::new(binary("PROMETHEUS"))
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", data.display()))
                .arg(format!("--web.listen-address={address}")),
            &directory.path().join("prometheus.log"),
        )
        .expect("Prometheus starts");
        program.wait_for("Server is ready to receive web requests", Duration::from_secs(30));
        Self { address, _program: program, _directory: directory }
    }

    /// What a query comes to now.
    pub(crate) async fn query(&self, query: &str) -> Vec<Value> {
        self.ask(&format!("/api/v1/query?query={}", escaped(query))).await
    }

    /// What a query came to over the last seconds.
    pub(crate) async fn query_range(&self, query: &str, seconds: u64, step: u64) -> Vec<Value> {
        let now = std::time::SystemTime::now();
        let end = now.duration_since(std::time::UNIX_EPOCH).expect("a time").as_secs();
        let start = end - seconds;
        let query = escaped(query);
        self.ask(&format!("/api/v1/query_range?query={query}&start={start}&end={end}&step={step}"))
            .await
    }

    /// How the rules stand.
    pub(crate) async fn rules(&self) -> Vec<Value> {
        let data = self.data("/api/v1/rules").await;
        let groups = data["groups"].as_array().expect("groups");
        groups.iter().flat_map(|group| group["rules"].as_array().expect("rules")).cloned().collect()
    }

    /// What every alert has told so far; one that fires has been pending.
    pub(crate) async fn told(&self) -> Vec<Told> {
        let rules = self.rules().await;
        let is_slow = |name: &str| {
            let rule = rules.iter().find(|rule| rule["name"] == name).expect("a rule");
            rule["duration"].as_f64().unwrap_or_default() > 60.0
        };
        let query = "group by (job, alertname, alertstate) (last_over_time(ALERTS[1h]))";
        let mut told = BTreeMap::<(String, String), BTreeSet<String>>::new();
        for series in self.query(query).await {
            let label = |name: &str| series["metric"][name].as_str().unwrap_or_default().to_owned();
            let key = (label("job"), label("alertname"));
            told.entry(key).or_default().insert(label("alertstate"));
        }
        let told = told.into_iter().map(|((job, alert), states)| {
            let is_slow = is_slow(&alert);
            Told { job, alert, has_fired: states.contains("firing"), is_slow }
        });
        told.collect()
    }

    async fn ask(&self, path: &str) -> Vec<Value> {
        let data = self.data(path).await;
        data["result"].as_array().expect("a result").clone()
    }

    async fn data(&self, path: &str) -> Value {
        let mut connection = Client::plaintext().h1(self.address).await.expect("a connection");
        let answer = connection.get("localhost", path, &[]).await.expect("an answer");
        let answer = answer.json();
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }
}

/// As it may stand in a query.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
