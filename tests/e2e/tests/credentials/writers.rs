//! Who else writes where `jwt_authn` tells of tokens. `peergate check --envoy` refuses such a bootstrap: the
//! filter cannot tell who wrote what it reads.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::ask::get;
use super::cast::{ADA, IDP, PARTNER};
use super::listeners::WRITERS;
use super::stage::Stage;

/// A limit, not a feature: whoever may write this metadata is believed.
#[tokio::test]
async fn a_filter_that_writes_the_metadata_can_forge_a_token() {
    let stage = Stage::shared().await;
    let (door, token) = (stage.door_to(WRITERS), stage.cast.token());
    let (ada, eve) = (&*format!("jwt {ADA}"), "jwt https://idp.example#eve");
    // Behind `jwt_authn` even beside a good token; ahead of it, as long as there is none.
    for (header, beside_a_good_one) in [("x-forged", eve), ("x-before", ada)] {
        let forged = get("/token").header(header, of_eve(IDP));
        assert_eq!(door.ask(None, &forged).await, eve);
        assert_eq!(door.ask(None, &forged.bearer(&token)).await, beside_a_good_one);
        // What it says is looked at all the same.
        let other = get("/token").header(header, of_eve(PARTNER));
        assert_eq!(door.ask(None, &other).await, "jwt_refused");
        let bound = get("/bound").header(header, of_eve(IDP));
        assert_eq!(door.ask(None, &bound).await, "binding_mismatch");
    }
    assert!(stage.fed.gateway.is_whole());
}

#[tokio::test]
async fn a_text_in_the_metadata_is_no_token() {
    let stage = Stage::shared().await;
    let door = stage.door_to(WRITERS);
    for value in [of_eve(IDP), "{\"iss\":\"https://idp.example\"}".to_owned(), "x".to_owned()] {
        for path in ["/token", "/checked"] {
            let request = get(path).header("x-text", &value);
            assert_eq!(door.ask(None, &request).await, "jwt_refused", "{value}");
            // It takes the place of what Envoy has verified.
            let request = request.bearer(&stage.cast.token());
            assert_eq!(door.ask(None, &request).await, "jwt_refused", "{value}");
        }
    }
}

/// What other filters say of themselves, and in the typed metadata, is nothing to us.
#[tokio::test]
async fn metadata_of_another_name_is_no_token() {
    let stage = Stage::shared().await;
    let door = stage.door_to(WRITERS);
    assert_eq!(door.ask(None, &get("/token")).await, "jwt_required");
    assert_eq!(door.ask(None, &get("/lenient")).await, "anonymous");
    let request = get("/token").bearer(&stage.cast.token());
    assert_eq!(door.ask(None, &request).await, format!("jwt {ADA}"));
}

/// A payload as a `google.protobuf.Value` in base64.
fn of_eve(issuer: &str) -> String {
    let text = |text: &str| field(3, text.as_bytes());
    let claims = [("iss", issuer), ("sub", "eve"), ("aud", "api")];
    let entries = claims.iter().map(|(name, value)| {
        field(1, &[field(1, name.as_bytes()), field(2, &text(value))].concat())
    });
    BASE64_STANDARD.encode(field(5, &entries.collect::<Vec<_>>().concat()))
}

/// A field of bytes, fewer than 128.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).ok().filter(|length| *length < 128);
    [&[number << 3 | 2, length.expect("a short field")], content].concat()
}
