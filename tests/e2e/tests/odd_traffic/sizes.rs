//! Much of it: large headers, and many of one name.

use peergate_lab::client::Request;

use super::place::Place;

/// Names that the filter, or Envoy on its behalf, looks at.
const NAMES: [&str; 9] = [
    "x-forwarded-client-cert",
    "x-client-identity",
    "x_client_identity",
    "authorization",
    "cookie",
    "x-api-key",
    "connection-options",
    "x-request-id",
    "x-odd",
];

#[tokio::test]
async fn large_and_many_headers_are_judged_like_few() {
    let place = Place::permissive();
    for name in NAMES {
        let with = |count: usize, size: usize| {
            let value = "v".repeat(size);
            let request = Request::get("localhost", "/protected");
            (0..count).fold(request, |request, _| request.header(name, &value))
        };
        // One of 60 KiB, 200 of one name, and 200 of 1 KiB.
        for request in [with(1, 60 << 10), with(200, 8), with(200, 1 << 10)] {
            for (protocol, answer) in place.gateway.both(None, &request).await {
                assert_eq!(answer.status, 403, "{name} over {protocol}");
                assert_eq!(answer.json()["reason"], "certificate_required");
            }
            place.expect_nothing_reached(name);
            for (protocol, answer) in place.gateway.both(Some(&place.people.alice), &request).await
            {
                assert_eq!(answer.status, 200, "{name} over {protocol}");
            }
            assert_eq!(place.expect_alice_alone(), 2);
        }
        // HTTP/2 in Envoy takes no single header of more than 64 KiB.
        let huge = with(1, 200 << 10).to_h1();
        assert_eq!(place.raw(None, &huge).await.unwrap().status, 403, "{name}");
        place.expect_nothing_reached(name);
        assert_eq!(
            place.raw(Some(&place.people.alice), &huge).await.unwrap().status,
            200,
            "{name}"
        );
        assert_eq!(place.expect_alice_alone(), 1);
    }
    place.expect_health().await;
}

#[tokio::test]
async fn what_envoy_finds_too_much_reaches_nobody() {
    let place = Place::rendered();
    let alice = Some(&place.people.alice);
    let large = Request::get("localhost", "/protected").header("x-large", "v".repeat(61 << 10));
    let many = (0..200).fold(Request::get("localhost", "/protected"), |request, _| {
        request.header("x-client-identity", "forged")
    });
    for request in [large, many] {
        for identity in [None, alice] {
            let answer = place.raw(identity, &request.to_h1()).await.unwrap();
            assert_eq!(answer.status, 431);
            let h2 = place.gateway.client(identity).h2(place.gateway.address()).await.unwrap();
            assert!(h2.send(&request).await.map_or(true, |answer| answer.status == 431));
            place.expect_nothing_reached("too much");
        }
    }
    // A little less is served: 60 KiB are all headers together.
    let large = Request::get("localhost", "/protected").header("x-large", "v".repeat(58 << 10));
    assert_eq!(place.raw(None, &large.to_h1()).await.unwrap().status, 403);
    assert_eq!(place.raw(alice, &large.to_h1()).await.unwrap().status, 200);
    let many = (0..90).fold(Request::get("localhost", "/protected"), |request, _| {
        request.header("x-client-identity", "forged")
    });
    assert_eq!(place.raw(alice, &many.to_h1()).await.unwrap().status, 200);
    assert_eq!(place.expect_alice_alone(), 2);
    place.expect_health().await;
}
