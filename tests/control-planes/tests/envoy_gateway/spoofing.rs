//! What clients write into their requests.

use peergate_control_planes::envoy_gateway::{HOST, Setup};
use peergate_control_planes::{People, sent};
use peergate_lab::client::Request;

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_clients_neither_admit_nor_reach_the_upstream() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    let xfcc = format!("Hash={};Cert=\"{}\"", people.alice.fingerprint(), "x");
    let spoofed = |path: &str| {
        Request::get(HOST, path)
            .header("x-forwarded-client-cert", &xfcc)
            .header("x-client-identity", "alice")
            .header("x-client-auth", "certificate")
            .header("client-cert", ":AAAA:")
            .header("x.client.identity", "alice")
            .header("connection", "close, x-client-identity")
    };
    // HTTP/2 knows no `connection`, so HTTP/1.1 is asked alone.
    let ask = async |identity, path: &str| {
        let mut h1 = gateway.client(identity).h1(gateway.address()).await.expect("a connection");
        h1.send(&spoofed(path)).await.expect("an answer")
    };
    for identity in [Some(&people.bob), None] {
        assert_eq!(ask(identity, "/employee").await.status, 403);
    }
    for (identity, path, told) in [
        (Some(&people.alice), "/employee", &["alice"][..]),
        (Some(&people.bob), "/public", &[]),
        (None, "/public", &[]),
    ] {
        let response = ask(identity, path).await;
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        let received = response.json();
        assert_eq!(sent(&received, "x-client-identity"), told, "{received}");
        for name in ["x-forwarded-client-cert", "x.client.identity"] {
            assert!(sent(&received, name).is_empty(), "{name}: {received}");
        }
    }
    let underscores = Request::get(HOST, "/public").header("x_client_identity", "alice");
    let client = gateway.client(None);
    let mut h1 = client.h1(gateway.address()).await.expect("a connection");
    assert_eq!(h1.send(&underscores).await.expect("an answer").status, 400);
    let h2 = client.h2(gateway.address()).await.expect("a connection");
    h2.send(&underscores).await.expect_err("the stream is reset");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_spellings_of_a_path_lead_to_no_other_rule() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    for (path, status) in [
        // Envoy settles these before routes and the policy see them.
        ("/public/../employee", 403),
        ("/public/%2e%2e/employee", 403),
        ("//employee", 403),
        ("/./employee", 403),
        ("/%65mployee", 403),
        ("/public/..;/employee", 403),
        ("/public\\..\\employee", 403),
        // And these it refuses, or peergate does.
        ("/public/..%2femployee", 400),
        ("/public/..%5cemployee", 400),
        ("/public/%2e%2e;x/employee", 400),
        ("/public/%zz", 400),
    ] {
        // hyper refuses some of these paths, so the request is written by hand.
        let mut h1 = gateway.client(None).h1(gateway.address()).await.expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
        h1.send_raw(head.as_bytes()).await.expect("sent");
        let response = h1.read_response().await.expect("an answer");
        assert_eq!(response.status, status, "{path}: {}", response.text());
    }
    let hosts = [format!("{HOST}."), format!("{HOST}:1"), HOST.to_uppercase()];
    for host in &hosts {
        let answer = gateway.send(None, &Request::get(host, "/employee")).await;
        assert_eq!(answer, (403, "certificate_required".to_owned()), "{host}");
    }
    assert!(gateway.upstream.received().is_empty());
}
