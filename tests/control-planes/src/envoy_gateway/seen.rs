//! What Envoy tells of itself and of requests.

use std::collections::BTreeMap;

use peergate_lab::client::Client;
use serde_json::Value;

use super::gateway::Gateway;

/// A line of the access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path, as it came out of normalisation.
    pub path: String,
    /// The status.
    pub status: u64,
    /// The response code details.
    pub details: String,
    /// What peergate says: `outcome=… reason=… api=…`.
    pub verdict: String,
    /// The name of the virtual host.
    pub virtual_host: String,
    /// The name of the route.
    pub route: String,
}

impl Gateway {
    /// The last line of the access log for a path. A line comes a moment after its answer.
    pub async fn logged(&self, path: &str) -> Entry {
        let find = || self.access_log().into_iter().rfind(|entry| entry.path == path);
        self.wait(async || find().is_some()).await;
        find().expect("it is there")
    }

    fn access_log(&self) -> Vec<Entry> {
        let printed = self.control_plane.printed();
        let lines = printed.lines().filter(|line| line.starts_with('{'));
        let entries = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let entries = entries.filter(|entry| entry.get("verdict").is_some());
        // Envoy Gateway writes each field as a text.
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let entry = |entry: Value| Entry {
            path: text(&entry["path"]),
            status: text(&entry["status"]).parse().unwrap_or_default(),
            details: text(&entry["details"]),
            verdict: text(&entry["verdict"]),
            virtual_host: text(&entry["virtual_host"]),
            route: text(&entry["route"]),
        };
        entries.map(entry).collect()
    }

    /// What Envoy's administration says.
    ///
    /// # Panics
    /// If it does not answer by 200.
    pub async fn administration(&self, path: &str) -> String {
        self.try_administration(path).await.unwrap_or_else(|| panic!("{path}: {}", self.story()))
    }

    async fn try_administration(&self, path: &str) -> Option<String> {
        let address = self.control_plane.administration()?;
        let mut connection = Client::plaintext().h1(address).await.ok()?;
        let response = connection.get("localhost", path, &[]).await.ok()?;
        (response.status == 200).then(|| response.text().into_owned())
    }

    /// Envoy's listeners, once it runs.
    pub(super) async fn listeners(&self) -> Option<Vec<Value>> {
        let dump = self.try_administration("/config_dump?resource=dynamic_listeners").await?;
        let dump: Value = serde_json::from_str(&dump).ok()?;
        dump["configs"].as_array().cloned()
    }

    /// Counters and gauges whose name holds a text.
    pub async fn stats(&self, text: &str) -> BTreeMap<String, u64> {
        let stats = self.administration("/stats").await;
        let lines = stats.lines().filter(|line| line.contains(text));
        let pairs = lines.filter_map(|line| line.rsplit_once(": "));
        pairs.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
    }

    /// The sum of the counters whose name ends so.
    pub async fn count(&self, suffix: &str) -> u64 {
        let stats = self.stats(suffix).await;
        stats.iter().filter(|(name, _)| name.ends_with(suffix)).map(|(_, count)| count).sum()
    }

    /// What Envoy Gateway and Envoy have printed.
    pub fn log(&self) -> String {
        self.control_plane.printed()
    }

    /// Envoy's whole configuration.
    pub async fn configuration(&self) -> Value {
        serde_json::from_str(&self.administration("/config_dump").await).expect("JSON")
    }
}
