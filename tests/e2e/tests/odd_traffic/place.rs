//! A gateway that lets as much reach the filter as Envoy can be told to, and two upstreams behind it: one
//! for what is open, one for what is protected.

use std::time::Duration;

use peergate_e2e::{Bootstrap, Gateway, People};
use peergate_lab::client::{H1, Response};
use peergate_lab::pki::Identity;
use peergate_lab::upstream::{Received, Upstream};
use serde_json::{Value, json};

/// Where odd requests go. What is below `/public` is open; all else needs Alice's certificate.
pub(crate) struct Place {
    pub(crate) people: People,
    pub(crate) gateway: Gateway,
    /// Sees only what the filter passes with a certificate.
    protected: Upstream,
    /// How many VMs there have been.
    vms: u64,
}

impl Place {
    /// With Envoy's limits raised and whatever it knows of protocols turned on.
    pub(crate) fn permissive() -> Self {
        Self::start(|bootstrap| {
            let manager = bootstrap.connection_manager();
            manager["max_request_headers_kb"] = 512.into();
            manager["common_http_protocol_options"] = json!({
                "headers_with_underscores_action": "ALLOW", "max_headers_count": 1000,
            });
            manager["http_protocol_options"] = json!({
                "accept_http_10": true, "default_host_for_http_10": "localhost",
                "enable_trailers": true,
            });
            manager["http2_protocol_options"] = json!({ "allow_connect": true });
            manager["upgrade_configs"] =
                json!([{ "upgrade_type": "websocket" }, { "upgrade_type": "CONNECT" }]);
            // Sessions are resumed, so that thousands of connections take no longer than they must.
            let chain =
                &mut bootstrap.config["static_resources"]["listeners"][0]["filter_chains"][0];
            let tls = chain["transport_socket"]["typed_config"].as_object_mut().unwrap();
            tls.retain(|name, _| !name.ends_with("_session_resumption"));
            let routes = bootstrap.virtual_host()["routes"].as_array_mut().unwrap();
            let connect = json!({ "match": { "connect_matcher": {} }, "route": {
                "cluster": "protected",
                "upgrade_configs": [{ "upgrade_type": "CONNECT", "connect_config": {} }],
            } });
            routes.insert(0, connect);
        })
    }

    /// As rendered, but for the routes.
    pub(crate) fn rendered() -> Self {
        Self::start(|_| {})
    }

    fn start(change: impl FnOnce(&mut Bootstrap)) -> Self {
        let people = People::new();
        let protected = Upstream::start("protected").unwrap();
        let gateway = Gateway::start_with(&people, &policy(&people), |bootstrap| {
            bootstrap.add_cluster("protected", protected.address());
            bootstrap.virtual_host()["routes"] = json!([
                { "match": { "path_separated_prefix": "/public" }, "route": { "cluster": "upstream" } },
                { "match": { "prefix": "/" }, "route": { "cluster": "protected" } },
            ]);
            change(bootstrap);
        });
        let mut place = Self { people, gateway, protected, vms: 0 };
        place.vms = place.vms_so_far();
        place
    }

    /// A connection for HTTP/1.1.
    pub(crate) async fn h1(&self, identity: Option<&Identity>) -> H1 {
        self.gateway.client(identity).h1(self.gateway.address()).await.expect("a connection")
    }

    /// The answer to bytes that are sent over a connection of their own; none if Envoy hangs up.
    pub(crate) async fn raw(&self, identity: Option<&Identity>, bytes: &[u8]) -> Option<Response> {
        let mut h1 = self.h1(identity).await;
        h1.send_raw(bytes).await.ok()?;
        h1.read_response().await.ok()
    }

    /// What has reached the protected upstream since this was last asked.
    pub(crate) fn reached(&self) -> Vec<Received> {
        let received = self.protected.received();
        self.protected.forget();
        received
    }

    /// Fails if anything reached the protected upstream since this was last asked.
    pub(crate) fn expect_nothing_reached(&self, after: &str) {
        let received = self.reached();
        assert!(received.is_empty(), "after {after}: {received:?}");
    }

    /// Fails unless everything that reached the protected upstream did so as Alice.
    pub(crate) fn expect_alice_alone(&self) -> usize {
        let received = self.reached();
        for one in &received {
            assert_eq!(one.header("x-client-identity"), [b"alice"], "{one:?}");
        }
        received.len()
    }

    /// Fails unless Envoy serves on and no VM has been lost.
    pub(crate) async fn expect_health(&self) {
        for turn in 0..3 {
            let status = async |identity: Option<&Identity>, path: &str| {
                let mut h1 = self.h1(identity).await;
                h1.get("localhost", path, &[]).await.expect("an answer").status
            };
            assert_eq!(status(None, "/public/x").await, 200, "{turn}");
            assert_eq!(status(Some(&self.people.alice), "/protected").await, 200, "{turn}");
            assert_eq!(status(Some(&self.people.bob), "/protected").await, 403, "{turn}");
            assert_eq!(status(None, "/protected").await, 403, "{turn}");
        }
        assert_eq!(self.expect_alice_alone(), 3);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(self.gateway.is_whole(), "{}", self.gateway.story());
        assert_eq!(self.vms_so_far(), self.vms);
        for counter in ["vm_reload_backoff", "vm_reload_success", "vm_reload_failure"] {
            let name = format!("wasm.peergate.{counter}");
            assert_eq!(self.gateway.envoy.stat(&name).unwrap(), Some(0), "{counter}");
        }
        assert_eq!(self.gateway.count("internal"), 0, "{}", self.gateway.story());
    }

    fn vms_so_far(&self) -> u64 {
        let name = "wasm.envoy.wasm.runtime.v8.created";
        self.gateway.envoy.stat(name).unwrap().expect("a counter")
    }
}

fn policy(people: &People) -> Value {
    let alice = json!({ "sha256": people.alice.fingerprint(), "identity": "alice" });
    json!({
        "version": 1,
        "lists": { "partners": { "entries": [alice] } },
        "apis": [
            { "name": "public", "match": { "path_prefix": "/public" }, "policy": "open" },
            { "name": "rest", "certificate": { "allow": ["partners"] }, "policy": "mandatory" },
        ],
        "forward": { "identity": "x-client-identity", "method": "x-client-auth" },
        "replies": { "profile": "problem", "detail": "reason" },
    })
}
