//! Tokens and keys that are bound to a certificate, in the hands of somebody else.

use peergate_e2e::keyed;
use peergate_lab::pki::{Identity, Leaf, twin};
use serde_json::json;

use super::ask::get;
use super::cast::{ADA, ALICES_KEY, BOBS_KEY, KEY, MALLORYS_KEY, claims};
use super::listeners::CLEAR;
use super::stage::Stage;

/// Everywhere that a token is looked at, also where a refused one is ignored.
const TOKEN_PATHS: [&str; 8] =
    ["/either", "/both", "/token", "/bound", "/shared", "/three", "/lenient", "/checked"];

#[tokio::test]
async fn a_bound_token_is_useless_with_another_listed_certificate() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let people = &stage.cast.people;
    let stolen = stage.cast.bound(&people.alice);
    for thief in [&people.karl, &people.bob, &people.stranger, &twin(&people.alice)] {
        for path in TOKEN_PATHS {
            for request in
                [get(path).bearer(&stolen), get(&format!("{path}?access_token={stolen}"))]
            {
                let verdict = door.ask(Some(thief), &request).await;
                assert!(is_caught(&verdict), "{path}: {verdict}");
            }
        }
    }
    // With a listed certificate nothing but the binding stands in the way.
    for path in TOKEN_PATHS {
        let verdict = door.ask(Some(&people.karl), &get(path).bearer(&stolen)).await;
        assert_eq!(verdict, "binding_mismatch", "{path}");
    }
    let own = get("/both").bearer(&stage.cast.bound(&people.karl));
    assert_eq!(door.ask(Some(&people.karl), &own).await, "certificate+jwt partner-k");
    assert!(stage.fed.gateway.is_whole());
}

#[tokio::test]
async fn a_bound_token_is_useless_without_a_certificate() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let stolen = stage.cast.bound(&stage.cast.people.alice);
    let xfcc = format!("Hash={}", stage.cast.people.alice.fingerprint());
    for path in TOKEN_PATHS {
        for request in [
            get(path).bearer(&stolen),
            get(path).bearer(&stolen).header("x-forwarded-client-cert", &xfcc),
        ] {
            let verdict = door.ask(None, &request).await;
            assert_eq!(verdict, "binding_mismatch", "{path}");
        }
    }
}

#[tokio::test]
async fn a_bound_token_is_useless_after_the_certificate_was_renewed() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let people = &stage.cast.people;
    let renewed = people.authority.renew(&people.alice, Leaf::client("alice"));
    let request = get("/bound").bearer(&stage.cast.bound(&people.alice));
    assert_eq!(door.ask(Some(&renewed), &request).await, "binding_mismatch");
    assert_eq!(door.ask(Some(&people.alice), &request).await, format!("jwt {ADA}"));
}

#[tokio::test]
async fn a_bound_token_ends_with_the_certificate() {
    let stage = Stage::shared().await;
    let authority = &stage.cast.people.authority;
    for (leaf, reason) in [
        (Leaf::client("old").expired(), "certificate_expired"),
        (Leaf::client("new").not_yet_valid(), "certificate_not_yet_valid"),
    ] {
        let holder = authority.issue(leaf);
        for path in ["/token", "/bound", "/shared", "/live"] {
            let request = get(path).bearer(&stage.cast.bound(&holder));
            assert_eq!(stage.door().ask(Some(&holder), &request).await, reason, "{path}");
        }
    }
}

#[tokio::test]
async fn a_binding_of_another_form_binds_to_nobody() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let alice = &stage.cast.people.alice;
    let (thumbprint, hex) = (alice.thumbprint(), alice.fingerprint());
    for cnf in [
        json!(null),
        json!({}),
        json!([]),
        json!(thumbprint),
        json!({ "x5t#S256": null }),
        json!({ "x5t#S256": "" }),
        json!({ "x5t#S256": [thumbprint] }),
        json!({ "x5t#S256": hex }),
        json!({ "x5t#S256": format!("{thumbprint}=") }),
        json!({ "x5t#S256": format!(" {thumbprint}") }),
        json!({ "x5t#S256": &thumbprint[..42] }),
        json!({ "x5t#s256": thumbprint }),
        json!({ "X5T#S256": thumbprint }),
        json!({ "x5t": thumbprint }),
        json!({ "jkt": thumbprint }),
        json!({ "x5t#S256.": thumbprint, "jwk": {} }),
    ] {
        let mut told = claims();
        told["cnf"] = cnf.clone();
        let token = stage.cast.idp.token(told);
        for path in ["/token", "/bound", "/both", "/lenient"] {
            let verdict = door.ask(Some(alice), &get(path).bearer(&token)).await;
            assert_eq!(verdict, "binding_mismatch", "{path}: {cnf}");
        }
    }
}

