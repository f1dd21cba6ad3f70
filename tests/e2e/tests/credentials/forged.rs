//! Tokens that nobody issued, or nobody for this.

use peergate_lab::pki::Identity;
use peergate_lab::token::TokenIssuer;
use serde_json::json;

use super::ask::{Door, get};
use super::cast::{ADA, IDP, PARTNER, claims};
use super::stage::Stage;

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    let idp = &stage.cast.idp;
    let (good, unsigned) = (idp.token(claims()), idp.unsigned(claims()));
    let [header, payload, signature] = parts(&good);
    let [none, ..] = parts(&unsigned);
    for token in [
        unsigned.clone(),
        unsigned.trim_end_matches('.').to_owned(),
        format!("{none}.{payload}.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        payload.to_owned(),
    ] {
        is_refused(&door, alice, &token).await;
    }
}

#[tokio::test]
async fn a_token_that_another_key_has_signed_is_refused() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    let impostor = TokenIssuer::new(IDP);
    is_refused(&door, alice, &stage.cast.idp.signed_by_other_key(claims())).await;
    is_refused(&door, alice, &impostor.token(claims())).await;
    // The partner's keys are known to Envoy, but not for this name.
    let mut told = claims();
    told["iss"] = IDP.into();
    is_refused(&door, alice, &stage.cast.partner.token(told)).await;
}

#[tokio::test]
async fn a_token_with_other_claims_than_were_signed_is_refused() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    let cast = &stage.cast;
    let (good, other) = (cast.token(), cast.idp.token(json!({ "sub": "eve", "aud": "api" })));
    let ([header, _, signature], [_, payload, _]) = (parts(&good), parts(&other));
    is_refused(&door, alice, &format!("{header}.{payload}.{signature}")).await;
}

#[tokio::test]
async fn an_expired_token_is_refused_and_so_is_one_before_its_time() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    is_refused(&door, alice, &stage.cast.idp.expired(claims())).await;
    let mut early = claims();
    early["nbf"] = json!(4_000_000_000_u64);
    is_refused(&door, alice, &stage.cast.idp.token(early)).await;
}

#[tokio::test]
async fn a_token_of_an_unknown_issuer_is_refused() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    for issuer in ["https://evil.example", "https://idp.example/", "https://IDP.example", ""] {
        is_refused(&door, alice, &TokenIssuer::new(issuer).token(claims())).await;
        // Also if the keys are good.
        let mut told = claims();
        told["iss"] = issuer.into();
        is_refused(&door, alice, &stage.cast.idp.token(told)).await;
    }
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    for audience in [json!("other"), json!(["other"]), json!("API"), json!([]), json!(null)] {
        let mut told = claims();
        told["aud"] = audience.clone();
        is_refused(&door, alice, &stage.cast.idp.token(told.clone())).await;
        // Envoy itself looks at those of the partner's.
        let request = get("/partner-token").bearer(&stage.cast.partner.token(told));
        assert_eq!(door.ask(None, &request).await, "jwt_refused", "{audience}");
    }
    let without = json!({ "sub": "ada" });
    is_refused(&door, alice, &stage.cast.idp.token(without)).await;
}

#[tokio::test]
async fn the_token_of_a_tenant_is_good_for_its_own_api_alone() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    let cast = &stage.cast;
    let eve = cast.partner.token(json!({ "sub": "eve", "aud": "api" }));
    is_refused(&door, alice, &eve).await;
    let request = get("/partner-token").bearer(&cast.token());
    assert_eq!(door.ask(None, &request).await, "jwt_refused");

    // With both tokens in one request, Envoy shows the payload of one of them: it is judged as it is, and
    // never with the other's claims.
    for (header, query) in [(&cast.token(), &eve), (&eve, &cast.token())] {
        for (path, own) in [("token", format!("jwt {ADA}")), ("partner-token", of_eve())] {
            let request = get(&format!("/{path}?access_token={query}")).bearer(header);
            let verdict = door.ask(None, &request).await;
            assert!([own.as_str(), "jwt_refused"].contains(&&*verdict), "{path}: {verdict}");
        }
    }
}

#[tokio::test]
async fn null_and_odd_claims_are_nothing() {
    let stage = Stage::shared().await;
    let (door, alice) = (stage.door(), &stage.cast.people.alice);
    let odd = [json!(null), json!(true), json!(7), json!([]), json!({}), json!(["a"])];
    for name in ["iss", "sub", "aud"] {
        for value in &odd {
            let mut told = claims();
            told[name] = value.clone();
            is_refused(&door, alice, &stage.cast.idp.token(told)).await;
        }
    }
    for subject in [
        json!(""),
        json!("ada "),
        json!("a\nb"),
        json!("a\u{0}"),
        json!("\u{e9}"),
        json!("x".repeat(256)),
    ] {
        let told = json!({ "sub": subject, "aud": "api" });
        is_refused(&door, alice, &stage.cast.idp.token(told)).await;
    }
    for payload in [
        r#"["iss"]"#.to_owned(),
        "null".to_owned(),
        r#""https://idp.example""#.to_owned(),
        String::new(),
        format!(r#"{{"iss":"{PARTNER}","iss":"{IDP}","sub":"ada","aud":"api"}}"#),
        format!(r#"{{"iss":"{IDP}","sub":"eve","sub":"ada","aud":"api"}}"#),
        format!(r#"{{"iss":"{IDP}","sub":"ada","aud":"api","deep":{}}}"#, nested(98)),
        format!(r#"{{"iss":"{IDP}","sub":"ada","aud":"api","deep":{}}}"#, nested(200)),
    ] {
        is_refused(&door, alice, &stage.cast.idp.sign(&payload)).await;
    }
    // What a token says besides is its issuer's business, whatever it looks like.
    let mut told = claims();
    told["nothing"] = json!({ "null": null, "list": [null, [], {}], "\u{0}": "\u{0}" });
    told["deep"] = serde_json::from_str(&nested(60)).unwrap();
    told["long"] = "x".repeat(20_000).into();
    told["many"] = (0..500).collect::<Vec<u32>>().into();
    let request = get("/token").bearer(&stage.cast.idp.token(told));
    assert_eq!(door.ask(None, &request).await, format!("jwt {ADA}"));
}

/// Lets nobody in by a token, wherever it stands: it is refused where one is looked at, nothing where a
/// refused one is ignored, and never the same as none.
async fn is_refused(door: &Door<'_>, alice: &Identity, token: &str) {
    for (identity, path, verdict) in [
        (None, "token", "jwt_refused"),
        (None, "either", "jwt_refused"),
        (Some(alice), "both", "jwt_refused"),
        (Some(alice), "checked", "jwt_refused"),
        (None, "lenient", "anonymous"),
    ] {
        let path = format!("/{path}");
        for request in [get(&path).bearer(token), get(&format!("{path}?access_token={token}"))] {
            let said = door.ask(identity, &request).await;
            assert_eq!(said, verdict, "{path}: {request:?}");
        }
    }
    let request = get("/stripped").cookie(format!("token={token}"));
    assert_eq!(door.ask(None, &request).await, "jwt_refused", "in a cookie");
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().expect("three parts")
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

fn of_eve() -> String {
    "jwt https://partner.example#eve".to_owned()
}
