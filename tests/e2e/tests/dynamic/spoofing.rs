//! What somebody tries who is not registered, or wants to be somebody else.

use peergate_e2e::{Bootstrap, Fed, Gateway, People, registered, sent};
use peergate_lab::client::Request;
use peergate_lab::feed::{Fault, Feed};
use peergate_lab::pki::{Identity, decoy};
use serde_json::json;

use super::visitor::Visitor;

#[tokio::test]
async fn nobody_is_taken_for_a_registered_client() {
    for (version, mode) in [
        ("1.40.0", "SANITIZE_SET"),
        ("1.40.0", "ALWAYS_FORWARD_ONLY"),
        ("1.36.4", "APPEND_FORWARD"),
    ] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put(registered(&people.alice, "acme/alice"));
        feed.put(json!({ "deny": { "certificate": people.mallory.fingerprint() } }));
        let mut policy = Fed::policy("30s");
        let mut open = policy["apis"][0].clone();
        open["name"] = "optional".into();
        open["match"]["path_prefix"] = "/optional".into();
        open["policy"] = "optional".into();
        policy["apis"].as_array_mut().unwrap().push(open);
        let setup = Fed::setup(&people.authority, &policy).version(version);
        let fed = setup.start_with(feed, |bootstrap: &mut Bootstrap| {
            let manager = bootstrap.connection_manager();
            manager["forward_client_cert_details"] = mode.into();
            manager["common_http_protocol_options"] =
                json!({ "headers_with_underscores_action": "ALLOW" });
        });
        let mut alice = Visitor::new(&fed.gateway, &people.alice).await;
        alice.until("/employee", "allowed").await;

        let pem = people.alice.certificate_pem().replace('\n', "%0A").replace(' ', "%20");
        let hash = people.alice.fingerprint();
        let xfcc = format!("Hash={hash};Cert=\"{pem}\";Chain=\"{pem}\"");
        let impostor = decoy(&people.stranger, &people.alice.certificate);
        for identity in [&people.bob, &people.stranger, &people.mallory, &impostor] {
            for path in ["/employee", "/optional"] {
                let request = forged(path).header("x-forwarded-client-cert", &xfcc);
                for (protocol, answer) in fed.gateway.both(Some(identity), &request).await {
                    assert_eq!(answer.status, 403, "{version} {mode} {path} over {protocol}");
                }
            }
        }
        for (path, status) in [("/employee", 403), ("/optional", 200), ("/public", 200)] {
            let request = forged(path).header("x-forwarded-client-cert", &xfcc);
            for (protocol, answer) in fed.gateway.both(None, &request).await {
                assert_eq!(answer.status, status, "{version} {mode} {path} over {protocol}");
                assert!(!answer.text().contains("forged"), "{path}: {}", answer.text());
            }
        }
        // She is who the feed says she is, and nobody else.
        let request = forged("/employee");
        for (protocol, answer) in fed.gateway.both(Some(&people.alice), &request).await {
            assert_eq!(answer.status, 200, "{protocol}");
            let received = answer.json();
            assert_eq!(sent(&received, "x-client-identity"), ["acme/alice"]);
            // Her entry has no such label, so that nobody else may say it for her.
            assert_eq!(sent(&received, "x-client-plan"), [""; 0]);
            assert!(!received.to_string().contains("forged"), "{received}");
        }
        assert!(fed.gateway.is_whole());
    }
}

#[tokio::test]
async fn no_spelling_of_the_ready_path_leads_to_an_upstream() {
    // One Envoy settles what it can, the other leaves all of it as it is.
    for is_settled in [true, false] {
        let people = People::new();
        let feed = Feed::start().unwrap();
        feed.put(registered(&people.alice, "acme/alice"));
        feed.fail(Fault::Refuse);
        let mut policy = Fed::policy("30s");
        policy["global"]["ready_path"] = "/employee/ready".into();
        policy["apis"][0]["match"] = json!({ "path_prefix": "/" });
        policy["apis"].as_array_mut().unwrap().truncate(1);
        let setup = Fed::setup(&people.authority, &policy);
        let fed = setup.start_with(feed, |bootstrap| {
            if !is_settled {
                let manager = bootstrap.connection_manager();
                manager["normalize_path"] = false.into();
                manager["merge_slashes"] = false.into();
                manager["path_with_escaped_slashes_action"] = "KEEP_UNCHANGED".into();
            }
        });
        for has_feed in [false, true] {
            if has_feed {
                fed.feed.heal();
                fed.wait_for_status(&people.alice, "/employee", 200).await;
                fed.gateway.upstream.forget();
            }
            let expected = if has_feed { 200 } else { 503 };
            for identity in [None, Some(&people.bob)] {
                for path in ["/employee/ready", "/employee/ready?", "/employee/ready?a=/../x"] {
                    assert_eq!(ask(&fed.gateway, identity, path).await, Some(expected), "{path}");
                }
                for path in ODD {
                    // The probe's own answer, if it was settled to that; a refusal; or no answer at all.
                    let status = ask(&fed.gateway, identity, path).await;
                    let is_probe = is_settled && status == Some(200) && has_feed;
                    let is_refusal = matches!(status, None | Some(400 | 403 | 404 | 503));
                    assert!(is_probe || is_refusal, "{path}: {status:?}");
                }
            }
            let reached = fed.gateway.upstream.received();
            assert!(reached.is_empty(), "{reached:?}");
        }
        assert!(fed.gateway.is_whole());
    }
}

/// The status over a new connection; `None` if there is no answer.
async fn ask(gateway: &Gateway, identity: Option<&Identity>, path: &str) -> Option<u16> {
    let mut h1 = gateway.client(identity).h1(gateway.address()).await.expect("a connection");
    h1.get("localhost", path, &[]).await.ok().map(|answer| answer.status)
}

/// A request that says who it is, in every spelling that some upstream takes for the same.
fn forged(path: &str) -> Request {
    let names = [
        "x-client-identity",
        "x_client_identity",
        "x-client_identity",
        "x.client.identity",
        "x-client-plan",
        "x_client_plan",
    ];
    names
        .iter()
        .fold(Request::get("localhost", path), |request, name| request.header(name, "forged"))
}

/// Spellings that some server reads as the path of probes, or as one beside it.
const ODD: [&str; 19] = [
    "/employee/ready#x",
    "/employee/ready/",
    "/employee/ready/x",
    "/employee/readyx",
    "/employee//ready",
    "//employee/ready",
    "/employee/./ready",
    "/employee/x/../ready",
    "/employee/ready/../x",
    "/employee/ready/..",
    "/employee/ready%2f..%2fx",
    "/employee/%72eady",
    "/employee/ready;x",
    "/employee/ready;/../x",
    "/employee/ready%00",
    "/employee/ready%3f",
    "/employee/ready%23",
    "/EMPLOYEE/READY",
    "http://localhost/employee/ready/x",
];
