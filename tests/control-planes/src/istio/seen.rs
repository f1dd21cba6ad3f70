//! What Envoy tells of itself and of requests.

use std::collections::BTreeMap;
use std::fs;

use peergate_lab::client::Client;
use serde_json::Value;

use super::gateway::Gateway;
use super::processes::ACCESS_LOG;
use super::render::module;

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
    /// The name of the route.
    pub route: String,
}

impl Gateway {
    /// The access log so far. A line comes a moment after its answer.
    pub fn access_log(&self) -> Vec<Entry> {
        let log = fs::read_to_string(self.directory().join(ACCESS_LOG)).unwrap_or_default();
        // The last line may be half written.
        let entries = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entries = entries.map(|entry| Entry {
            path: text(&entry["path"]),
            status: entry["status"].as_u64().unwrap_or_default(),
            details: text(&entry["details"]),
            verdict: text(&entry["verdict"]),
            route: text(&entry["route"]),
        });
        entries.collect()
    }

    /// The last line of the access log for a path.
    pub async fn logged(&self, path: &str) -> Entry {
        let find = || self.access_log().into_iter().rfind(|entry| entry.path == path);
        self.wait(async || find().is_some()).await;
        find().expect("it is there")
    }

    /// What Envoy's administration says.
    ///
    /// # Panics
    /// If it does not answer by 200.
    pub async fn administration(&self, path: &str) -> String {
        let connection = Client::plaintext().h1(self.admin).await;
        let mut connection = connection.expect("Envoy's administration");
        let response = connection.get("localhost", path, &[]).await.expect("an answer");
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.text().into_owned()
    }

    /// Whether Envoy says that it is.
    pub(super) async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Client::plaintext().h1(self.admin).await else { return false };
        connection.get("localhost", "/ready", &[]).await.is_ok_and(|answer| answer.status == 200)
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

    /// A counter of the discovery of the plugin's configuration.
    pub async fn discovery(&self, name: &str) -> u64 {
        self.count(&format!("{PLUGIN}.{name}")).await
    }

    /// Renders and applies another policy, and waits until every worker has it.
    pub async fn change_policy(&self, policy: &Value) {
        let (before, refused) =
            (self.discovery("config_reload").await, self.discovery("config_fail").await);
        self.apply_policy(policy).expect("a good policy");
        self.wait(async || self.discovery("config_reload").await > before).await;
        // Envoy counts a policy as reloaded that it has refused, too.
        assert_eq!(self.discovery("config_fail").await, refused, "{}", self.story());
    }

    /// What istiod has printed.
    pub fn control_plane_log(&self) -> String {
        self.istiod.printed()
    }

    /// What the agent and Envoy have printed.
    pub fn log(&self) -> String {
        self.agent.printed()
    }

    /// The module as it is shipped.
    pub fn module(&self) -> Vec<u8> {
        module()
    }

    /// Envoy's whole configuration.
    pub async fn configuration(&self) -> Value {
        serde_json::from_str(&self.administration("/config_dump").await).expect("JSON")
    }
}

/// What Istio calls the plugin.
pub const PLUGIN: &str = "extensions.istio.io/wasmplugin/istio-system.peergate";
