//! Sessions that are resumed: the verdict is that of the request.

use peergate_e2e::{Bootstrap, Gateway};
use peergate_lab::client::{Client, Request, Version};
use peergate_lab::pki::Identity;
use serde_json::json;

use super::company::{Company, policy_of, staff};
use super::conversation::verdict;

#[tokio::test]
async fn a_resumed_session_is_judged_like_any_other() {
    for version in [Version::Tls12, Version::Tls13] {
        for is_on in [true, false] {
            judged_alike(version, is_on).await;
        }
    }
}

async fn judged_alike(version: Version, is_on: bool) {
    let company = Company::new();
    let expired = company.corporate.issue(staff("expired").expired());
    let impostor = company.corporate.impostor().issue(staff("alice"));
    let gateway = Gateway::start_under("1.40.0", &company.server, &company.policy(), |bootstrap| {
        if is_on {
            resume(bootstrap);
        }
    });
    let clients: Vec<_> = [
        (&company.alice, "allowed", "certificate_revoked"),
        (&company.carol, "allowed", "allowed"),
        (&company.mallory, "certificate_denied", "allowed"),
        (&company.bob, "certificate_not_allowed", "certificate_not_allowed"),
        (&expired, "certificate_expired", "certificate_expired"),
        (&impostor, "chain_invalid", "chain_invalid"),
    ]
    .into_iter()
    .map(|(identity, before, after)| (client(&gateway, identity, version), before, after))
    .collect();
    for turn in 0..3 {
        for (client, before, _) in &clients {
            assert_eq!(
                ask(&gateway, client, is_on && turn > 0).await,
                *before,
                "{version:?} {turn}"
            );
        }
    }

    // Another policy remembers nothing: the path is looked for anew, over what the session brings back.
    let crl = [company.corporate.crl(&[&company.alice]), company.issuing.crl(&[])].concat();
    let policy =
        policy_of(json!({ "ca": company.corporate.identity().certificate_pem(), "crl": crl }));
    gateway.change_policy(&policy).await;
    for (client, _, after) in &clients {
        assert_eq!(ask(&gateway, client, is_on).await, *after, "{version:?}, resumes: {is_on}");
    }
    assert!(gateway.is_whole());
}

fn client(gateway: &Gateway, identity: &Identity, version: Version) -> Client {
    gateway.client(Some(identity)).versions(&[version]).resumption(true)
}

/// The verdict over a new connection, which resumes a session or does not.
async fn ask(gateway: &Gateway, client: &Client, resumes: bool) -> String {
    let mut h1 = client.h1(gateway.address()).await.unwrap();
    assert_eq!(h1.handshake().unwrap().resumed, resumes);
    verdict(&h1.send(&Request::get("localhost", "/corporate")).await.unwrap())
}

/// What `render` prints turns resumption off.
fn resume(bootstrap: &mut Bootstrap) {
    let chain = &mut bootstrap.config["static_resources"]["listeners"][0]["filter_chains"][0];
    let tls = chain["transport_socket"]["typed_config"].as_object_mut().unwrap();
    for name in ["disable_stateless_session_resumption", "disable_stateful_session_resumption"] {
        tls.remove(name).unwrap();
    }
}
