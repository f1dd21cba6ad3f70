//! Connections that were made for another host (RFC 9110 section 7.4): 421 whatever they show.

use peergate_e2e::Gateway;
use peergate_lab::client::{Client, Request};
use serde_json::json;

use super::ask::verdict;
use super::cast::{ADA, Cast, IDP};

#[tokio::test]
async fn a_connection_for_another_host_is_misdirected() {
    let cast = Cast::new();
    let mut policy = cast.people.policy();
    policy["global"]["sni"] = "when_present".into();
    policy["replies"] = json!({ "detail": "reason" });
    policy["apis"][0]["jwt"] = json!({ "issuers": [IDP] });
    policy["apis"][0]["policy"] = json!({ "any_of": ["certificate", "jwt"] });
    let gateway = Gateway::start_with(&cast.people, &policy, |bootstrap| {
        bootstrap.verify_tokens([cast.provider()]);
    });
    let ada = format!("jwt {ADA}");
    is_kept(&cast, &gateway, &ada).await;
    policy["global"]["sni"] = "required".into();
    gateway.change_policy(&policy).await;
    is_kept(&cast, &gateway, "misdirected").await;
    assert!(gateway.is_whole());
}

/// A connection with a name is for that host alone, and one without as `unnamed` says.
async fn is_kept(cast: &Cast, gateway: &Gateway, unnamed: &str) {
    let token = cast.token();
    let request = |host: &str, path: &str| Request::get(host, path).bearer(&token);
    let ada = format!("jwt {ADA}");
    let named = gateway.client(None);
    for (host, path, expected) in [
        ("localhost", "/employee", &*ada),
        ("LOCALHOST:443", "/employee", &ada),
        ("other.example", "/employee", "misdirected"),
        ("other.example", "/public", "misdirected"),
        ("localhost.example", "/public", "misdirected"),
        ("127.0.0.1", "/public", "misdirected"),
    ] {
        assert_eq!(on(&named, gateway, &request(host, path)).await, expected, "{host}{path}");
    }
    let named = gateway.client(Some(&cast.people.alice));
    assert_eq!(on(&named, gateway, &request("other.example", "/employee")).await, "misdirected");
    let client = gateway.client(None).without_sni();
    for host in ["localhost", "other.example", "127.0.0.1"] {
        assert_eq!(on(&client, gateway, &request(host, "/employee")).await, unnamed, "{host}");
    }
}

/// The verdict over both protocols, each with its gRPC status.
async fn on(client: &Client, gateway: &Gateway, request: &Request) -> String {
    let mut h1 = client.h1(gateway.address()).await.expect("a connection");
    let h2 = client.h2(gateway.address()).await.expect("a connection");
    let h1 = verdict(&h1.send(request).await.expect("an answer"));
    let said = verdict(&h2.send(request).await.expect("an answer"));
    assert_eq!(h1, said, "over h1 and h2");
    if said == "misdirected" {
        let call = request.clone().header("content-type", "application/grpc");
        let answer = h2.send(&call).await.expect("an answer");
        assert_eq!((answer.status, answer.header("grpc-status")), (200, Some("9")));
    }
    said
}
