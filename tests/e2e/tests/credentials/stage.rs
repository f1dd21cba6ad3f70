//! Gateways with every kind of credential.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use peergate_e2e::{Bootstrap, Fed};
use peergate_lab::feed::Feed;
use serde_json::Value;

use super::ask::Door;
use super::cast::Cast;
use super::listeners::{self, Listeners};

/// A gateway with every kind of credential.
pub(crate) struct Stage {
    pub(crate) cast: Cast,
    pub(crate) fed: Fed,
    listeners: Listeners,
}

impl Stage {
    /// The gateway that tests share which are under way at the same time; it ends with the last of them. Beside
    /// the documented listener it has all the others.
    pub(crate) async fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Stage>> = Mutex::new(Weak::new());
        Self::share(&SHARED, || Self::start("1.40.0", Cast::policy, listeners::add_all)).await
    }

    /// One whose refusals tell as little as they do unless told otherwise. Its access log also shows the
    /// filter state that other filters may read.
    pub(crate) async fn reticent() -> Arc<Self> {
        static SHARED: Mutex<Weak<Stage>> = Mutex::new(Weak::new());
        let policy = |cast: &Cast| {
            let mut policy = cast.policy();
            policy.as_object_mut().unwrap().remove("replies").expect("replies");
            policy
        };
        let log = |_: &Cast, bootstrap: &mut Bootstrap| {
            let state = |name: &str| format!("%FILTER_STATE(wasm.peergate_{name}:PLAIN)%");
            bootstrap.log_also("who", &["identity", "api", "method"].map(state).join("|"));
            Listeners::new()
        };
        Self::share(&SHARED, || Self::start("1.40.0", policy, log)).await
    }

    /// Starts an Envoy with nothing but the documented listener.
    pub(crate) async fn plain(version: &str) -> Self {
        let stage = Self::start(version, Cast::policy, |_, _| Listeners::new());
        stage.settle().await;
        stage
    }

    /// The documented listener.
    pub(crate) fn door(&self) -> Door<'_> {
        Door::new(&self.fed.gateway)
    }

    /// Another one.
    pub(crate) fn door_to(&self, name: &str) -> Door<'_> {
        let (_, address) =
            self.listeners.iter().find(|(other, _)| *other == name).expect("a listener");
        Door::at(&self.fed.gateway, *address)
    }

    /// Waits until the gateway has heard all that the feed says now. Other tests may go on and change it.
    pub(crate) async fn settle(&self) {
        let (gateway, version) = (&self.fed.gateway, self.fed.feed.version());
        let gauge = |name: &str| gateway.gauge("registered", name);
        let has_come = || gauge("version") >= Some(version) && gauge("age_seconds").is_some();
        gateway.wait(has_come).await;
    }

    async fn share(shared: &Mutex<Weak<Self>>, start: impl FnOnce() -> Self) -> Arc<Self> {
        let upgrade = || {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.upgrade().unwrap_or_else(|| {
                let stage = Arc::new(start());
                *shared = Arc::downgrade(&stage);
                stage
            })
        };
        let stage = upgrade();
        stage.settle().await;
        stage
    }

    fn start(
        version: &str,
        policy: impl FnOnce(&Cast) -> Value,
        add: impl FnOnce(&Cast, &mut Bootstrap) -> Listeners,
    ) -> Self {
        let cast = Cast::new();
        let feed = Feed::start().expect("a feed");
        feed.put_all(cast.entries());
        let policy = policy(&cast);
        let setup = Fed::setup(&cast.people.authority, &policy).version(version);
        let mut listeners = Listeners::new();
        let fed = setup.start_with(feed, |bootstrap| {
            bootstrap.verify_tokens(cast.providers());
            listeners = add(&cast, bootstrap);
        });
        Self { cast, fed, listeners }
    }
}
