//! A client with connections that stay open, and what it is answered in one word.

use std::time::{Duration, Instant};

use peergate_e2e::{Gateway, sent};
use peergate_lab::client::{H1, H2, Request, Response};
use peergate_lab::pki::Identity;

/// One client's two open connections.
pub(crate) struct Visitor {
    pub(crate) h1: H1,
    pub(crate) h2: H2,
}

impl Visitor {
    pub(crate) async fn new(gateway: &Gateway, identity: &Identity) -> Self {
        let client = gateway.client(Some(identity));
        let h1 = client.h1(gateway.address()).await.expect("a connection");
        Self { h1, h2: client.h2(gateway.address()).await.expect("a connection") }
    }

    /// The verdict on the next request, the same on both connections.
    pub(crate) async fn ask(&mut self, path: &str) -> String {
        let [h1, h2] = self.ask_each(path).await;
        assert_eq!(h1, h2, "{path} over h1 and h2");
        h1
    }

    /// The verdicts over HTTP/1.1 and HTTP/2.
    pub(crate) async fn ask_each(&mut self, path: &str) -> [String; 2] {
        let request = Request::get("localhost", path);
        let h1 = verdict(&self.h1.send(&request).await.expect("an answer"));
        [h1, verdict(&self.h2.send(&request).await.expect("an answer"))]
    }

    /// Asks until the verdict is this on both connections. Returns how long that took.
    pub(crate) async fn until(&mut self, path: &str, expected: &str) -> Duration {
        let start = Instant::now();
        loop {
            let found = self.ask_each(path).await;
            if found == [expected; 2] {
                return start.elapsed();
            }
            assert!(start.elapsed() < PATIENCE, "{path}: {found:?} and not {expected}");
            let is_new = start.elapsed() < Duration::from_secs(1);
            tokio::time::sleep(Duration::from_millis(if is_new { 10 } else { 50 })).await;
        }
    }

    /// What the upstream says it received.
    pub(crate) async fn received(&mut self, path: &str) -> serde_json::Value {
        self.h1.get("localhost", path, &[]).await.expect("an answer").json()
    }
}

/// `allowed` if the upstream was told who asks, `anonymous` if it was not; else the reason.
pub(crate) fn verdict(answer: &Response) -> String {
    if answer.status == 200 {
        let is_somebody = !sent(&answer.json(), "x-client-identity").is_empty();
        return if is_somebody { "allowed" } else { "anonymous" }.to_owned();
    }
    let reason = answer.json()["reason"].as_str().expect("a reason").to_owned();
    let is_known = !matches!(&*reason, "list_stale" | "certificate_unavailable" | "internal");
    assert_eq!(answer.status, if is_known { 403 } else { 503 }, "{reason}");
    reason
}

/// How long to wait for what must come, on a machine that is not free.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
