//! A policy with a rate for every kind of client.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use peergate_e2e::{Bootstrap, CLUSTER, Fed, Gateway, People, Provider, keyed, registered};
use peergate_lab::client::{H1, Request, Response};
use peergate_lab::feed::{CHANGES, Feed};
use peergate_lab::pki::Identity;
use peergate_lab::token::TokenIssuer;
use serde_json::{Value, json};

/// A gateway whose clients may not come as often as they like.
pub(crate) struct Stage {
    pub(crate) people: People,
    pub(crate) idp: TokenIssuer,
    pub(crate) fed: Fed,
    rate: Value,
}

impl Stage {
    /// The gateway that tests share which are under way at the same time, each with clients of its own: three
    /// requests each, over two workers. It ends with the last of them.
    pub(crate) async fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Stage>> = Mutex::new(Weak::new());
        let upgrade = || {
            let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            shared.upgrade().unwrap_or_else(|| {
                let change = |bootstrap: &mut Bootstrap| bootstrap.options.concurrency = 2;
                let stage = Arc::new(Self::launch("1.40.0", three(), change));
                *shared = Arc::downgrade(&stage);
                stage
            })
        };
        let stage = upgrade();
        stage.settle().await;
        stage
    }

    /// With this rate for everybody whose entry or API has one.
    pub(crate) async fn start(rate: Value) -> Self {
        Self::start_with("1.40.0", rate, |_| {}).await
    }

    pub(crate) async fn start_with(
        version: &str,
        rate: Value,
        change: impl FnOnce(&mut Bootstrap),
    ) -> Self {
        let stage = Self::launch(version, rate, change);
        stage.settle().await;
        stage
    }

    fn launch(version: &str, rate: Value, change: impl FnOnce(&mut Bootstrap)) -> Self {
        let (people, idp) = (People::new(), TokenIssuer::new(IDP));
        let feed = Feed::start().expect("a feed");
        let limited = |mut entry: Value| {
            entry["rate"] = rate.clone();
            entry
        };
        feed.put_all([
            limited(registered(&people.alice, "acme/alice")),
            limited(registered(&people.bob, "acme/bob")),
            registered(&people.karl, "acme/karl"),
            limited(keyed("key", "acme/app")),
            // Two keys of one client.
            limited(keyed("another-key", "acme/app")),
            limited(keyed("other-key", "acme/other")),
            keyed("free-key", "acme/free"),
        ]);
        let policy = policy(&rate);
        let setup = Fed::setup(&people.authority, &policy).version(version);
        let fed = setup.start_with(feed, |bootstrap| {
            bootstrap.verify_tokens([Provider::new("idp", &idp)]);
            change(bootstrap);
        });
        Self { people, idp, fed, rate }
    }

    /// Waits until both lists have all that the feed says now. Other tests may go on and change it.
    async fn settle(&self) {
        let version = self.fed.feed.version();
        self.gateway()
            .wait(|| {
                ["registered", "second"].iter().all(|list| {
                    let gauge = |name: &str| self.gateway().gauge(list, name);
                    gauge("version") >= Some(version) && gauge("age_seconds").is_some()
                })
            })
            .await;
    }

    /// Registers somebody, with the rate of all others unless the entry has one.
    pub(crate) async fn register(&self, mut entry: Value) {
        if entry.get("rate").is_none() {
            entry["rate"] = self.rate.clone();
        }
        self.fed.feed.put(entry);
        self.settle().await;
    }

    pub(crate) fn gateway(&self) -> &Gateway {
        &self.fed.gateway
    }

    /// A request with somebody's token.
    pub(crate) fn of(&self, subject: &str, path: &str) -> Request {
        get(path).bearer(&self.idp.token(json!({ "sub": subject })))
    }

    /// How many of so many requests pass, one after the other. All others came too often.
    pub(crate) async fn passed(
        &self,
        identity: Option<&Identity>,
        request: &Request,
        count: usize,
    ) -> usize {
        let mut visitor = Visitor::new(self.gateway(), identity).await;
        let mut passed = 0;
        for _ in 0..count {
            passed += usize::from(visitor.passes(request).await);
        }
        passed
    }
}

