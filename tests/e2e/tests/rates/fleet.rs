//! One limit for many Envoys: Envoy's own `ratelimit` filter behind ours asks a service, by what the policy
//! tells it of clients.

use peergate_e2e::{Bootstrap, sent};
use peergate_lab::client::Request;
use peergate_lab::rate_service::RateService;
use serde_json::{Value, json};

use super::stage::{Stage, get, three, with};

#[tokio::test]
async fn envoys_own_filter_counts_by_the_identity() {
    for version in ["1.40.0", "1.36.4"] {
        let service = RateService::start(3).unwrap();
        let limits = json!([{ "actions": [
            { "generic_key": { "descriptor_key": "gateway", "descriptor_value": "edge" } },
            state("identity"),
            state("api"),
        ] }]);
        let generous = json!({ "requests": 1000, "per": "1s" });
        let stage = Stage::start_with(version, generous, |bootstrap| {
            ask_service(bootstrap, &service, limits);
        });
        let stage = stage.await;
        for (what, identity, request, expected) in [
            ("a certificate", Some(&stage.people.alice), get("/certificate"), 3),
            ("another", Some(&stage.people.bob), get("/certificate"), 3),
            ("a key", None, with("key", "/key"), 3),
            ("another of its holder", None, with("another-key", "/key"), 0),
            ("at another API", None, with("key", "/again"), 3),
            ("a token", None, stage.of("a \"b\" c", "/token"), 3),
            ("nobody", None, get("/maybe"), 5),
        ] {
            assert_eq!(answered(&stage, identity, &request, 5).await, expected, "{what}");
        }
        let descriptor = |identity: &str, api: &str| {
            service.count(&[("gateway", "edge"), ("identity", identity), ("api", api)])
        };
        assert_eq!(descriptor("acme/alice", "certificate"), 5);
        assert_eq!(descriptor("acme/app", "key"), 10);
        assert_eq!(descriptor("https://idp.example#a \"b\" c", "token"), 5);
        let asked = service.asked();
        assert!(asked.iter().all(|it| it.domain == "peergate" && it.descriptors.len() == 1));
        // Nobody who is refused, or whom nobody knows, is asked about: they have no identity.
        assert_eq!(asked.len(), 30);
        stage.passed_or_refused(&with("unheard-of", "/key")).await;
        assert_eq!(service.asked().len(), 30);

        // Without its answer nothing passes that would be counted.
        drop(service);
        assert_eq!(answered(&stage, None, &with("key", "/key"), 2).await, 0);
        assert_eq!(answered(&stage, None, &get("/maybe"), 2).await, 2);
        assert!(stage.gateway().is_whole());
    }
}

/// The same by the header for the upstream, which no client can forge.
#[tokio::test]
async fn envoys_own_filter_counts_by_the_header() {
    let service = RateService::start(3).unwrap();
    let limits = json!([{ "actions": [{ "request_headers": {
        "header_name": "x-client-identity", "descriptor_key": "identity",
    } }] }]);
    // Beside a rate of our own, which comes first.
    let stage = Stage::start_with("1.40.0", three(), |bootstrap| {
        ask_service(bootstrap, &service, limits);
    });
    let stage = stage.await;
    let karl = Some(&stage.people.karl);
    let forged = get("/certificate").header("x-client-identity", "acme/other");
    assert_eq!(answered(&stage, karl, &forged, 5).await, 3);
    assert_eq!(service.count(&[("identity", "acme/karl")]), 5);
    assert_eq!(service.count(&[("identity", "acme/other")]), 0);
    let forged = get("/maybe").header("x-client-identity", "acme/other");
    assert_eq!(answered(&stage, None, &forged, 5).await, 5);
    assert_eq!(service.asked().len(), 5);
    assert_eq!(answered(&stage, None, &with("key", "/key"), 5).await, 3);
    assert_eq!(service.count(&[("identity", "acme/app")]), 3, "the others were ours to refuse");
}

impl Stage {
    /// Sends what the filter refuses.
    async fn passed_or_refused(&self, request: &Request) {
        for (_, answer) in self.gateway().both(None, request).await {
            assert_eq!(answer.status, 401);
        }
    }
}

/// How many of so many requests are answered by the upstream.
async fn answered(
    stage: &Stage,
    identity: Option<&peergate_lab::pki::Identity>,
    request: &Request,
    count: usize,
) -> usize {
    let client = stage.gateway().client(identity);
    let mut h1 = client.h1(stage.gateway().address()).await.expect("a connection");
    let mut passed = 0;
    for _ in 0..count {
        let answer = h1.send(request).await.expect("an answer");
        assert!([200, 429, 500].contains(&answer.status), "{}", answer.status);
        if answer.status == 200 {
            assert!(sent(&answer.json(), "x-client-identity") != ["acme/other"]);
            passed += 1;
        }
    }
    passed
}

/// A descriptor's entry from filter state. Where that is not there, there is no descriptor, and nobody is asked.
fn state(name: &str) -> Value {
    json!({ "extension": {
        "name": "envoy.rate_limit_descriptors.expr",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.rate_limit_descriptors.expr.v3.Descriptor",
            "descriptor_key": name,
            "text": format!("filter_state['wasm.peergate_{name}']"),
        },
    } })
}

/// Puts Envoy's filter behind ours and its guard, and the service's cluster beside the others.
fn ask_service(bootstrap: &mut Bootstrap, service: &RateService, limits: Value) {
    bootstrap.add_cluster("ratelimit", service.address());
    let clusters = bootstrap.config["static_resources"]["clusters"].as_array_mut().unwrap();
    let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    clusters.last_mut().unwrap()["typed_extension_protocol_options"] = json!({ options: {
        "@type": format!("type.googleapis.com/{options}"),
        "explicit_http_config": { "http2_protocol_options": {} },
    } });
    let filter = json!({
        "name": "envoy.filters.http.ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit",
            "domain": "peergate",
            "failure_mode_deny": true,
            "rate_limit_service": {
                "transport_api_version": "V3",
                "grpc_service": { "envoy_grpc": { "cluster_name": "ratelimit" }, "timeout": "5s" },
            },
            "rate_limits": limits,
        },
    });
    let filters = bootstrap.http_filters();
    let guard = filters.iter().position(|filter| filter["name"] == "peergate-guard").unwrap();
    filters.insert(guard + 1, filter);
}
