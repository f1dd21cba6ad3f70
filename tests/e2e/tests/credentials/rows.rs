//! Who shows what, and what is answered.

use peergate_lab::client::Request;
use peergate_lab::pki::Identity;
use serde_json::{Value, json};

use super::ask::get;
use super::cast::{ADA, ALICES_KEY, BOBS_KEY, Cast, KEY, MALLORYS_KEY, PIN, claims};

/// One request.
pub(crate) struct Row<'c> {
    pub(crate) what: &'static str,
    pub(crate) identity: Option<&'c Identity>,
    pub(crate) request: Request,
    pub(crate) verdict: String,
}

/// The main job, on each API.
pub(crate) fn rows(cast: &Cast) -> Vec<Row<'_>> {
    let people = &cast.people;
    let (nobody, alice, bob, mallory) =
        (None, Some(&people.alice), Some(&people.bob), Some(&people.mallory));
    let good = cast.token();
    let bad = cast.idp.signed_by_other_key(claims());
    let mut rows = Vec::new();
    let mut row = |what, identity, request: Request, verdict: &str| {
        rows.push(Row { what, identity, request, verdict: verdict.to_owned() });
    };
    let ada = &*format!("jwt {ADA}");

    row("a listed certificate", alice, get("/either"), "certificate partner-a");
    row("a token", nobody, get("/either").bearer(&good), ada);
    row("a token in the query", nobody, get(&format!("/either?access_token={good}")), ada);
    row("the first that holds", alice, get("/either").bearer(&good), "certificate partner-a");
    row("neither", nobody, get("/either"), "certificate_required");
    row(
        "a token beside one that is refused",
        bob,
        get("/either").bearer(&good),
        "certificate_not_allowed",
    );
    row("the other way round", alice, get("/either").bearer(&bad), "jwt_refused");

    row("both", alice, get("/both").bearer(&good), "certificate+jwt partner-a");
    row("no token", alice, get("/both"), "jwt_required");
    row("no certificate", nobody, get("/both").bearer(&good), "certificate_required");
    row("another's token", alice, get("/both").bearer(&bad), "jwt_refused");
    row("a denied certificate", mallory, get("/both").bearer(&good), "certificate_denied");
    row(
        "bound",
        alice,
        get("/both").bearer(&cast.bound(&people.alice)),
        "certificate+jwt partner-a",
    );
    row(
        "as the user",
        alice,
        get("/both-as-user").bearer(&good),
        &format!("certificate+jwt {ADA}"),
    );

    // No list has to know a certificate that a token is bound to.
    row("bound to the client's", bob, get("/bound").bearer(&cast.bound(&people.bob)), ada);
    row("bound to none", bob, get("/bound").bearer(&good), "binding_mismatch");
    row(
        "bound to a denied one",
        mallory,
        get("/bound").bearer(&cast.bound(&people.mallory)),
        "certificate_denied",
    );
    row("a token alone", bob, get("/token").bearer(&good), ada);
    row("unchecked", nobody, get("/unchecked").bearer(&cast.bound(&people.alice)), ada);

    row(
        "another issuer, by RSA",
        nobody,
        get("/partner-token").bearer(&cast.partner.token(claims())),
        "jwt https://partner.example#ada",
    );

    for (what, request) in [
        ("a key in a header", get("/key").header("x-api-key", KEY)),
        ("with a scheme", get("/key").header("authorization", format!("ApiKey {KEY}"))),
        ("in the query", get(&format!("/key?a=1&api_key={KEY}"))),
        ("in a cookie", get("/key").cookie(format!("a=1; key={KEY}"))),
    ] {
        row(what, nobody, request.clone(), "api_key acme/app");
        row(what, bob, request, "api_key acme/app");
    }
    let key = |key: &str| get("/key").header("x-api-key", key);
    row("a bound key", alice, key(ALICES_KEY), "api_key acme/app");
    row("bound to one of two", alice, key(BOBS_KEY), "api_key acme/app");
    row("that no list holds", bob, key(BOBS_KEY), "api_key acme/app");
    row("that is denied", mallory, key(MALLORYS_KEY), "certificate_denied");
    row("no key", nobody, get("/key"), "api_key_required");
    for (name, reason) in [
        ("unheard-of", "api_key_unknown"),
        ("inactive-key", "session_inactive"),
        ("expired-key", "session_expired"),
        ("early-key", "session_not_yet_valid"),
        ("other-key", "api_not_granted"),
    ] {
        row("a key that does not hold", nobody, key(name), reason);
    }
    for (path, key, verdict) in [
        ("/secret", PIN, "api_key acme/pin"),
        ("/secret", KEY, "api_key_unknown"),
        ("/key", PIN, "api_key_unknown"),
    ] {
        row("under a secret", nobody, get(path).header("x-api-key", key), verdict);
    }
    let also = |key: &str| get("/key-and-certificate").header("x-api-key", key);
    row("certificate and key", alice, also(ALICES_KEY), "certificate+api_key partner-a");
    row("whose certificate is not listed", bob, also(BOBS_KEY), "certificate_not_allowed");

    row("three: two of them", alice, get("/three").bearer(&good), "certificate+jwt partner-a");
    row("three: a key", nobody, get("/three").header("x-api-key", KEY), "api_key acme/app");
    row("three: half", nobody, get("/three").bearer(&good), "certificate_required");
    row(
        "three: half, and a key",
        nobody,
        get("/three").bearer(&good).header("x-api-key", KEY),
        "api_key acme/app",
    );

    row("nothing", nobody, get("/lenient"), "anonymous");
    row("what is ignored", bob, get("/lenient").bearer(&bad), "anonymous");
    row("beside what holds", bob, get("/lenient").header("x-api-key", KEY), "api_key acme/app");
    row("denials are not", mallory, get("/lenient").bearer(&good), "certificate_denied");
    row(
        "nor bindings",
        bob,
        get("/lenient").bearer(&cast.bound(&people.alice)),
        "binding_mismatch",
    );

    row("nobody needs a token", nobody, get("/checked"), "anonymous");
    row("but a good one if any", alice, get("/checked").bearer(&bad), "jwt_refused");
    row("which says nothing", nobody, get("/checked").bearer(&good), "anonymous");

    for (change, verdict) in claims_rows() {
        let mut claims = json!({
            "sub": "ada", "email": "ada@example.com", "department": "hr", "level": 3, "staff": true,
            "realm_access": { "roles": ["user", "admin"] }, "scope": "a employee.read",
        });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let request = get("/claims").bearer(&cast.idp.token(claims));
        row("claims", nobody, request, verdict);
    }
    rows
}

