//! What happens to a gateway while it is watched.

use std::time::{Duration, Instant};

use peergate_e2e::{Gateway, People, keyed, registered, replace_policy, with_policy};
use peergate_lab::client::{H1, Request};
use peergate_lab::feed::Fault;
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use crate::dress::SKIPPING;
use crate::stage::Stage;
use crate::surgery::CUE;

/// Requests and accidents, the same for every gateway.
pub(crate) struct Course {
    start: Instant,
}

/// What the feed has at first.
pub(crate) fn at_first(people: &People) -> [Value; 4] {
    let mut bound = keyed("bound-key", "acme/bound");
    bound["certificates"] = json!([people.karl.fingerprint()]);
    [
        registered(&people.bob, "acme/bob"),
        registered(&people.karl, "acme/karl"),
        keyed("app-key", "acme/app"),
        bound,
    ]
}

/// How long it takes.
pub(crate) const LENGTH: Duration = Duration::from_secs(170);

impl Course {
    /// It begins now.
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// All of it.
    pub(crate) async fn run(&self, people: &People, stage: &Stage) {
        tokio::join!(
            self.ask(people, stage),
            self.disturb(people, stage),
            self.stream(people, stage)
        );
    }

    /// Sends requests, more of some kinds at some times.
    async fn ask(&self, people: &People, stage: &Stage) {
        let gateway = &stage.fed.gateway;
        let [mut alice, mut bob, mut mallory] =
            [&people.alice, &people.bob, &people.mallory].map(|it| Visitor::new(Some(it)));
        let [mut stranger, mut dora, mut nobody] =
            [Some(&people.stranger), Some(&stage.dora), None].map(Visitor::new);
        let mut beat = 0_u64;
        while self.start.elapsed() < LENGTH {
            let second = self.start.elapsed().as_secs();
            let get = |path: &str| Request::get("localhost", path);
            let wave = (second % 40).min(40 - second % 40) / 5;
            for _ in 0..2 + wave {
                alice.ask(gateway, &get("/orders")).await;
            }
            bob.ask(gateway, &get("/orders")).await;
            alice.ask(gateway, &get("/catalog")).await;
            nobody.ask(gateway, &get("/catalog")).await;
            nobody.ask(gateway, &get("/status")).await;
            bob.ask(gateway, &get("/payroll")).await;
            stranger.ask(gateway, &get("/admin-new")).await;
            let keyed = |key: &str| get("/apps").header("x-api-key", key);
            let apps = if (60..130).contains(&second) { 3 } else { 1 };
            for _ in 0..apps {
                nobody.ask(gateway, &keyed("app-key")).await;
            }
            if beat.is_multiple_of(4) {
                nobody.ask(gateway, &get("/orders")).await;
                nobody.ask(gateway, &get("/elsewhere")).await;
                nobody.ask(gateway, &keyed("no-key")).await;
            }
            if beat.is_multiple_of(2) {
                dora.ask(gateway, &get("/supplies")).await;
                bob.ask(gateway, &get("/visits")).await;
            }
            if (20..70).contains(&second) {
                stranger.ask(gateway, &get("/orders")).await;
            }
            if (80..140).contains(&second) && beat.is_multiple_of(2) {
                mallory.ask(gateway, &get("/payroll")).await;
            }
            if (100..115).contains(&second) && beat.is_multiple_of(8) {
                bob.ask(gateway, &keyed("bound-key")).await;
            }
            if (45..52).contains(&second) && beat.is_multiple_of(4) {
                alice.ask(gateway, &get(SKIPPING)).await;
            }
            beat += 1;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    /// Spoils policy, feed and VM.
    async fn disturb(&self, people: &People, stage: &Stage) {
        let (gateway, feed) = (&stage.fed.gateway, &stage.fed.feed);
        let policy = |policy: &Value| {
            let resource = with_policy(gateway.directory(), policy);
            replace_policy(gateway.directory(), &resource.to_string());
        };
        self.until(15).await;
        // It lacks its APIs.
        feed.put(json!({ "certificate": people.stranger.fingerprint() }));
        self.until(30).await;
        policy(&json!({ "version": 1, "apis": [{ "name": "broken" }] }));
        self.until(38).await;
        policy(&stage.policy);
        self.until(55).await;
        // As from a copy that is restored.
        let version = feed.version();
        feed.set_version(0);
        feed.put(registered(&people.alice, "acme/alice"));
        self.until(68).await;
        feed.set_version(version);
        feed.put(registered(&people.alice, "acme/alice"));
        for second in [75, 85, 95, 105, 115] {
            self.until(second).await;
            feed.fail_next(1, CUE);
        }
        self.until(128).await;
        feed.fail(Fault::Garbage);
    }

    /// Has streams under way whose client is taken off its list.
    async fn stream(&self, people: &People, stage: &Stage) {
        let feed = &stage.fed.feed;
        for second in [20, 28, 42, 50] {
            self.until(second).await;
            let client = stage.fed.gateway.client(Some(&people.karl));
            let mut streams = Vec::new();
            for _ in 0..3 {
                let mut stream =
                    client.h1(stage.fed.gateway.address()).await.expect("a connection");
                let begun =
                    b"POST /stream HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhal";
                stream.send_raw(begun).await.expect("sent");
                streams.push(stream);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            feed.delete(json!({ "certificate": people.karl.fingerprint() }));
            tokio::time::sleep(Duration::from_secs(4)).await;
            feed.put(registered(&people.karl, "acme/karl"));
        }
    }

    async fn until(&self, second: u64) {
        let at = self.start + Duration::from_secs(second);
        tokio::time::sleep_until(at.into()).await;
    }
}

/// A client who comes again when the connection is lost.
pub(crate) struct Visitor<'i> {
    identity: Option<&'i Identity>,
    connection: Option<H1>,
}

impl<'i> Visitor<'i> {
    pub(crate) fn new(identity: Option<&'i Identity>) -> Self {
        Self { identity, connection: None }
    }

    /// Asks, whatever comes of it.
    pub(crate) async fn ask(&mut self, gateway: &Gateway, request: &Request) {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match gateway.client(self.identity).h1(gateway.address()).await {
                Ok(connection) => connection,
                Err(_) => return,
            },
        };
        if connection.send(request).await.is_ok() {
            self.connection = Some(connection);
        }
    }
}
