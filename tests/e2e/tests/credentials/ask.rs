//! Asking, and what was answered in one word or two.

use std::cell::Cell;
use std::net::SocketAddr;

use peergate_e2e::{Gateway, sent};
use peergate_lab::client::{Client, H1, H2, Request, Response};
use peergate_lab::pki::Identity;
use serde_json::Value;

/// A listener, and the connections to it that are open: two for each client, by HTTP/1.1 and HTTP/2.
pub(crate) struct Door<'g> {
    gateway: &'g Gateway,
    address: SocketAddr,
    has_tls: bool,
    open: Cell<Vec<(Option<String>, H1, H2)>>,
}

impl<'g> Door<'g> {
    pub(crate) fn new(gateway: &'g Gateway) -> Self {
        Self::at(gateway, gateway.address())
    }

    pub(crate) fn at(gateway: &'g Gateway, address: SocketAddr) -> Self {
        Self { gateway, address, has_tls: true, open: Cell::default() }
    }

    /// The same without TLS.
    pub(crate) fn in_the_clear(self) -> Self {
        Self { has_tls: false, ..self }
    }

    /// The verdict on a request, the same over each protocol.
    pub(crate) async fn ask(&self, identity: Option<&Identity>, request: &Request) -> String {
        let [(_, h1), (_, h2)] = self.send(identity, request).await;
        let [h1, h2] = [verdict(&h1), verdict(&h2)];
        assert_eq!(h1, h2, "over h1 and h2: {request:?}");
        h1
    }

    /// What reached the upstream, over each protocol.
    pub(crate) async fn received(
        &self,
        identity: Option<&Identity>,
        request: &Request,
    ) -> [Value; 2] {
        self.send(identity, request).await.map(|(protocol, answer)| {
            assert_eq!(answer.status, 200, "{} over {protocol}: {request:?}", answer.text());
            answer.json()
        })
    }

    /// The answers, with the protocols' names.
    pub(crate) async fn send(
        &self,
        identity: Option<&Identity>,
        request: &Request,
    ) -> [(&'static str, Response); 2] {
        let who = identity.map(Identity::fingerprint);
        let mut open = self.open.take();
        let (mut h1, h2) = match open.iter().position(|(other, ..)| *other == who) {
            Some(place) => {
                let (_, h1, h2) = open.swap_remove(place);
                (h1, h2)
            }
            None => self.connect(identity).await,
        };
        let first = h1.send(request).await.expect("an answer");
        let second = h2.send(request).await.expect("an answer");
        if first.header("connection") != Some("close") {
            open.push((who, h1, h2));
        }
        self.open.set(open);
        [("h1", first), ("h2", second)]
    }

    async fn connect(&self, identity: Option<&Identity>) -> (H1, H2) {
        let client = if self.has_tls { self.gateway.client(identity) } else { Client::plaintext() };
        let h1 = client.h1(self.address).await.expect("a connection");
        (h1, client.h2(self.address).await.expect("a connection"))
    }
}

/// Method and identity as the upstream was told, `anonymous` if it was told nothing; else the reason, whose
/// status and challenge go with it.
pub(crate) fn verdict(answer: &Response) -> String {
    if answer.status == 200 {
        let received = answer.json();
        let [method, identity] =
            ["x-client-auth", "x-client-identity"].map(|name| sent(&received, name));
        return match (&*method, &*identity) {
            ([], []) => "anonymous".to_owned(),
            ([method], [identity]) => format!("{method} {identity}"),
            other => panic!("{other:?}"),
        };
    }
    let reason = answer.json()["reason"].as_str().expect("a reason").to_owned();
    let (status, challenge) = match &*reason {
        "jwt_required" => (401, Some("Bearer")),
        "jwt_refused" => (401, Some("Bearer error=\"invalid_token\"")),
        "jwt_insufficient" => (403, Some("Bearer error=\"insufficient_scope\"")),
        "api_key_required" | "api_key_unknown" | "api_key_ambiguous" => (401, Some("ApiKey")),
        "binding_mismatch" => (401, answer.header("www-authenticate")),
        "misdirected" => (421, None),
        "bad_target" => (400, None),
        "rate_limited" => (429, None),
        "certificate_unavailable" | "list_stale" | "internal" => (503, None),
        _ => (403, None),
    };
    assert_eq!(answer.status, status, "{reason}");
    assert_eq!(answer.header("www-authenticate"), challenge, "{reason}");
    assert!(status != 401 || challenge.is_some(), "RFC 9110 section 15.5.2: {reason}");
    reason
}

pub(crate) fn get(path: &str) -> Request {
    Request::get("localhost", path)
}
