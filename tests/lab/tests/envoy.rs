//! A client's certificate reaches the upstream through a real Envoy.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use peergate_lab::client::{Client, H1, H2, Request, Response, Version, load};
use peergate_lab::envoy::{Envoy, Options, free_port};
use peergate_lab::pki::{Authority, Identity, KeyKind, Leaf, crowd, decoy, twin};
use peergate_lab::upstream::Upstream;
use tempfile::TempDir;

/// An Envoy in front of an upstream, asking for certificates and taking any.
struct Lab {
    authority: Authority,
    upstream: Upstream,
    envoy: Envoy,
    _dir: TempDir,
}

#[tokio::test]
async fn any_key_that_envoy_supports_shows_its_certificate_over_both_protocols() {
    let lab = Lab::start();
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Rsa2048, KeyKind::Rsa3072, KeyKind::Rsa4096]
    {
        let alice = Identity::self_signed(Leaf::client("alice").key(kind));
        let (mut h1, h2) = lab.both(&lab.client().identity(&alice)).await;
        let answers = [h1.get("localhost", "/", &[]).await, h2.get("localhost", "/", &[]).await];
        for answer in answers {
            let answer = answer.expect("an answer");
            assert_eq!(fingerprint_seen(&answer), Some(alice.fingerprint()), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn certificates_of_other_keys_do_not_arrive() {
    let lab = Lab::start();
    for kind in [KeyKind::P521, KeyKind::Ed25519] {
        let alice = Identity::self_signed(Leaf::client("alice").key(kind));
        let (mut h1, _) = lab.both(&lab.client().identity(&alice)).await;
        let answer = h1.get("localhost", "/", &[]).await.expect("an answer");
        assert_eq!(fingerprint_seen(&answer), None, "{kind:?}");
    }
}

#[tokio::test]
async fn a_long_chain_passes_the_handshake() {
    let lab = Lab::start();
    let alice = lab.authority.descend(200).issue(Leaf::client("alice"));
    let bytes: usize = alice.presented().map(|it| it.len()).sum();
    let (mut h1, _) = lab.both(&lab.client().identity(&alice)).await;
    let answer = h1.get("localhost", "/", &[]).await.expect("an answer");
    assert_eq!(fingerprint_seen(&answer), Some(alice.fingerprint()), "{bytes} bytes");
}

#[tokio::test]
async fn twins_and_decoys_pass_the_handshake() {
    let lab = Lab::start();
    let honest = lab.authority.issue(Leaf::client("alice"));
    for forged in [twin(&honest), decoy(&honest, lab.authority.certificate())] {
        let (_, h2) = lab.both(&lab.client().identity(&forged)).await;
        let answer = h2.get("localhost", "/", &[]).await.expect("an answer");
        assert_eq!(fingerprint_seen(&answer), Some(forged.fingerprint()));
    }
}

#[tokio::test]
async fn high_bytes_arrive_over_both_protocols() {
    let lab = Lab::start();
    let high: Vec<u8> = (0x80..=0xff).collect();
    let request = Request::get("localhost", "/").header("x-high", &high);
    let (mut h1, h2) = lab.both(&lab.client()).await;
    assert_eq!(h1.send(&request).await.expect("an answer").status, 200);
    assert_eq!(h2.send(&request).await.expect("an answer").status, 200);
    let received = lab.upstream.received();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|it| it.header("x-high") == [high.as_slice()]));
}

#[tokio::test]
async fn trailers_arrive_over_both_protocols() {
    let lab = Lab::start();
    let request = Request::new("POST", "localhost", "/").body("b").trailer("x-t", "1");
    let (mut h1, h2) = lab.both(&lab.client()).await;
    assert_eq!(h1.send(&request).await.expect("an answer").status, 200);
    assert_eq!(h2.send(&request).await.expect("an answer").status, 200);
    let received = lab.upstream.received();
    assert_eq!(received.len(), 2);
    assert!(received.iter().all(|it| it.trailer("x-t") == [b"1"]), "{received:?}");
}

#[tokio::test]
async fn an_upgrade_passes() {
    let lab = Lab::start();
    let (mut h1, _) = lab.both(&lab.client()).await;
    let upgrade = Request::get("localhost", "/")
        .headers(&[("connection", "upgrade"), ("upgrade", "websocket")]);
    assert_eq!(h1.send(&upgrade).await.expect("an answer").status, 101);
    h1.send_raw(b"ping").await.expect("bytes sent");
    assert_eq!(h1.read_raw().await.expect("bytes"), b"ping");
    assert_eq!(lab.upstream.received()[0].header("upgrade"), [b"websocket"]);
}

#[tokio::test]
async fn a_session_is_resumed_when_asked_for() {
    let lab = Lab::start();
    let alice = Identity::self_signed(Leaf::client("alice"));
    for version in [Version::Tls12, Version::Tls13] {
        for resumption in [false, true] {
            let client = lab.client().identity(&alice).versions(&[version]).resumption(resumption);
            for round in 0..2 {
                let mut h1 = client.h1(lab.address()).await.expect("a connection");
                let answer = h1.get("localhost", "/", &[]).await.expect("an answer");
                assert_eq!(fingerprint_seen(&answer), Some(alice.fingerprint()));
                let handshake = h1.handshake().expect("a handshake");
                assert_eq!(handshake.version, version);
                assert_eq!(handshake.resumed, resumption && round == 1, "{version:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_refused_handshake_names_its_alert() {
    let lab = Lab::start_as(|bootstrap| {
        bootstrap.replace("require_client_certificate: false", "require_client_certificate: true")
    });
    let (mut h1, h2) = lab.both(&lab.client()).await;
    let errors = [h1.get("localhost", "/", &[]).await, h2.get("localhost", "/", &[]).await];
    for error in errors {
        let error = error.expect_err("a refusal").to_string();
        assert!(error.contains("CertificateRequired"), "{error}");
    }
    let old = lab.client().versions(&[Version::Tls12]);
    let error = old.h1(lab.address()).await.err().expect("a refusal").to_string();
    assert!(error.contains("fatal alert"), "{error}");
}

#[tokio::test]
async fn the_admin_interface_and_the_process_can_be_read() {
    let lab = Lab::start();
    let (mut h1, _) = lab.both(&lab.client()).await;
    h1.get("localhost", "/seen-in-the-log", &[]).await.expect("an answer");
    let patience = Duration::from_secs(5);
    lab.envoy.wait_for_log("seen-in-the-log", patience).expect("an access log");
    lab.envoy.wait_for_log("never", Duration::ZERO).expect_err("no such line");

    assert_ne!(lab.envoy.admin().port(), 9901, "the bootstrap's port");
    let name = "http.main.downstream_rq_2xx";
    assert_eq!(lab.envoy.stat(name).expect("stats"), Some(1));
    assert_eq!(lab.envoy.stat("http.main.no_such").expect("stats"), None);
    assert!(lab.envoy.stats("http.main.").expect("stats").len() > 1);
    assert_eq!(lab.envoy.stat("server.concurrency").expect("stats"), Some(2));
    lab.envoy.admin_post("/logging?level=debug").expect("a change of level");
    lab.envoy.admin_get("/no-such").expect_err("no such path");
    assert!(lab.envoy.cpu().expect("time").total() > Duration::ZERO);
    assert!(lab.envoy.resident().expect("memory") > 1 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn load_reaches_envoy_and_costs_it_time() {
    let lab = Lab::start();
    let crowd: Vec<_> = lab.authority.issue_many(crowd(100)).collect();
    let (address, request) = (lab.address(), Request::get("localhost", "/"));
    let clients = crowd.iter().map(|identity| lab.client().identity(identity));
    let report = load::handshakes(clients, address, &request, 8).await;
    assert_eq!((report.status(200), report.failures), (100, 0), "{report}");
    println!("handshakes: {report}");
    let received = lab.upstream.received();
    let seen: BTreeSet<_> =
        received.iter().flat_map(|it| it.header("x-forwarded-client-cert")).collect();
    assert_eq!(seen.len(), 100);

    let before = lab.envoy.cpu().expect("time");
    let client = lab.client().identity(&crowd[0]);
    let time = Duration::from_millis(500);
    let report = load::run(&client, address, &request, 4, time).await.expect("connections");
    assert!(report.status(200) > 10 && report.failures == 0, "{report}");
    let spent = lab.envoy.cpu().expect("time").since(before);
    assert!(!spent.total().is_zero(), "{spent:?}");
    println!("requests: {report}; {spent:?}");
}

#[test]
fn a_bootstrap_that_envoy_refuses_is_an_error_with_the_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let broken = "static_resources: {listeners: [{nme: x}]}";
    let error = Envoy::start(&binary(), broken, dir.path()).err().expect("a refusal");
    assert!(error.to_string().contains("nme"), "{error}");
    let error = Envoy::validate(&binary(), broken, dir.path()).expect_err("a refusal");
    assert!(error.to_string().contains("nme"), "{error}");
    Envoy::validate(&binary(), "{}", dir.path()).expect("a bootstrap");
}

impl Lab {
    fn start() -> Self {
        Self::start_as(|bootstrap| bootstrap)
    }

    fn start_as(change: impl Fn(String) -> String) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let upstream = Upstream::start("echo").expect("an upstream");
        let authority = Authority::new("root");
        let (certificate, key) = authority
            .issue(Leaf::server("localhost"))
            .write(dir.path(), "server")
            .expect("a written identity");
        let bootstrap = include_str!("envoy.yaml")
            .replace("LISTENER_PORT", &free_port().to_string())
            .replace("UPSTREAM_PORT", &upstream.port().to_string())
            .replace("SERVER_CERTIFICATE", &certificate.display().to_string())
            .replace("SERVER_KEY", &key.display().to_string());
        let options = Options { concurrency: 2, ..Options::default() };
        let envoy = Envoy::start_with(&binary(), &change(bootstrap), dir.path(), &options)
            .unwrap_or_else(|error| panic!("{error}"));
        Self { authority, upstream, envoy, _dir: dir }
    }

    fn client(&self) -> Client {
        Client::new(self.authority.certificate())
    }

    fn address(&self) -> std::net::SocketAddr {
        self.envoy.listener("main").expect("the listener")
    }

    async fn both(&self, client: &Client) -> (H1, H2) {
        let h1 = client.h1(self.address()).await.expect("an HTTP/1.1 connection");
        let h2 = client.h2(self.address()).await.expect("an HTTP/2 connection");
        assert_eq!(h1.handshake().expect("a handshake").alpn.as_deref(), Some("http/1.1"));
        assert_eq!(h2.handshake().expect("a handshake").alpn.as_deref(), Some("h2"));
        (h1, h2)
    }
}

fn binary() -> PathBuf {
    Envoy::binary("1.40.0").unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the `Hash` of the header that Envoy made of the client's certificate.
fn fingerprint_seen(answer: &Response) -> Option<String> {
    let answer = answer.json();
    let headers = answer["headers"].as_array().expect("headers");
    let header = headers.iter().find(|header| header[0] == "x-forwarded-client-cert")?;
    let (_, rest) = header[1].as_str().expect("text").split_once("Hash=").expect("a hash");
    rest.split(';').next().map(str::to_owned)
}