/// What becomes of a token with these claims in place of good ones.
fn claims_rows() -> Vec<(Value, &'static str)> {
    let insufficient = "jwt_insufficient";
    vec![
        (json!({}), "jwt ada@example.com"),
        (json!({ "scope": null, "scp": ["employee.read"] }), "jwt ada@example.com"),
        (json!({ "department": "it" }), insufficient),
        (json!({ "department": null }), insufficient),
        (json!({ "department": ["hr"] }), insufficient),
        (json!({ "level": "3" }), insufficient),
        (json!({ "level": "\u{3}" }), insufficient),
        (json!({ "level": true }), insufficient),
        (json!({ "staff": "true" }), insufficient),
        (json!({ "staff": "\u{1}" }), insufficient),
        (json!({ "staff": 1 }), insufficient),
        (json!({ "realm_access": null }), insufficient),
        (json!({ "realm_access": { "roles": "admin" } }), insufficient),
        (json!({ "realm_access": { "roles": { "admin": true } } }), insufficient),
        (json!({ "realm_access": { "roles": [["admin"], null] } }), insufficient),
        (json!({ "scope": "employee.reads" }), insufficient),
        (json!({ "scope": ["employee.read", 1] }), insufficient),
        (json!({ "scope": null }), insufficient),
        (json!({ "email": null }), "jwt_refused"),
        (json!({ "email": "" }), "jwt_refused"),
        (json!({ "email": 7 }), "jwt_refused"),
        (json!({ "email": ["ada@example.com"] }), "jwt_refused"),
        (json!({ "email": " ada@example.com" }), "jwt_refused"),
        (json!({ "email": "ada@example.com " }), "jwt_refused"),
        (json!({ "email": "ada\n@example.com" }), "jwt_refused"),
        (json!({ "email": "ad\u{e4}@example.com" }), "jwt_refused"),
    ]
}
