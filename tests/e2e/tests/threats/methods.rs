//! Methods: a rule for one says nothing of the others, which fall under the next.

use peergate_e2e::{Gateway, People};
use peergate_lab::client::Request;
use serde_json::json;

#[tokio::test]
async fn a_rule_for_one_method_opens_no_other() {
    let people = People::new();
    let mut policy = people.policy();
    let get = |path: &str| json!({ "path_prefix": path, "methods": ["GET"] });
    let partners = json!({ "allow": ["partners"] });
    policy["apis"] = json!([
        { "name": "read", "match": get("/data"), "certificate": partners, "policy": "mandatory" },
        { "name": "mixed-read", "match": get("/mixed"), "certificate": partners, "policy": "mandatory" },
        // What `peergate check` warns of: by another method everybody passes.
        { "name": "mixed-rest", "match": { "path_prefix": "/mixed" }, "policy": "open" },
    ]);
    policy["lists"].as_object_mut().unwrap().remove("keys");
    policy["replies"] = json!({ "profile": "problem", "detail": "reason" });
    let gateway = Gateway::start_with(&people, &policy, |_| {});

    for method in
        ["HEAD", "POST", "PUT", "OPTIONS", "PROPFIND", "TRACE", "QUERY", "get", "Get", "GETX"]
    {
        for identity in [None, Some(&people.alice)] {
            let client = gateway.client(identity);
            let mut h1 = client.h1(gateway.address()).await.unwrap();
            let answer = h1.send(&Request::new(method, "localhost", "/data")).await;
            // Envoy refuses some of them itself.
            assert!(answer.is_ok_and(|answer| [400, 403].contains(&answer.status)), "{method}");
            let h2 = client.h2(gateway.address()).await.unwrap();
            let answer = h2.send(&Request::new(method, "localhost", "/data")).await;
            assert!(answer.is_ok_and(|answer| [400, 403].contains(&answer.status)), "{method}");
        }
    }
    // The method is the one that was sent.
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let request = Request::new("POST", "localhost", "/data").header(name, "GET");
        for (_, answer) in gateway.both(Some(&people.alice), &request).await {
            assert_eq!(answer.json()["reason"], "no_matching_api", "{name}");
        }
        let request = Request::get("localhost", "/data").header(name, "POST");
        for (_, answer) in gateway.both(None, &request).await {
            assert_eq!(answer.json()["reason"], "certificate_required", "{name}");
        }
    }
    assert!(gateway.upstream.received().is_empty());

    let status = async |method: &str, path: &str| {
        let mut h1 = gateway.client(None).h1(gateway.address()).await.unwrap();
        h1.send(&Request::new(method, "localhost", path)).await.unwrap().status
    };
    assert_eq!(status("GET", "/mixed").await, 403);
    assert_eq!(status("HEAD", "/mixed").await, 200);
    assert!(gateway.is_whole());
}