/// A connection that stays open.
pub(crate) struct Visitor(H1);

impl Visitor {
    pub(crate) async fn new(gateway: &Gateway, identity: Option<&Identity>) -> Self {
        Self(gateway.client(identity).h1(gateway.address()).await.expect("a connection"))
    }

    /// Whether a request passes; if not, it was one too many.
    pub(crate) async fn passes(&mut self, request: &Request) -> bool {
        let answer = self.0.send(request).await.expect("an answer");
        if answer.status == 200 {
            return true;
        }
        assert_eq!(answer.json()["reason"], "rate_limited", "{request:?}");
        assert_eq!(answer.status, 429);
        assert!(retry_after(&answer) > Duration::ZERO);
        false
    }
}

/// When to come again.
pub(crate) fn retry_after(answer: &Response) -> Duration {
    let seconds = answer.header("retry-after").expect("Retry-After").parse();
    Duration::from_secs(seconds.expect("whole seconds"))
}

pub(crate) fn policy(rate: &Value) -> Value {
    let feed = json!({ "cluster": CLUSTER, "path": CHANGES, "wait": "30s", "interval": "1s" });
    let key = |list: &str| json!({ "lists": [list], "from": [{ "header": "x-api-key" }] });
    let jwt = json!({ "issuers": [IDP] });
    let certificate = json!({ "allow": ["registered"] });
    let mut apis = vec![
        json!({ "name": "certificate", "certificate": certificate, "policy": "mandatory" }),
        json!({ "name": "key", "api_key": key("registered"), "policy": ["api_key"] }),
        json!({ "name": "again", "api_key": key("registered"), "policy": ["api_key"] }),
        json!({ "name": "second", "api_key": key("second"), "policy": ["api_key"] }),
        json!({ "name": "default", "api_key": key("registered"), "policy": ["api_key"], "rate": rate }),
        json!({ "name": "token", "jwt": jwt, "policy": ["jwt"], "rate": rate }),
        json!({ "name": "other", "jwt": jwt, "policy": ["jwt"], "rate": rate }),
        json!({ "name": "shadow", "jwt": jwt, "policy": ["jwt"], "rate": rate,
            "enforcement": "shadow" }),
        json!({ "name": "both", "certificate": certificate, "api_key": key("registered"),
            "policy": ["certificate", "api_key"] }),
        json!({ "name": "maybe", "jwt": jwt, "policy": { "any_of": ["jwt", "anonymous"] },
            "rate": rate, "cors_preflight": "pass" }),
        json!({ "name": "operations", "jwt": jwt, "policy": ["jwt"], "rate": rate, "operations": [
            { "match": { "path": "/operations/rare" },
              "rate": { "requests": 1, "per": "1h", "burst": 1 } },
        ] }),
    ];
    for api in &mut apis {
        api["match"] = json!({ "path_prefix": format!("/{}", api["name"].as_str().unwrap()) });
    }
    json!({
        "version": 1,
        "lists": { "registered": { "feed": feed }, "second": { "feed": feed } },
        "apis": apis,
        "forward": {
            "identity": "x-client-identity",
            "filter_state": ["identity", "api", "method"],
        },
        "replies": { "profile": "problem", "detail": "reason" },
    })
}

pub(crate) fn get(path: &str) -> Request {
    Request::get("localhost", path)
}

/// A request with a key.
pub(crate) fn with(key: &str, path: &str) -> Request {
    get(path).header("x-api-key", key)
}

/// Three at once, and then so few that a test sees none of them.
pub(crate) fn three() -> Value {
    json!({ "requests": 1, "per": "1h", "burst": 3 })
}

const IDP: &str = "https://idp.example";
