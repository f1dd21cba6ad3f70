//! The main job: each client passes or is refused by the certificate it holds, over both protocols.

use peergate_e2e::{Gateway, People, sent};
use peergate_lab::client::{Client, Request};
use peergate_lab::pki::Leaf;
use serde_json::json;
use time::{Duration, OffsetDateTime};

#[tokio::test]
async fn each_client_gets_what_the_policy_says() {
    let people = People::new();
    let expired = people.authority.issue(
        Leaf::client("expired")
            .not_before(OffsetDateTime::now_utc() - Duration::days(2))
            .not_after(OffsetDateTime::now_utc() - Duration::days(1)),
    );
    let mut policy = people.policy();
    let entries = policy["lists"]["partners"]["entries"].as_array_mut().unwrap();
    entries.push(json!({ "sha256": expired.fingerprint() }));
    let gateway = Gateway::start_with(&people, &policy, |_| {});
    let renewed = people.authority.renew(&people.karl, Leaf::client("karl"));

    for (who, identity, path, status, reason) in [
        ("listed", Some(&people.alice), "/employee", 200, "allowed"),
        ("unlisted", Some(&people.bob), "/employee", 403, "certificate_not_allowed"),
        ("self-signed", Some(&people.stranger), "/employee", 403, "certificate_not_allowed"),
        ("expired", Some(&expired), "/employee", 403, "certificate_expired"),
        ("denied", Some(&people.mallory), "/employee", 403, "certificate_denied"),
        ("nobody", None, "/employee", 403, "certificate_required"),
        ("another API's", Some(&people.karl), "/employee", 403, "certificate_not_allowed"),
        ("by key", Some(&people.karl), "/keyed", 200, "allowed"),
        ("by key, renewed", Some(&renewed), "/keyed", 200, "allowed"),
        ("another API's", Some(&people.alice), "/keyed", 403, "certificate_not_allowed"),
        ("nobody, optional", None, "/partner", 200, "anonymous"),
        ("listed, optional", Some(&people.alice), "/partner", 200, "allowed"),
        ("unlisted, optional", Some(&people.bob), "/partner", 403, "certificate_not_allowed"),
        ("denied, open", Some(&people.mallory), "/public", 200, "anonymous"),
        ("listed, elsewhere", Some(&people.alice), "/other", 403, "no_matching_api"),
    ] {
        for (protocol, answer) in gateway.both(identity, &Request::get("localhost", path)).await {
            assert_eq!(answer.status, status, "{who} at {path} over {protocol}: {}", answer.text());
        }
        let counted = gateway.count(reason);
        assert!(counted >= 2, "{who} at {path}: {reason} is counted {counted} times");
    }
}

#[tokio::test]
async fn the_upstream_learns_who_the_client_is_and_nothing_of_others() {
    let people = People::new();
    let gateway = Gateway::start(&people);
    for (_, answer) in
        gateway.both(Some(&people.alice), &Request::get("localhost", "/employee")).await
    {
        let received = answer.json();
        assert_eq!(sent(&received, "x-client-identity"), ["partner-a"]);
        assert_eq!(sent(&received, "x-client-auth"), ["certificate"]);
        assert_eq!(sent(&received, "x-client-cert-sha256"), [people.alice.fingerprint()]);
        assert_eq!(sent(&received, "x-client-tier"), ["gold"]);
        let [certificate] = &sent(&received, "client-cert")[..] else {
            panic!("one certificate");
        };
        assert!(certificate.starts_with(":MII") && certificate.ends_with(':'), "{certificate}");
    }
    // One that nobody examined is nobody's identity.
    for (_, answer) in
        gateway.both(Some(&people.alice), &Request::get("localhost", "/public")).await
    {
        let received = answer.json();
        for name in ["x-client-identity", "x-client-auth", "x-client-cert-sha256", "client-cert"] {
            assert_eq!(sent(&received, name), [""; 0], "{name}");
        }
    }
}

#[tokio::test]
async fn a_connection_without_tls_has_no_certificate() {
    let people = People::new();
    let policy = people.policy();
    let gateway = Gateway::start_with(&people, &policy, |bootstrap| {
        let chain = &mut bootstrap.config["static_resources"]["listeners"][0]["filter_chains"][0];
        chain.as_object_mut().unwrap().remove("transport_socket");
    });
    let mut connection = Client::plaintext().h1(gateway.address()).await.unwrap();
    assert_eq!(connection.get("localhost", "/employee", &[]).await.unwrap().status, 403);
    assert_eq!(connection.get("localhost", "/partner", &[]).await.unwrap().status, 200);
    assert_eq!(gateway.count("no_tls"), 1);
}
