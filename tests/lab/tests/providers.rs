//! Tokens and the rate limit service are what a real Envoy takes them for.

use peergate_lab::client::{Client, H1, H2, Request};
use peergate_lab::envoy::{Envoy, free_port};
use peergate_lab::rate_service::{Question, RateService};
use peergate_lab::token::{Algorithm, TokenIssuer};
use peergate_lab::upstream::Upstream;
use serde_json::json;
use tempfile::TempDir;

/// An Envoy that verifies tokens and asks for limits, in front of an upstream.
struct Lab {
    upstream: Upstream,
    limits: RateService,
    envoy: Envoy,
    _dir: TempDir,
}

#[tokio::test]
async fn envoy_verifies_what_the_issuer_has_signed() {
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let idp = TokenIssuer::with("https://idp.example", algorithm);
        let lab = Lab::start(&idp);
        let (mut h1, _) = lab.both().await;
        let claims = || json!({ "sub": "alice" });
        let foreign = json!({ "sub": "alice", "iss": "https://other.example" });
        let cases = [
            (idp.token(claims()), 200, ""),
            (idp.expired(claims()), 401, "Jwt is expired"),
            (idp.unsigned(claims()), 401, "Jwt is not in the form"),
            (idp.signed_by_other_key(claims()), 401, "Jwt verification fails"),
            (idp.token(foreign), 401, "Jwt issuer is not configured"),
            (idp.sign("{\"iss\":\"https://idp.example\""), 401, "Jwt payload is an invalid JSON"),
        ];
        for (token, status, text) in cases {
            let request = Request::get("a", "/").bearer(&token);
            let answer = h1.send(&request).await.expect("an answer");
            assert_eq!(answer.status, status, "{algorithm:?}: {}", answer.text());
            assert!(answer.text().starts_with(text), "{algorithm:?}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn the_service_counts_each_descriptor_up_to_its_limit() {
    let idp = TokenIssuer::new("https://idp.example");
    let lab = Lab::start(&idp);
    let (mut h1, _) = lab.both().await;
    let token = idp.token(json!({}));
    for (who, statuses) in [("ann", [200, 200, 429, 429]), ("bob é", [200, 200, 429, 429])] {
        for status in statuses {
            let request = Request::get("a", "/").bearer(&token).header("x-who", who);
            let answer = h1.send(&request).await.expect("an answer");
            assert_eq!(answer.status, status, "{who}");
        }
    }
    assert_eq!(lab.limits.count(&[("who", "ann"), ("api", "orders")]), 4);
    assert_eq!(lab.limits.count(&[("who", "eve"), ("api", "orders")]), 0);
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let descriptors = vec![vec![pair("who", "ann"), pair("api", "orders")]];
    let question = Question { domain: "lab".to_owned(), descriptors, hits: 1 };
    assert_eq!(lab.limits.asked().first(), Some(&question));

    lab.limits.restart(1);
    assert!(lab.limits.asked().is_empty());
    let request = Request::get("a", "/").bearer(&token).header("x-who", "ann");
    assert_eq!(h1.send(&request).await.expect("an answer").status, 200);
}

#[tokio::test]
async fn headers_of_one_name_arrive_over_both_protocols() {
    let idp = TokenIssuer::new("https://idp.example");
    let lab = Lab::start(&idp);
    let (mut h1, h2) = lab.both().await;
    let request = Request::get("a", "/?k=%zz&k=1;2")
        .bearer(&idp.token(json!({})))
        .header("x-api-key", "one")
        .cookie("a=1; key=x")
        .header("x-api-key", b"\xfftwo")
        .cookie("b=2");
    assert_eq!(h1.send(&request).await.expect("an answer").status, 200);
    assert_eq!(h2.send(&request).await.expect("an answer").status, 200);
    let received = lab.upstream.received();
    for received in &received {
        assert_eq!(received.path, "/?k=%zz&k=1;2");
        assert_eq!(received.header("x-api-key"), [&b"one"[..], b"\xfftwo"]);
    }
    // Envoy joins the crumbs of HTTP/2 (RFC 9113) and leaves lines of HTTP/1.1 alone.
    assert_eq!(received[0].header("cookie"), [&b"a=1; key=x"[..], b"b=2"]);
    assert_eq!(received[1].header("cookie"), [b"a=1; key=x; b=2"]);
}

impl Lab {
    fn start(idp: &TokenIssuer) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let upstream = Upstream::start("echo").expect("an upstream");
        let limits = RateService::start(2).expect("a rate limit service");
        let bootstrap = include_str!("providers.yaml")
            .replace("LISTENER_PORT", &free_port().to_string())
            .replace("UPSTREAM_PORT", &upstream.port().to_string())
            .replace("RATELIMIT_PORT", &limits.port().to_string())
            .replace("JWKS", &idp.jwks());
        let binary = Envoy::binary("1.40.0").unwrap_or_else(|error| panic!("{error}"));
        let envoy =
            Envoy::start(&binary, &bootstrap, dir.path()).unwrap_or_else(|error| panic!("{error}"));
        Self { upstream, limits, envoy, _dir: dir }
    }

    async fn both(&self) -> (H1, H2) {
        let address = self.envoy.listener("main").expect("the listener");
        let client = Client::plaintext();
        let h1 = client.h1(address).await.expect("an HTTP/1.1 connection");
        (h1, client.h2(address).await.expect("an HTTP/2 connection"))
    }
}
