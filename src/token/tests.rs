use serde_json::{Value, json};

use super::*;
use crate::digest::Fingerprint;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn rule() -> JwtRule {
    JwtRule {
        issuers: vec!["https://idp.example".into(), "https://other.example".into()],
        audiences: Vec::new(),
        payload: "jwt_payload".into(),
        failed_status: "jwt_failed_status".into(),
        from: vec![Location::Header {
            name: "authorization".into(),
            scheme: Some("Bearer".into()),
        }],
        claims: Vec::new(),
        scopes: Vec::new(),
        identity: None,
        bound: BoundRule::IfClaimed,
        if_refused: IfRefused::Deny,
    }
}

fn find(rule: &JwtRule, said: &Value) -> Result<Option<Token>, Reason> {
    let metadata = json!({ JWT_AUTHN: said });
    rule.find(&metadata::write(metadata.as_object().unwrap()), &Headers::default())
}

/// What becomes of a payload, with the claims that every token has.
fn accept(rule: &JwtRule, claims: Value) -> Result<Token, Reason> {
    let mut payload = json!({"iss": "https://idp.example", "sub": "alice"});
    for (name, claim) in claims.as_object().unwrap() {
        payload[name] = claim.clone();
    }
    find(rule, &json!({ "jwt_payload": payload })).map(Option::unwrap)
}

#[test]
fn a_token_is_verified_refused_or_absent() {
    let rule = rule();
    assert_eq!(find(&rule, &json!({})), Ok(None));
    assert_eq!(find(&rule, &json!({"another": {"iss": "https://idp.example"}})), Ok(None));
    for payload in [json!(null), json!("a"), json!([]), json!({}), json!(1)] {
        let said = json!({ "jwt_payload": payload });
        assert_eq!(find(&rule, &said), Err(Reason::JwtRefused), "{said}");
    }
    let status = |code: Value| json!({"jwt_failed_status": {"code": code, "message": "x"}});
    for code in [json!(3), json!(24), json!("1"), json!(true), json!(null)] {
        assert_eq!(find(&rule, &status(code.clone())), Err(Reason::JwtRefused), "{code}");
    }
    assert_eq!(find(&rule, &json!({"jwt_failed_status": {}})), Err(Reason::JwtRefused));
    assert_eq!(find(&rule, &status(json!(1))), Ok(None));
    let beside = json!({
        "jwt_failed_status": {"code": 24},
        "jwt_payload": {"iss": "https://idp.example", "sub": "alice"},
    });
    assert!(find(&rule, &beside).unwrap().is_some(), "another provider's is verified");
}

#[test]
fn what_stands_where_tokens_stand_is_refused_if_nobody_verified_it() {
    let pairs: Vec<(&[u8], &[u8])> = vec![(b"authorization", b"Bearer x")];
    assert_eq!(rule().find(b"", &Headers::new(pairs)), Err(Reason::JwtRefused));
    let pairs: Vec<(&[u8], &[u8])> = vec![(b"authorization", b"Basic x")];
    assert_eq!(rule().find(b"", &Headers::new(pairs)), Ok(None));
    assert_eq!(rule().find(b"\x0a", &Headers::default()), Err(Reason::Internal));
}

#[test]
fn issuers_and_audiences_are_compared_whole() {
    let mut rule = rule();
    for issuer in [json!("https://idp.example/"), json!(null), json!(["https://idp.example"])] {
        assert_eq!(accept(&rule, json!({"iss": issuer})), Err(Reason::JwtRefused), "{issuer}");
    }
    rule.audiences = vec!["api".into(), "other".into()];
    for audience in [json!("api"), json!(["x", "api"])] {
        assert!(accept(&rule, json!({"aud": audience})).is_ok(), "{audience}");
    }
    for audience in [json!("API"), json!([]), json!(["x"]), json!({"api": 1}), json!(["api", 1])] {
        assert_eq!(accept(&rule, json!({"aud": audience})), Err(Reason::JwtRefused), "{audience}");
    }
    assert_eq!(accept(&rule, json!({})), Err(Reason::JwtRefused));
}

