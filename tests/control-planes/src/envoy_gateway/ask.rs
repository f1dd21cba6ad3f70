//! Asking a Gateway, and reading what came of it.

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
            ("h1", h1.send(request).await.expect("an answer")),
            ("h2", h2.send(request).await.expect("an answer")),
        ]
    }

    /// Sends a request over a new connection of each protocol, and returns how both were answered: the status,
    /// and the reason of a refusal or whom the upstream was told of.
    ///
    /// # Panics
    /// If the protocols differ.
    pub async fn send(&self, identity: Option<&Identity>, request: &Request) -> (u16, String) {
        let [(_, h1), (_, h2)] = self.both(identity, request).await;
        let [h1, h2] = [&h1, &h2].map(|response| (response.status, told(response)));
        assert_eq!(h1, h2, "HTTP/1.1 and HTTP/2 differ; {}", self.story());
        h1
    }

    /// Asks the first host so for a path.
    pub async fn ask(&self, identity: Option<&Identity>, path: &str) -> (u16, String) {
        self.send(identity, &Request::get(HOST, path)).await
    }

    /// Waits until a path of the first host is answered so, over both protocols.
    ///
    /// # Panics
    /// If it is not in time.
    pub async fn settle(&self, identity: Option<&Identity>, path: &str, answer: (u16, &str)) {
        self.settle_sent(identity, &Request::get(HOST, path), answer).await;
    }

    /// The same for any request. While a change is on its way the protocols may differ.
    pub async fn settle_sent(
        &self,
        identity: Option<&Identity>,
        request: &Request,
        answer: (u16, &str),
    ) {
        let is_settled = async || {
            let client = self.client(identity);
            let Ok(mut h1) = client.h1(self.address()).await else { return false };
            let Ok(response) = h1.send(request).await else { return false };
            (response.status, &*told(&response)) == answer
        };
        self.wait(is_settled).await;
        let (status, told) = answer;
        assert_eq!(self.send(identity, request).await, (status, told.to_owned()));
    }
}
