use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::*;
use crate::pki::Leaf;

#[test]
fn a_token_verifies_by_the_published_key() {
    for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
        let idp = TokenIssuer::with("https://idp.example", algorithm);
        assert!(verifies(&idp, &idp.token(json!({ "sub": "alice" }))));
        assert!(!verifies(&idp, &idp.signed_by_other_key(json!({ "sub": "alice" }))));
        assert!(!verifies(&idp, &TokenIssuer::with(idp.issuer(), algorithm).token(json!({}))));
    }
}

#[test]
fn claims_are_added_unless_given() {
    let idp = TokenIssuer::new("https://idp.example");
    let claims = claims(&idp.token(json!({ "sub": null, "iat": "odd" })));
    assert_eq!(claims["iss"], "https://idp.example");
    assert_eq!(claims["sub"], Value::Null);
    assert_eq!(claims["iat"], "odd");
    assert!(claims["exp"].as_u64() > Some(now()));
    assert_eq!(claims.as_object().map(Map::len), Some(4));
}

#[test]
fn an_expired_token_is_signed_all_the_same() {
    let idp = TokenIssuer::new("https://idp.example");
    let token = idp.expired(json!({}));
    assert!(verifies(&idp, &token));
    assert!(claims(&token)["exp"].as_u64() < Some(now()));
}

#[test]
fn an_unsigned_token_has_an_empty_signature() {
    let token = TokenIssuer::new("https://idp.example").unsigned(json!({ "sub": "alice" }));
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!((parts.len(), parts[2]), (3, ""));
    let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
    assert_eq!(header["alg"], "none");
    assert_eq!(claims(&token)["sub"], "alice");
}

#[test]
fn a_bound_token_names_the_certificate() {
    let holder = Identity::self_signed(Leaf::client("alice"));
    let token = TokenIssuer::new("https://idp.example").bound_token(&holder, json!({}));
    let thumbprint = claims(&token)["cnf"]["x5t#S256"].as_str().unwrap().to_owned();
    assert_eq!(thumbprint, holder.thumbprint());
    assert_eq!(thumbprint.len(), 43);
    let hex: String = decode(&thumbprint).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, holder.fingerprint());
}

#[test]
fn any_bytes_can_be_signed() {
    let idp = TokenIssuer::new("https://idp.example");
    let token = idp.sign(b"{\"sub\":1,\"sub\":\xff");
    assert!(verifies(&idp, &token));
    assert_eq!(decode(token.split('.').nth(1).unwrap()), b"{\"sub\":1,\"sub\":\xff");
}

fn verifies(idp: &TokenIssuer, token: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = decode(signature);
    let key: Value = serde_json::from_str(&idp.jwks()).unwrap();
    let key = &key["keys"][0];
    let part = |name: &str| decode(key[name].as_str().unwrap());
    if key["kty"] == "EC" {
        let point = [vec![4], part("x"), part("y")].concat();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        return key.verify(signed.as_bytes(), &signature).is_ok();
    }
    RsaPublicKeyComponents { n: part("n"), e: part("e") }
        .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .is_ok()
}

fn claims(token: &str) -> Value {
    serde_json::from_slice(&decode(token.split('.').nth(1).unwrap())).unwrap()
}

fn decode(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}
