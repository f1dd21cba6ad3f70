//! Spellings of a path that others read otherwise.

use peergate_control_planes::People;
use peergate_control_planes::istio::{HOST, Setup};
use peergate_lab::client::Request;

/// Everybody may go below `/public`, and only the listed below `/employee`. However a path is written, what
/// the upstream gets is what was judged.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_settled_before_routes_and_policy_see_it() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Setup::new(&people.authority, &policy).start().await;
    for (path, status, upstream) in [
        ("/public", 200, "/public"),
        ("//public///x", 200, "/public/x"),
        ("/public/./x", 200, "/public/x"),
        ("/employee/../public/x", 200, "/public/x"),
        ("/public/%78", 200, "/public/x"),
        ("/public/../employee", 403, ""),
        ("/public//../employee", 200, "/public/employee"),
        ("/public/%2e%2e/employee", 403, ""),
        ("//employee", 403, ""),
        ("/public/..%2femployee", 400, ""),
        ("/public/..%2Femployee", 400, ""),
        ("/public%5c..%5cemployee", 400, ""),
        ("/public/%2e%2e;/employee", 400, ""),
        ("/public/%252e%252e/employee", 200, "/public/%252e%252e/employee"),
        ("/public/x%00", 400, ""),
        ("/public/%zz", 400, ""),
    ] {
        for (protocol, response) in gateway.both(None, &Request::get(HOST, path)).await {
            let found = match response.status {
                200 => response.json()["path"].as_str().expect("a path").to_owned(),
                _ => String::new(),
            };
            assert_eq!(
                (response.status, &*found),
                (status, upstream),
                "{path} {protocol}: {} {:?}",
                response.text(),
                gateway.logged(path).await,
            );
        }
    }
    // Envoy 1.40 takes `..;` for `..`, and others leave it, which the filter refuses.
    for (protocol, response) in
        gateway.both(None, &Request::get(HOST, "/public/..;/employee")).await
    {
        assert!(matches!(response.status, 400 | 403), "{protocol}: {}", response.status);
    }
    // Envoy refuses some by itself, before the plugin.
    for (path, details, verdict) in [
        ("/public/%zz", "peergate_bad_target", "outcome=denied reason=bad_target api=_unmatched"),
        ("/public/x%00", "path_normalization_failed", ""),
    ] {
        let logged = gateway.logged(path).await;
        assert_eq!((&*logged.details, &*logged.verdict), (details, verdict), "{path}");
    }
}
