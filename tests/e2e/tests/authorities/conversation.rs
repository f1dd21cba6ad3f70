//! Asking, and what was answered in one word.

use std::io;

use peergate_e2e::{Gateway, sent};
use peergate_lab::client::{Client, H1, H2, Request, Response};
use peergate_lab::pki::Identity;

/// The two protocols.
pub(crate) const PROTOCOLS: [&str; 2] = ["h1", "h2"];

/// The verdict on a request over a new connection, or why there was none.
pub(crate) async fn ask(
    client: &Client,
    gateway: &Gateway,
    protocol: &str,
    request: &Request,
) -> io::Result<String> {
    let answer = match protocol {
        "h1" => client.h1(gateway.address()).await?.send(request).await?,
        _ => client.h2(gateway.address()).await?.send(request).await?,
    };
    Ok(verdict(&answer))
}

/// The verdict on a GET, which must be the same over both protocols.
pub(crate) async fn verdict_on(
    gateway: &Gateway,
    identity: Option<&Identity>,
    path: &str,
) -> String {
    let (client, request) = (gateway.client(identity), Request::get("localhost", path));
    let [h1, h2] = PROTOCOLS.map(|protocol| ask(&client, gateway, protocol, &request));
    let (h1, h2) = (h1.await.expect("an answer"), h2.await.expect("an answer"));
    assert_eq!(h1, h2, "{path} over h1 and h2");
    h1
}

/// `allowed` if the upstream was told who asks, `anonymous` if it was not; else the reason. The status goes
/// with it.
pub(crate) fn verdict(answer: &Response) -> String {
    if answer.status == 200 {
        let is_somebody = !sent(&answer.json(), "x-client-identity").is_empty();
        return if is_somebody { "allowed" } else { "anonymous" }.to_owned();
    }
    let reason = answer.json()["reason"].as_str().expect("a reason").to_owned();
    let status = match &*reason {
        "revocation_unknown" | "certificate_unavailable" | "internal" => 503,
        _ => 403,
    };
    assert_eq!(answer.status, status, "{reason}");
    reason
}

/// One client's two open connections.
pub(crate) struct Open(H1, H2);

impl Open {
    pub(crate) async fn new(gateway: &Gateway, identity: &Identity) -> Self {
        let client = gateway.client(Some(identity));
        let h1 = client.h1(gateway.address()).await.expect("a connection");
        Self(h1, client.h2(gateway.address()).await.expect("a connection"))
    }

    /// The verdict on the next request, the same on both.
    pub(crate) async fn ask(&mut self, path: &str) -> String {
        let request = Request::get("localhost", path);
        let h1 = verdict(&self.0.send(&request).await.expect("an answer"));
        let h2 = verdict(&self.1.send(&request).await.expect("an answer"));
        assert_eq!(h1, h2, "{path} over h1 and h2");
        h1
    }
}