#[tokio::test]
async fn a_bound_key_is_useless_to_anybody_else() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let people = &stage.cast.people;
    let paths = ["/key", "/shared", "/three", "/lenient"];
    for (key, thief, expected) in [
        (ALICES_KEY, None, "binding_mismatch"),
        (ALICES_KEY, Some(&people.karl), "binding_mismatch"),
        (ALICES_KEY, Some(&twin(&people.alice)), "binding_mismatch"),
        (BOBS_KEY, Some(&people.karl), "binding_mismatch"),
        (MALLORYS_KEY, Some(&people.alice), "binding_mismatch"),
        (MALLORYS_KEY, Some(&people.mallory), "certificate_denied"),
    ] {
        for path in paths {
            let verdict = door.ask(thief, &get(path).header("x-api-key", key)).await;
            let is_expected = verdict == expected || is_caught(&verdict);
            assert!(is_expected, "{path} with {key}: {verdict}");
        }
        let verdict = door.ask(thief, &get("/key").header("x-api-key", key)).await;
        assert_eq!(verdict, expected, "{key}");
    }
    // Where the certificate must be listed as well, that alone does not do.
    let request = get("/key-and-certificate").header("x-api-key", ALICES_KEY);
    assert_eq!(door.ask(Some(&people.karl), &request).await, "binding_mismatch");
    let request = get("/key-and-certificate").header("x-api-key", KEY);
    assert_eq!(door.ask(Some(&people.karl), &request).await, "certificate+api_key partner-k");
}

#[tokio::test]
async fn without_tls_nothing_that_is_bound_holds() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door_to(CLEAR).in_the_clear(), &stage.cast.people.alice);
    let (bound, good) = (stage.cast.bound(alice), stage.cast.token());
    let key = |key: &str| get("/key").header("x-api-key", key);
    let pem = alice.certificate_pem().replace('\n', "%0A").replace(' ', "%20");
    let xfcc = format!("Hash={};Cert=\"{pem}\"", alice.fingerprint());
    for (request, expected) in [
        (get("/token").bearer(&good), &*format!("jwt {ADA}")),
        (key(KEY), "api_key acme/app"),
        (get("/open"), "anonymous"),
        (get("/token").bearer(&bound), "binding_mismatch"),
        (get("/bound").bearer(&bound), "binding_mismatch"),
        (get("/bound").bearer(&good), "binding_mismatch"),
        (get("/either").bearer(&bound), "binding_mismatch"),
        (get("/lenient").bearer(&bound), "binding_mismatch"),
        (get("/both").bearer(&good), "no_tls"),
        (get("/both").bearer(&bound), "binding_mismatch"),
        (key(ALICES_KEY), "binding_mismatch"),
    ] {
        for request in [request.clone(), request.header("x-forwarded-client-cert", &xfcc)] {
            assert_eq!(door.ask(None, &request).await, expected, "{request:?}");
        }
    }
    assert!(stage.fed.gateway.is_whole());
}

#[tokio::test]
async fn the_fingerprint_is_neither_a_token_nor_a_key() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let people = &stage.cast.people;
    // She is on the list that holds the keys, by her certificate: the SHA-256 of its bytes.
    let registered = "certificate acme/alice";
    assert_eq!(door.ask(Some(&people.alice), &get("/registered")).await, registered);
    for offered in of_certificate(&people.alice) {
        for identity in [None, Some(&people.karl), Some(&people.alice)] {
            for request in [
                get(&format!("/key?api_key={offered}")),
                get("/key").header("x-api-key", &offered),
                get("/key").header("authorization", format!("ApiKey {offered}")),
                get("/key").cookie(format!("key={offered}")),
            ] {
                assert_eq!(door.ask(identity, &request).await, "api_key_unknown", "{request:?}");
            }
            for path in ["/token", "/checked"] {
                for request in
                    [get(path).bearer(&offered), get(&format!("{path}?access_token={offered}"))]
                {
                    assert_eq!(door.ask(identity, &request).await, "jwt_refused", "{request:?}");
                }
            }
        }
    }
    // Nor is a key's digest a key, or the certificate of whoever it is bound to.
    let digest = keyed(KEY, "")["api_key"].as_str().unwrap().to_owned();
    assert_eq!(door.ask(None, &get("/key").header("x-api-key", digest)).await, "api_key_unknown");
    // Another test denies him for a while.
    let told = door.ask(Some(&people.bob), &get("/registered")).await;
    assert!(["certificate_not_allowed", "certificate_denied"].contains(&&*told), "{told}");
}

/// What stands for a certificate somewhere, in the forms that fit a header and a query.
fn of_certificate(identity: &Identity) -> Vec<String> {
    let hex = identity.fingerprint();
    let octets: Vec<String> = hex
        .as_bytes()
        .chunks(2)
        .map(|octet| String::from_utf8_lossy(octet).to_uppercase())
        .collect();
    let percent =
        |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let digest: Vec<u8> =
        octets.iter().map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect();
    let pem = identity.certificate_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    vec![
        hex.to_uppercase(),
        octets.join(":"),
        identity.thumbprint(),
        percent(&digest),
        percent(&identity.certificate),
        percent(pem.as_bytes()),
        percent(base64.as_bytes()),
        hex,
    ]
}

/// Whether the thief was refused, for the token or for the certificate beside it.
fn is_caught(verdict: &str) -> bool {
    let reasons = ["binding_mismatch", "certificate_not_allowed", "certificate_denied"];
    reasons.contains(&verdict)
}
