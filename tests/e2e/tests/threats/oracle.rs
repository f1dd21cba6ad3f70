//! Answers tell a stranger nothing of which certificates are known.

use peergate_e2e::{Fed, People, registered};
use peergate_lab::client::{Request, Response};
use peergate_lab::feed::Feed;
use peergate_lab::pki::{Authority, Crl, Identity, Leaf, decoy, twin};
use serde_json::{Value, json};

#[tokio::test]
async fn every_certificate_that_is_refused_is_answered_alike() {
    let people = People::new();
    let corporate = Authority::new("corporate root");
    let expired = people.authority.issue(Leaf::client("expired").expired());
    let early = people.authority.issue(Leaf::client("early").not_yet_valid());
    let revoked = corporate.issue(Leaf::client("revoked"));
    let impostor = corporate.impostor().issue(Leaf::client("alice"));
    let [suspended, over, elsewhere, unregistered] =
        ["suspended", "over", "elsewhere", "unregistered"]
            .map(|name| people.authority.issue(Leaf::client(name)));

    let feed = Feed::start().unwrap();
    let entry = |client: &Identity, name: &str, value: Value| {
        let mut entry = registered(client, "acme/client");
        entry[name] = value;
        entry
    };
    feed.put_all([
        entry(&suspended, "active", false.into()),
        entry(&over, "expires", "2020-01-01T00:00:00Z".into()),
        entry(&elsewhere, "apis", json!(["other"])),
        registered(&people.alice, "acme/alice"),
    ]);
    let crl = corporate.crl(Crl::new(&[&revoked]));
    let fed = Fed::setup(&people.authority, &policy(&people, &corporate, crl, &[&expired, &early]))
        .start(feed);
    fed.wait_for_status(&people.alice, "/employee", 200).await;

    let request = Request::get("localhost", "/employee");
    let stranger =
        fed.gateway.both(Some(&people.stranger), &request).await.map(|(_, it)| plain(it));
    assert!(stranger.iter().all(|answer| answer.status == 403));
    let mut reasons = Vec::new();
    for (reason, identity) in [
        ("certificate_not_allowed", &people.bob),
        ("certificate_not_allowed", &twin(&people.alice)),
        ("certificate_not_allowed", &decoy(&people.stranger, &people.alice.certificate)),
        ("certificate_denied", &people.mallory),
        ("certificate_expired", &expired),
        ("certificate_not_yet_valid", &early),
        ("certificate_revoked", &revoked),
        ("chain_invalid", &impostor),
        ("session_inactive", &suspended),
        ("session_expired", &over),
        ("api_not_granted", &elsewhere),
        ("certificate_not_allowed", &unregistered),
    ] {
        let before = fed.gateway.count(reason);
        let answers = fed.gateway.both(Some(identity), &request).await.map(|(_, it)| plain(it));
        assert_eq!(answers, stranger, "{reason}");
        assert_eq!(fed.gateway.count(reason), before + 2, "{reason}");
        reasons.push(reason);
    }
    // No answer holds what the access log tells.
    let told = format!("{stranger:?}");
    assert!(
        !told.contains("peergate") && reasons.iter().all(|reason| !told.contains(reason)),
        "{told}"
    );
    assert!(fed.gateway.is_whole());
}

fn policy(people: &People, corporate: &Authority, crl: String, dated: &[&Identity]) -> Value {
    let mut policy = Fed::policy("30s");
    let pins = dated.iter().map(|identity| json!({ "sha256": identity.fingerprint() }));
    policy["lists"]["pins"] = json!({ "entries": pins.collect::<Vec<_>>() });
    policy["lists"]["corporate"] =
        json!({ "entries": [{ "ca": corporate.identity().certificate_pem(), "crl": crl }] });
    policy["lists"]["blocked"] = json!({ "entries": [{ "issued": {
        "by": people.authority.identity().certificate_pem(), "serial": people.mallory.serial_hex(),
    } }] });
    policy["global"]["deny"] = json!(["registered", "blocked"]);
    policy["apis"][0]["certificate"]["allow"] = json!(["registered", "pins", "corporate"]);
    policy.as_object_mut().unwrap().remove("replies");
    policy
}

/// An answer but for what differs from one to the next in any case.
fn plain(mut answer: Response) -> Response {
    answer.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
    answer
}
