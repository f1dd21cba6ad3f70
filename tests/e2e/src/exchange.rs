//! Asking a gateway, and reading what came of it.

use peergate_lab::client::{Request, Response};
use peergate_lab::pki::Identity;
use serde_json::Value;

use crate::gateway::Gateway;

impl Gateway {
    /// Sends a request over a new connection of each protocol; the answers with the protocol's name.
    pub async fn both(
        &self,
        identity: Option<&Identity>,
        request: &Request,
    ) -> [(&'static str, Response); 2] {
        let client = self.client(identity);
        let mut h1 = client.h1(self.address()).await.expect("a connection");
        let h2 = client.h2(self.address()).await.expect("a connection");
        [
            ("h1", h1.send(request).await.expect("an answer")),
            ("h2", h2.send(request).await.expect("an answer")),
        ]
    }

    /// How many verdicts had a reason, over all APIs.
    pub fn count(&self, reason: &str) -> u64 {
        let stats = self.envoy.stats("wasmcustom.peergate").expect("stats");
        let suffix = format!(".reason.{reason}");
        stats.iter().filter(|(name, _)| name.ends_with(&suffix)).map(|(_, count)| count).sum()
    }

    /// What Envoy has logged of its lists and of what went wrong.
    pub fn story(&self) -> String {
        let log = self.envoy.log();
        let words = ["\"event\":\"peergate_list\"", "][warning]", "][error]", "][critical]"];
        let tells = |line: &&str| words.iter().any(|word| line.contains(word));
        let lines: Vec<&str> = log.lines().filter(tells).collect();
        lines.get(lines.len().saturating_sub(60)..).unwrap_or_default().join("\n")
    }

    /// Whether every VM that was made still lives: a trap would have ended one.
    pub fn is_whole(&self) -> bool {
        let log = self.envoy.log();
        !log.contains("wasm_fail_stream") && !log.contains("Proxy-Wasm plugin in-VM backtrace")
    }
}

/// The values of a header in what the upstream says it received.
pub fn sent(received: &Value, name: &str) -> Vec<String> {
    let headers = received["headers"].as_array().expect("headers");
    let named = headers.iter().filter(|pair| pair[0] == name);
    named.map(|pair| pair[1].as_str().expect("a value").to_owned()).collect()
}
