//! What clients write themselves.

use peergate_control_planes::istio::{HOST, Setup};
use peergate_control_planes::{People, sent};
use peergate_lab::client::{Request, Version};
use peergate_lab::pki::twin;
use serde_json::json;

/// Whoever he is, no header of his that looks like an identity reaches the upstream.
#[tokio::test(flavor = "multi_thread")]
async fn identity_headers_of_clients_never_reach_the_upstream() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    let forged_xfcc = format!(
        "Hash={};Cert=\"{}\"",
        people.alice.fingerprint(),
        people.alice.certificate_pem().replace('\n', "%0A").replace(' ', "%20"),
    );
    let forged = [
        ("x-client-identity", "admin"),
        ("X-Client-Identity", "admin"),
        ("x-client-auth", "certificate"),
        ("x-client-cert-sha256", "00"),
        ("client-cert", ":AAAA:"),
        ("x-client-tier", "platinum"),
        ("x-forwarded-client-cert", &forged_xfcc),
    ];
    // The names in lower case: HTTP/2 knows no other.
    let request = |path: &str| {
        forged.iter().fold(Request::get(HOST, path), |request, (name, value)| {
            request.header(&name.to_lowercase(), value)
        })
    };
    for (name, identity, path, status, who) in [
        ("alice", Some(&people.alice), "/employee", 200, vec!["alice"]),
        ("bob", Some(&people.bob), "/employee", 403, vec![]),
        ("bob", Some(&people.bob), "/public", 200, vec![]),
        ("nobody", None, "/employee", 403, vec![]),
        ("nobody", None, "/public", 200, vec![]),
    ] {
        for (protocol, response) in gateway.both(identity, &request(path)).await {
            assert_eq!(response.status, status, "{name} {path} {protocol}");
            if status != 200 {
                continue;
            }
            let received = response.json();
            assert_eq!(sent(&received, "x-client-identity"), who, "{name} {protocol}");
            for header in ["x-client-auth", "x-client-cert-sha256", "client-cert", "x-client-tier"]
            {
                let values = sent(&received, header);
                assert_eq!(values.len(), who.len(), "{name} {protocol} {header}: {values:?}");
                assert!(
                    forged.iter().all(|(_, value)| header == "x-client-auth"
                        || !values.iter().any(|it| it == value))
                );
            }
            assert!(sent(&received, "x-forwarded-client-cert").is_empty(), "{name} {protocol}");
        }
    }
    // A name with `_`, which some upstreams take for the same, is refused by Envoy: in HTTP/2 it ends the
    // stream.
    let underscore = Request::get(HOST, "/employee").header("x_client_identity", "admin");
    let client = gateway.client(Some(&people.alice));
    let mut h1 = client.h1(gateway.address()).await.expect("a connection");
    assert_eq!(h1.send(&underscore).await.expect("an answer").status, 400);
    let h2 = client.h2(gateway.address()).await.expect("a connection");
    assert!(h2.send(&underscore).await.is_err());
    // A certificate whose signature was written otherwise is another one.
    let twin = twin(&people.alice);
    assert_eq!(
        gateway.ask(Some(&twin), "/employee").await,
        (403, "certificate_not_allowed".to_owned())
    );
    // A request to switch protocols is a request.
    let upgrade = json!([
        ["connection", "Upgrade"],
        ["upgrade", "websocket"],
        ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
        ["sec-websocket-version", "13"]
    ]);
    for (identity, status) in [(&people.alice, 101), (&people.bob, 403)] {
        let mut request = Request::get(HOST, "/employee");
        for pair in upgrade.as_array().expect("a list") {
            request = request
                .header(pair[0].as_str().expect("a name"), pair[1].as_str().expect("a value"));
        }
        let mut h1 =
            gateway.client(Some(identity)).h1(gateway.address()).await.expect("a connection");
        assert_eq!(h1.send(&request).await.expect("an answer").status, status);
    }
}

/// A resumed session would bring a certificate back without a proof that the client still has the key.
#[tokio::test(flavor = "multi_thread")]
async fn no_session_is_resumed() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    for version in [Version::Tls12, Version::Tls13] {
        let client = gateway.client(Some(&people.alice)).versions(&[version]).resumption(true);
        for _ in 0..4 {
            let mut h1 = client.h1(gateway.address()).await.expect("a connection");
            assert_eq!(h1.get(HOST, "/employee", &[]).await.expect("an answer").status, 200);
            let handshake = h1.handshake().expect("TLS");
            assert!(!handshake.resumed && handshake.version == version, "{handshake:?}");
        }
    }
    // Whoever names no host, or another, has no connection: nothing is served beside the chosen hosts.
    let unnamed = gateway.client(Some(&people.alice)).without_sni();
    assert!(unnamed.h1(gateway.address()).await.is_err());
    let other = gateway.client(Some(&people.alice)).server_name("other.example.com");
    assert!(other.h1(gateway.address()).await.is_err());
}
