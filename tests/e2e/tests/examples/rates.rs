//! Limits of one gateway, and of a fleet.

use peergate_e2e::{People, registered};
use peergate_lab::client::Request;
use peergate_lab::feed::Feed;
use peergate_lab::pki::Identity;
use peergate_lab::rate_service::RateService;
use serde_json::json;

use crate::example::Example;

const HOST: &str = "api.example.com";

#[tokio::test]
async fn every_client_has_a_limit() {
    let people = People::new();
    let feed = Feed::start().unwrap();
    feed.put(registered(&people.alice, "acme/alice"));
    let mut karl = registered(&people.karl, "acme/karl");
    karl["rate"] = json!({ "requests": 2, "per": "24h" });
    feed.put(karl);
    let service = RateService::start(100).unwrap();
    let setup = Example::of("envoy-rate-limit").patient();
    let setup = setup.server("feed.example.com", 80, feed.port());
    let setup = setup.server("ratelimit.example.com", 8081, service.port());
    let example = setup.start(&people, |policy| {
        // Smaller, and so slow that nothing comes back while the test runs.
        policy["apis"][0]["rate"] = json!({ "requests": 6, "per": "24h", "burst": 3 });
    });
    let ask = async |identity: &Identity, path: &str| {
        example.ask(Some(identity), &Request::get(HOST, path)).await
    };

    // By the API's rate, which lets three come at once; by the entry's own, two.
    for (who, count) in [(&people.alice, 3), (&people.karl, 2)] {
        for _ in 0..count {
            let (answer, reason) = ask(who, "/orders").await;
            assert_eq!((answer.status, &*reason), (200, "allowed"));
        }
        let (answer, reason) = ask(who, "/orders").await;
        assert_eq!((answer.status, &*reason), (429, "rate_limited"));
        let after: u32 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=43_200).contains(&after), "{after}");
    }
    let of = |api, identity| [("api", api), ("identity", identity)];
    // What peergate refuses is not asked for.
    assert_eq!(service.count(&of("orders", "acme/alice")), 3);
    assert_eq!(service.count(&of("orders", "acme/karl")), 2);

    // Of the whole fleet.
    service.restart(3);
    for expected in [200, 200, 200, 429] {
        let (answer, reason) = ask(&people.alice, "/reports").await;
        assert_eq!((answer.status, &*reason), (expected, "allowed"));
    }
    let asked = service.asked().len();
    let (answer, reason) = ask(&people.bob, "/reports").await;
    assert_eq!((answer.status, &*reason), (403, "certificate_not_allowed"));
    assert_eq!(service.asked().len(), asked, "what peergate refuses is not counted");
    assert_eq!(service.asked()[0].domain, "peergate");

    drop(service);
    let (answer, _) = ask(&people.alice, "/reports").await;
    assert_eq!(answer.status, 500, "no limit that cannot be counted");
}