#[test]
fn identities_fit_a_header_and_name_their_issuer() {
    let mut rule = rule();
    assert_eq!(accept(&rule, json!({})).unwrap().identity, "https://idp.example#alice");
    let other = accept(&rule, json!({"iss": "https://other.example"})).unwrap();
    assert_eq!(other.identity, "https://other.example#alice");
    for subject in [
        json!(""),
        json!(null),
        json!(7),
        json!("a\nb"),
        json!("é"),
        json!("x".repeat(300)),
        json!("alice "),
    ] {
        assert_eq!(accept(&rule, json!({"sub": subject})), Err(Reason::JwtRefused), "{subject}");
    }
    rule.identity = Some("/act/email".parse().unwrap());
    let claims = json!({"act": {"email": "alice@example.com"}, "sub": null});
    assert_eq!(accept(&rule, claims).unwrap().identity, "alice@example.com");
    assert_eq!(accept(&rule, json!({})), Err(Reason::JwtRefused));
    for email in ["", " ", " alice@example.com", "alice@example.com "] {
        assert_eq!(accept(&rule, json!({"act": {"email": email}})), Err(Reason::JwtRefused));
    }
    assert!(accept(&rule, json!({"act": {"email": "alice example"}})).is_ok());
}

#[test]
fn claims_hold_by_value_and_type() {
    let text = |text: &str| Scalar::Text(text.into());
    let case = |name: &str, wanted: Wanted, good: &[Value], bad: &[Value]| {
        let mut rule = rule();
        rule.claims = vec![ClaimRule { name: name.parse().unwrap(), wanted }];
        for claims in good {
            assert!(accept(&rule, claims.clone()).is_ok(), "{claims}");
        }
        for claims in bad {
            assert_eq!(accept(&rule, claims.clone()), Err(Reason::JwtInsufficient), "{claims}");
        }
    };
    case(
        "d",
        Wanted::OneOf(vec![text("hr"), Scalar::Number(1.0), Scalar::Bool(true)]),
        &[json!({"d": "hr"}), json!({"d": 1}), json!({"d": true})],
        &[
            json!({}),
            json!({"d": "HR"}),
            json!({"d": "1"}),
            json!({"d": "true"}),
            json!({"d": "\u{1}"}),
            json!({"d": ["hr"]}),
            json!({"d": null}),
            json!({"d": false}),
            json!({"d": {}}),
        ],
    );
    case(
        "/a/b~1c",
        Wanted::Contains(vec![text("x"), text("y")]),
        &[json!({"a": {"b/c": ["y", 1, "x"]}})],
        &[
            json!({"a": {"b/c": ["x"]}}),
            json!({"a": {"b/c": "x y"}}),
            json!({"/a/b~1c": ["x", "y"]}),
            json!({"a": []}),
        ],
    );
}

#[test]
fn scopes_are_whole_words() {
    let mut rule = rule();
    rule.scopes = vec!["a.read".into(), "b".into()];
    for claims in [
        json!({"scope": "b x a.read"}),
        json!({"scp": ["a.read", "b"]}),
        json!({"scp": "b a.read"}),
        json!({"scope": "b", "scp": ["a.read"]}),
        json!({"scope": ["a.read", "b"]}),
    ] {
        assert!(accept(&rule, claims.clone()).is_ok(), "{claims}");
    }
    for claims in [
        json!({}),
        json!({"scope": "a.read"}),
        json!({"scope": "a.read.b b"}),
        json!({"scope": "a.read,b"}),
        json!({"scope": {"a.read": true, "b": true}}),
        json!({"scp": ["a.read", "b", 1]}),
        json!({"scope": "A.READ B"}),
    ] {
        assert_eq!(accept(&rule, claims.clone()), Err(Reason::JwtInsufficient), "{claims}");
    }
}

