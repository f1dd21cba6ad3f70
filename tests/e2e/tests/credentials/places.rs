//! Where tokens and keys stand: in one place, in two, in none, and where two of them share one.

use peergate_lab::client::Request;

use super::ask::{Door, get};
use super::cast::{ADA, KEY};
use super::stage::Stage;

#[tokio::test]
async fn a_key_in_two_places_is_refused() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let put: [fn(Request, &str) -> Request; 3] = [
        |request, key| request.header("x-api-key", key),
        |request, key| request.header("authorization", format!("ApiKey {key}")),
        |request, key| request.cookie(format!("key={key}")),
    ];
    let in_query = |key: &str| get(&format!("/key?api_key={key}"));
    for other in [KEY, "another"] {
        for (place, one) in put.iter().enumerate() {
            is_ambiguous(&door, one(in_query(KEY), other)).await;
            is_ambiguous(&door, one(in_query(other), KEY)).await;
            for two in &put[place + 1..] {
                is_ambiguous(&door, two(one(get("/key"), KEY), other)).await;
                is_ambiguous(&door, two(one(get("/key"), other), KEY)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_key_twice_in_one_place_is_refused() {
    let stage = Stage::shared().await;
    let door = stage.door();
    for other in [KEY, "another"] {
        for (first, second) in [(KEY, other), (other, KEY)] {
            let header = |request: Request, key| request.header("x-api-key", key);
            let cookie = |request: Request, key| request.cookie(format!("key={key}"));
            for request in [
                header(header(get("/key"), first), second),
                get(&format!("/key?api_key={first}&a=b&api_key={second}")),
                cookie(cookie(get("/key").cookie("a=b"), first), second),
                get("/key").cookie(format!("key={first}; key={second}")),
                get("/key").cookie(format!("key={first};;key={second};")),
            ] {
                is_ambiguous(&door, request).await;
            }
        }
    }
    // Envoy joins these into one value, which is nobody's key.
    let request = [KEY, KEY]
        .iter()
        .fold(get("/key"), |request, key| request.header("authorization", format!("ApiKey {key}")));
    assert_eq!(door.ask(None, &request).await, "api_key_unknown");
    assert_eq!(
        door.ask(None, &get("/key").header("x-api-key", format!("{KEY},{KEY}"))).await,
        "api_key_unknown"
    );
}

#[tokio::test]
async fn an_escaped_name_hides_no_key() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let key = "api_key acme/app";
    for name in ["api%5Fkey", "api%5fkey", "%61pi_key", "%61%70%69%5F%6B%65%79"] {
        let request = get(&format!("/key?{name}={KEY}"));
        assert_eq!(door.ask(None, &request).await, key, "{name}");
        is_ambiguous(&door, get(&format!("/key?{name}={KEY}")).header("x-api-key", KEY)).await;
        is_ambiguous(&door, get(&format!("/key?{name}=another&api_key={KEY}"))).await;
    }
    let escaped: String = KEY.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let request = get(&format!("/key?api_key={escaped}"));
    assert_eq!(door.ask(None, &request).await, key);
    // Other names are other parameters, as they are for Envoy.
    for name in
        ["API_KEY", "api_key%20", "api+key", "xapi_key", "api_key[]", "api%255Fkey", "api_key%00"]
    {
        let request = get(&format!("/key?{name}={KEY}"));
        assert_eq!(door.ask(None, &request).await, "api_key_required", "{name}");
    }
    for name in ["Key", "KEY", "keys", "__Host-key", "k%65y"] {
        let request = get("/key").cookie(format!("{name}={KEY}"));
        assert_eq!(door.ask(None, &request).await, "api_key_required", "{name}");
    }
}

#[tokio::test]
async fn an_empty_key_or_token_is_none() {
    let stage = Stage::shared().await;
    let door = stage.door();
    for request in [
        get("/key").header("x-api-key", ""),
        get("/key").header("x-api-key", "  "),
        get("/key?api_key"),
        get("/key?api_key="),
        get("/key?api_key=&api_key="),
        get("/key").cookie("key="),
        get("/key").cookie("key"),
        get("/key").header("authorization", "ApiKey"),
        get("/key").header("authorization", "ApiKey "),
    ] {
        let said = door.ask(None, &request).await;
        assert_eq!(said, "api_key_required", "{request:?}");
        // It hides no other.
        let said = door.ask(None, &request.cookie(format!("key={KEY}"))).await;
        assert_eq!(said, "api_key acme/app");
    }
    for value in ["", "Bearer", "Bearer ", "Bearer   "] {
        let request = get("/token").header("authorization", value);
        assert_eq!(door.ask(None, &request).await, "jwt_required", "{value:?}");
    }
    for path in ["/token?access_token", "/token?access_token="] {
        assert_eq!(door.ask(None, &get(path)).await, "jwt_required", "{path}");
    }
}

#[tokio::test]
async fn schemes_are_read_in_either_case() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let token = stage.cast.token();
    for scheme in ["ApiKey", "apikey", "APIKEY", "aPiKeY "] {
        let request = get("/key").header("authorization", format!("{scheme} {KEY}"));
        assert_eq!(door.ask(None, &request).await, "api_key acme/app", "{scheme}");
    }
    // Envoy reads it in this one alone, so that in all others nobody has verified what stands there.
    for (scheme, verdict) in
        [("Bearer", &*format!("jwt {ADA}")), ("bearer", "jwt_refused"), ("BEARER", "jwt_refused")]
    {
        let request = get("/token").header("authorization", format!("{scheme} {token}"));
        assert_eq!(door.ask(None, &request).await, verdict, "{scheme}");
    }
    for value in [token.clone(), format!("Token {token}"), format!("Bearer:{token}")] {
        let request = get("/token").header("authorization", value);
        assert_eq!(door.ask(None, &request).await, "jwt_required");
    }
}

#[tokio::test]
async fn a_key_and_a_token_may_not_share_a_header() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let token = stage.cast.token();
    let bearer = |request: Request| request.bearer(&token);
    let key = |request: Request| request.header("authorization", format!("ApiKey {KEY}"));
    // Each by itself.
    assert_eq!(door.ask(None, &bearer(get("/shared"))).await, format!("jwt {ADA}"));
    assert_eq!(door.ask(None, &key(get("/shared"))).await, "api_key acme/app");
    // Envoy joins the two headers by a comma. Behind the key it finds the token all the same, and takes the
    // whole header away; before it, the key is part of a token that nobody has signed.
    let alice = Some(&stage.cast.people.alice);
    for (path, key_first, token_first) in [
        ("/shared", &*format!("jwt {ADA}"), "jwt_refused"),
        ("/token", &*format!("jwt {ADA}"), "jwt_refused"),
        ("/three", "certificate+jwt partner-a", "jwt_refused"),
        ("/key", "api_key_required", "api_key_required"),
    ] {
        assert_eq!(door.ask(alice, &bearer(key(get(path)))).await, key_first, "{path}");
        assert_eq!(door.ask(alice, &key(bearer(get(path)))).await, token_first, "{path}");
    }
    // Nor does anything else before it hide a token that Envoy says nothing of.
    for garbage in ["garbage", "eyJ.eyJ.eyJ"] {
        let request = get("/checked").header("authorization", "Basic eDp5").bearer(garbage);
        assert_eq!(door.ask(None, &request).await, "jwt_refused");
    }
    let basic = get("/checked").header("authorization", "Basic eDp5");
    assert_eq!(door.ask(None, &basic).await, "anonymous");
    // Where the key has a header of its own, both are looked at, and the first alternative holds.
    let apart = bearer(get("/shared")).header("x-api-key", KEY);
    assert_eq!(door.ask(None, &apart).await, format!("jwt {ADA}"));
    let apart = bearer(get("/shared")).header("x-api-key", "unheard-of");
    assert_eq!(door.ask(None, &apart).await, "api_key_unknown");
    let opaque = get("/shared").bearer(KEY);
    assert_eq!(door.ask(None, &opaque).await, "jwt_refused");
    let other = get("/shared").header("authorization", format!("ApiKey {token}"));
    assert_eq!(door.ask(None, &other).await, "api_key_unknown");
}

#[tokio::test]
async fn odd_bytes_and_great_lengths_are_nobodys_key() {
    let stage = Stage::shared().await;
    let door = stage.door();
    let high: Vec<u8> = (0x80..=0xff).collect();
    let long = "x".repeat(40_000);
    for value in [&*high, b"\t", b"a\tb", b"%00", b"\xc3\x28", long.as_bytes()] {
        let prefixed = |prefix: &str| [prefix.as_bytes(), value].concat();
        for (request, verdict) in [
            (get("/key").header("x-api-key", prefixed("x")), "api_key_unknown"),
            (get("/key").header("authorization", prefixed("ApiKey x")), "api_key_unknown"),
            (get("/key").cookie(prefixed("key=x")), "api_key_unknown"),
            (get("/token").header("authorization", prefixed("Bearer x")), "jwt_refused"),
            (get("/token").header("authorization", prefixed("Bearer")), "jwt_required"),
        ] {
            assert_eq!(door.ask(None, &request).await, verdict, "{value:?}");
        }
    }
    for (query, verdict) in [
        ("api_key=&".repeat(4000), "api_key_required"),
        ("api_key=x&".repeat(4000), "api_key_ambiguous"),
        ("%".repeat(30_000), "api_key_required"),
        (format!("api_key={long}"), "api_key_unknown"),
        (format!("{}api_key={KEY}", "=&?&".repeat(5000)), "api_key acme/app"),
    ] {
        let said = door.ask(None, &get(&format!("/key?{query}"))).await;
        assert_eq!(said, verdict, "{} bytes", query.len());
    }
    let cookie = format!("{}key={KEY}", "key=;;".repeat(5000));
    assert_eq!(door.ask(None, &get("/key").cookie(cookie)).await, "api_key acme/app");
    let bearers = "Bearer ".repeat(5000);
    let request = get("/token").header("authorization", bearers + "x");
    assert_eq!(door.ask(None, &request).await, "jwt_refused");
    assert!(stage.fed.gateway.is_whole());
}

async fn is_ambiguous(door: &Door<'_>, request: Request) {
    assert_eq!(door.ask(None, &request).await, "api_key_ambiguous", "{request:?}");
}
