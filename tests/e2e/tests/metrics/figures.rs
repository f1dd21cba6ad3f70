//! What a panel shows.

use std::collections::BTreeMap;

use serde_json::Value;

/// The lines of all queries of a panel.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) lines: Vec<Line>,
    legends: Vec<(String, bool)>,
}

/// One series.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// Seconds since the Unix epoch, and what there was then.
    pub(crate) points: Vec<(f64, f64)>,
}

impl Figures {
    /// Adds what a query has come to.
    pub(crate) fn add(&mut self, legend: &str, lines: impl Iterator<Item = Line>) {
        let before = self.lines.len();
        self.lines.extend(lines.filter(|line| !line.points.is_empty()));
        self.legends.push((legend.to_owned(), self.lines.len() > before));
    }

    /// The legends of queries that came to nothing.
    pub(crate) fn without_data(&self) -> impl Iterator<Item = &str> {
        self.legends.iter().filter(|(_, has_data)| !has_data).map(|(legend, _)| &**legend)
    }
}

impl Line {
    /// Reads a series of Prometheus's answer; what is no number is left out.
    pub(crate) fn read(series: &Value, legend: &str) -> Self {
        let labels: BTreeMap<String, String> =
            serde_json::from_value(series["metric"].clone()).expect("labels");
        let mut name = legend.to_owned();
        for (label, value) in &labels {
            name = name.replace(&format!("{{{{{label}}}}}"), value);
        }
        let point = |pair: &Value| {
            let value: f64 = pair[1].as_str()?.parse().ok()?;
            Some((pair[0].as_f64()?, value)).filter(|_| value.is_finite())
        };
        let many = series["values"].as_array().into_iter().flatten();
        let one = Some(&series["value"]).filter(|value| value.is_array());
        Self { name, labels, points: many.chain(one).filter_map(point).collect() }
    }

    /// The last value.
    pub(crate) fn last(&self) -> Option<f64> {
        self.points.last().map(|(_, value)| *value)
    }
}
