//! What the upstream learns of a client, and from which of its credentials.

use peergate_e2e::sent;

use super::ask::get;
use super::cast::{ADA, ALICES_KEY, KEY};
use super::stage::Stage;

#[tokio::test]
async fn the_upstream_learns_who_it_is_and_by_what() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    let (token, bound) = (stage.cast.token(), stage.cast.bound(alice));
    let fingerprint = &*alice.fingerprint();
    let names = [
        "x-client-identity",
        "x-client-auth",
        "x-client-cert-sha256",
        "x-client-tier",
        "x-client-plan",
    ];
    let key = |path: &str, key: &str| get(path).header("x-api-key", key);
    for (request, expected) in [
        (get("/either"), ["partner-a", "certificate", fingerprint, "gold", ""]),
        // The certificate is not what lets these pass.
        (get("/token").bearer(&token), [ADA, "jwt", "", "", ""]),
        (get("/bound").bearer(&bound), [ADA, "jwt", "", "", ""]),
        (key("/key", KEY), ["acme/app", "api_key", "", "", "gold"]),
        (key("/key", ALICES_KEY), ["acme/app", "api_key", "", "", ""]),
        (get("/both").bearer(&bound), ["partner-a", "certificate+jwt", fingerprint, "gold", ""]),
        (get("/both-as-user").bearer(&token), [ADA, "certificate+jwt", fingerprint, "gold", ""]),
        (
            key("/key-and-certificate", KEY),
            ["partner-a", "certificate+api_key", fingerprint, "gold", "gold"],
        ),
        (key("/lenient", KEY), ["partner-a", "certificate", fingerprint, "gold", ""]),
        (get("/checked").bearer(&token), ["partner-a", "certificate", fingerprint, "gold", ""]),
        (key("/open", KEY).bearer(&token), [""; 5]),
    ] {
        for received in door.received(Some(alice), &request).await {
            let told = names.map(|name| sent(&received, name).join("|"));
            assert_eq!(told, expected, "{request:?}");
        }
    }
    assert!(stage.fed.gateway.is_whole());
}
