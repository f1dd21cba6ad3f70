//! Another policy for a gateway that runs.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::gateway::Gateway;

/// The file that the policy comes from, in the gateway's directory.
pub const POLICY_FILE: &str = "peergate.yaml";

/// Puts another policy in place of the one that a gateway's directory holds, as a user would: rendered
/// anew, and moved over the old file in one step.
pub fn replace_policy(directory: &Path, resource: &str) {
    let next = directory.join("next.yaml");
    fs::write(&next, resource).expect("written");
    fs::rename(&next, directory.join(POLICY_FILE)).expect("moved");
}

/// The resource in a gateway's directory, with another policy in it.
pub fn with_policy(directory: &Path, policy: &Value) -> Value {
    let text = fs::read_to_string(directory.join(POLICY_FILE)).expect("a resource");
    let mut resource: Value = serde_saphyr::from_str(&text).expect("YAML");
    let configuration = &mut resource["resources"][0]["typed_config"]["config"]["configuration"];
    configuration["value"] = policy.to_string().into();
    resource
}

impl Gateway {
    /// Replaces the policy, and waits until Envoy has taken it.
    pub async fn change_policy(&self, policy: &Value) {
        // Envoy counts a policy as reloaded that it has refused, too.
        let (before, refused) = (self.reloads().await, self.discovery("config_fail"));
        replace_policy(self.directory(), &with_policy(self.directory(), policy).to_string());
        self.wait(|| self.discovery("config_reload") > before).await;
        assert_eq!(self.discovery("config_fail"), refused, "{}", self.story());
    }

    /// How many policies all workers have taken. The first one counts a moment after Envoy says that it is
    /// ready, once its workers run: a change would be taken for that.
    pub async fn reloads(&self) -> u64 {
        self.wait(|| self.discovery("config_reload") > 0).await;
        self.discovery("config_reload")
    }

    /// A counter of the policy's discovery.
    pub fn discovery(&self, name: &str) -> u64 {
        let name = format!("extension_config_discovery.http_filter.peergate.{name}");
        let found = self.envoy.stat(&name);
        found.unwrap_or_else(|error| panic!("{error}; {}", self.story())).unwrap_or_default()
    }

    /// Waits until something has happened that does not take long on a machine that is free.
    pub async fn wait(&self, mut has_happened: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !has_happened() {
            assert!(Instant::now() < end, "in time; {}", self.story());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// How long a test waits for what must come, on a machine that is not free.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
