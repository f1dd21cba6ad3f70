//! Who wants to be somebody else, by a name of his own or by what he sends beside a good credential.

use peergate_e2e::sent;
use peergate_lab::client::Request;
use serde_json::json;

use super::ask::get;
use super::cast::{ADA, KEY, claims};
use super::listeners::LAX;
use super::stage::Stage;

#[tokio::test]
async fn a_subject_that_is_called_like_a_certificates_holder_is_somebody_else() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let cast = &stage.cast;
    let certificate = door.ask(Some(&cast.people.alice), &get("/either")).await;
    assert_eq!(certificate, "certificate partner-a");
    let fingerprint = cast.people.bob.fingerprint();
    for subject in ["partner-a", "acme/app", "certificate", "anonymous", &*fingerprint, "a#b", ADA]
    {
        let token = cast.idp.token(json!({ "sub": subject, "aud": "api" }));
        let said = door.ask(None, &get("/either").bearer(&token)).await;
        assert_eq!(said, format!("jwt https://idp.example#{subject}"));
        // Nor does it show in the headers that only a certificate fills, or an entry's labels.
        for received in door.received(None, &get("/either").bearer(&token)).await {
            for name in ["x-client-cert-sha256", "x-client-tier", "x-client-plan"] {
                assert_eq!(sent(&received, name), [""; 0]);
            }
        }
    }
    // Of a partner's own issuer nothing can look like the company's.
    let subject = json!({ "sub": ADA, "aud": "api" });
    let said = door.ask(None, &get("/partner-token").bearer(&cast.partner.token(subject))).await;
    assert_eq!(said, format!("jwt https://partner.example#{ADA}"));
}

#[tokio::test]
async fn a_forged_identity_beside_a_good_credential_is_removed() {
    let stage = Stage::shared().await;
    let (door, cast) = (stage.door_to(LAX), &stage.cast);
    let (token, alice) = (cast.token(), Some(&cast.people.alice));
    let acme = ("api_key", "acme/app");
    for (identity, request, (method, name)) in [
        (None, get("/token").bearer(&token), ("jwt", ADA)),
        (alice, get("/both").bearer(&token), ("certificate+jwt", "partner-a")),
        (None, get("/key").header("x-api-key", KEY), acme),
        (None, get("/lenient").header("x-api-key", KEY), acme),
        (None, get(&format!("/key?api_key={KEY}")), acme),
        (None, get("/key").cookie(format!("key={KEY}")), acme),
    ] {
        for received in door.received(identity, &forged(request)).await {
            assert_eq!(sent(&received, "x-client-identity"), [name], "{received}");
            assert_eq!(sent(&received, "x-client-auth"), [method]);
            assert!(!received.to_string().contains("forged"), "{received}");
            assert_eq!(received["trailers"], json!([["x-harmless", "kept"]]));
        }
    }
    for path in ["/open", "/lenient", "/checked"] {
        for received in door.received(None, &forged(get(path))).await {
            assert!(!received.to_string().contains("forged"), "{received}");
        }
    }
    // A key or a token in the trailers comes too late.
    for (request, reason) in [
        (post("/key").trailer("x-api-key", KEY), "api_key_required"),
        (post("/token").trailer("authorization", format!("Bearer {token}")), "jwt_required"),
    ] {
        assert_eq!(door.ask(None, &request).await, reason);
    }
    assert!(stage.fed.gateway.is_whole());
}

#[tokio::test]
async fn a_claim_that_names_the_client_is_the_issuers_word() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let mut told = claims();
    for (name, value) in [
        ("email", json!("partner-a")),
        ("department", json!("hr")),
        ("realm_access", json!({ "roles": ["admin"] })),
        ("level", json!(3)),
        ("staff", json!(true)),
        ("scope", json!("employee.read")),
    ] {
        told[name] = value;
    }
    // `identity: email` on purpose: the method tells the two apart.
    let request = get("/claims").bearer(&stage.cast.idp.token(told));
    assert_eq!(door.ask(None, &request).await, "jwt partner-a");
}

/// Says who it is in every spelling that some upstream takes for the same, in headers and in trailers.
fn forged(request: Request) -> Request {
    let names = [
        "x-client-identity",
        "x_client_identity",
        "x.client-identity",
        "x-client-auth",
        "x_client_auth",
        "x-client-cert-sha256",
        "x-client-tier",
        "x-client_plan",
    ];
    let request = names.iter().fold(request, |request, name| request.header(name, "forged"));
    let request =
        names.iter().fold(request.body("x"), |request, name| request.trailer(name, "forged"));
    request.trailer("x-harmless", "kept")
}

fn post(path: &str) -> Request {
    Request::new("POST", "localhost", path).body("x")
}