#[test]
fn a_binding_has_one_form() {
    let rule = rule();
    let binding = |claims: Value| accept(&rule, claims).unwrap().binding;
    let thumbprint = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    let expected: Fingerprint =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse().unwrap();
    assert_eq!(binding(json!({})), Binding::None);
    assert_eq!(binding(json!({"cnf": {"x5t#S256": thumbprint}})), Binding::Certificate(expected));
    for cnf in [
        json!(null),
        json!({}),
        json!({"jkt": thumbprint}),
        json!({"x5t#s256": thumbprint}),
        json!({"x5t#S256": [thumbprint]}),
        json!({"x5t#S256": format!("{thumbprint}=")}),
        json!({"x5t#S256": thumbprint.replace('-', "+").replace('_', "/")}),
        json!({"x5t#S256": format!("{}1", &thumbprint[..42])}),
        json!({"x5t#S256": &thumbprint[..42]}),
        json!({"x5t#S256": expected.to_string()}),
        json!(thumbprint),
    ] {
        assert_eq!(binding(json!({"cnf": cnf})), Binding::Unusable, "{cnf}");
    }
    let mut required = rule.clone();
    required.bound = BoundRule::Required;
    assert_eq!(accept(&required, json!({})).unwrap().binding, Binding::Unusable);
    required.bound = BoundRule::Unchecked;
    assert_eq!(accept(&required, json!({"cnf": {}})).unwrap().binding, Binding::None);
}

#[test]
fn claims_are_named_or_pointed_to() {
    for bad in ["", "/", "/a//b", "/a~", "/a~2b"] {
        assert!(bad.parse::<ClaimName>().is_err(), "{bad}");
    }
    for good in ["a", "a.b", "https://example.com/roles", "a/b", "a~", "/a", "/a/b~0~1"] {
        assert!(good.parse::<ClaimName>().is_ok(), "{good}");
    }
}

#[test]
fn beside_what_was_verified_stands_nothing_else() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    let verified = json!({
        "iss": "https://idp.example", "sub": "alice", "exp": 1_900_000_000, "iat": 1_700_000_000_000_u64,
        "scope": ["a", "b"], "roles": ["x"], "act": {"sub": "b", "n": null},
    });
    let token = |payload: &Value| {
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", part("{\"alg\":\"ES256\"}".to_owned()), part(payload.to_string()))
    };
    let metadata = json!({ JWT_AUTHN: { "jwt_payload": verified } });
    let metadata = metadata::write(metadata.as_object().unwrap());
    let find = |authorization: &str| {
        let pairs: Vec<(&[u8], &[u8])> = vec![(b"authorization", authorization.as_bytes())];
        rule().find(&metadata, &Headers::new(pairs))
    };
    // As Envoy leaves it where it forwards tokens, and as Istio changes what it tells.
    let mut own = verified.clone();
    own["scope"] = json!("a b");
    for good in [
        format!("Bearer {}", token(&own)),
        format!("bearer  {}", token(&verified)),
        "Basic x".to_owned(),
    ] {
        assert!(find(&good).is_ok_and(|found| found.is_some()), "{good}");
    }
    let mut forged = Vec::new();
    for (name, value) in [
        ("sub", json!("admin")),
        ("role", json!("admin")),
        ("scope", json!("a b admin")),
        ("roles", json!(["x", "admin"])),
        ("exp", json!(1_900_000_001)),
        ("iat", json!(1_700_000_000_001_u64)),
        ("iat", json!(-1_700_000_000_000_i64)),
        ("act", json!({"sub": "c", "n": null})),
    ] {
        let mut payload = own.clone();
        payload[name] = value;
        forged.push(format!("Bearer {}", token(&payload)));
    }
    forged.push(format!("Bearer {},Bearer {}", token(&own), token(&json!({"sub": "admin"}))));
    forged.push(format!("Basic x,Bearer {}", token(&own)));
    forged.extend(["Bearer x".to_owned(), "Bearer a.b.c".to_owned(), "Bearer\tx".to_owned()]);
    let text = r#"{"iss":"https://idp.example","sub":"alice","sub":"admin","exp":1900000000,"iat":1700000000000,"scope":"a b","roles":["x"]}"#;
    forged.push(format!("Bearer e30.{}.e30", URL_SAFE_NO_PAD.encode(text)));
    for bad in forged {
        assert_eq!(find(&bad), Err(Reason::JwtRefused), "{bad}");
    }
}
