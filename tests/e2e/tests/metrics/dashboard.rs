//! The shipped dashboard, as Grafana would ask for its panels.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::figures::{Figures, Line};
use crate::prometheus::Prometheus;

/// The dashboard.
pub(crate) struct Dashboard(Value);

/// One of its panels.
pub(crate) struct Panel<'d>(pub(crate) &'d Value);

impl Dashboard {
    pub(crate) fn read() -> Self {
        let text =
            fs::read_to_string(super::shipped("grafana/peergate.json")).expect("a dashboard");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    /// All panels but rows.
    pub(crate) fn panels(&self) -> impl Iterator<Item = Panel<'_>> {
        self.all().filter(|panel| panel.kind() != "row")
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = Panel<'_>> {
        self.0["panels"].as_array().expect("panels").iter().map(Panel)
    }
}

impl<'d> Panel<'d> {
    pub(crate) fn title(&self) -> &'d str {
        self.0["title"].as_str().expect("a title")
    }

    pub(crate) fn kind(&self) -> &'d str {
        self.0["type"].as_str().expect("a type")
    }

    /// The panel's unit, `short` unless it says otherwise.
    pub(crate) fn unit(&self) -> &'d str {
        self.0["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or("short")
    }

    /// Asks all its queries for a job, over so long a time.
    pub(crate) async fn figures(
        &self,
        prometheus: &Prometheus,
        job: &str,
        length: Duration,
    ) -> Figures {
        let mut figures = Figures::default();
        for target in self.0["targets"].as_array().expect("targets") {
            let legend = target["legendFormat"].as_str().expect("a legend");
            let query = target["expr"].as_str().expect("a query");
            let range = format!("{}s", length.as_secs());
            let query = query
                .replace("$__rate_interval", "10s")
                .replace("$__range", &range)
                .replace("$job", job);
            let query = ["$instance", "$api", "$list"]
                .iter()
                .fold(query, |query, variable| query.replace(variable, ".*"));
            assert!(!query.contains('$'), "{query}");
            let found = match target["instant"].as_bool() {
                Some(true) => prometheus.query(&query).await,
                _ => prometheus.query_range(&query, length.as_secs(), STEP).await,
            };
            figures.add(legend, found.iter().map(|series| Line::read(series, legend)));
        }
        figures
    }
}

/// Seconds between two points.
const STEP: u64 = 2;
