//! Asking a gateway, and reading what came of it.

use std::io;
use std::time::Duration;

use peergate_lab::client::{Request, Response};
use peergate_lab::pki::Identity;

use crate::answer::told;

use super::HOST;
use super::gateway::Gateway;

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
            ("h1", self.answer(h1.send(request).await).await),
            ("h2", self.answer(h2.send(request).await).await),
        ]
    }

    /// An answer, or what Envoy says of there being none.
    async fn answer(&self, answer: io::Result<Response>) -> Response {
        match answer {
            Ok(response) => response,
            Err(error) => {
                // The access log comes up to a second later.
                tokio::time::sleep(Duration::from_secs(2)).await;
                panic!("an answer: {error}; {}", self.story())
            }
        }
    }

    /// Asks a host for a path over a new HTTP/1.1 connection, and returns the status and the text or identity.
    pub async fn ask_host(&self, host: &str, identity: &Identity, path: &str) -> (u16, String) {
        let client = self.client(Some(identity)).server_name(host);
        let mut connection = client.h1(self.address()).await.expect("a connection");
        let response = connection.get(host, path, &[]).await.expect("an answer");
        (response.status, told(&response))
    }

    /// Asks for a path of the first host, each time over a new HTTP/1.1 connection, until it is answered so
    /// many times in a row: a change reaches one worker before the other.
    ///
    /// # Panics
    /// If it never is.
    pub async fn wait_for(&self, identity: &Identity, path: &str, status: u16) {
        self.wait(async || {
            for _ in 0..10 {
                if self.ask_host(HOST, identity, path).await.0 != status {
                    return false;
                }
            }
            true
        })
        .await;
    }

    /// Asks for a path of the first host over a new connection of each protocol, and returns how both were
    /// answered: the status, and the reason of a refusal or whom the upstream was told of.
    ///
    /// # Panics
    /// If the protocols differ.
    pub async fn ask(&self, identity: Option<&Identity>, path: &str) -> (u16, String) {
        let [(_, h1), (_, h2)] = self.both(identity, &Request::get(HOST, path)).await;
        let [h1, h2] = [&h1, &h2].map(|response| (response.status, told(response)));
        assert_eq!(h1, h2, "{path}: HTTP/1.1 and HTTP/2 differ; {}", self.story());
        h1
    }
}
