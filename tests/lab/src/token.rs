//! An identity provider: signed tokens (JWT), and the keys to verify them by.

mod key;

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

pub use self::key::Algorithm;
use self::key::SigningKey;
use crate::pki::Identity;

/// Who issues tokens, with a key of its own.
///
/// Its tokens come from one method each. All but [`TokenIssuer::sign`] take the claims as an object
/// and add those of `iss`, `iat` and `exp` that it does not have: this issuer, now, and in ten
/// minutes. A claim that is given as null stays null.
///
/// ```
/// # use peergate_lab::token::TokenIssuer;
/// # use serde_json::json;
/// let idp = TokenIssuer::new("https://idp.example");
/// let token = idp.token(json!({ "sub": "alice", "aud": "api" }));
/// assert_eq!(token.split('.').count(), 3);
/// ```
#[derive(Debug)]
pub struct TokenIssuer {
    issuer: String,
    key: SigningKey,
}

impl TokenIssuer {
    /// Creates an issuer that signs by ES256.
    pub fn new(issuer: &str) -> Self {
        Self::with(issuer, Algorithm::Es256)
    }

    /// Creates an issuer that signs by this algorithm.
    pub fn with(issuer: &str, algorithm: Algorithm) -> Self {
        Self { issuer: issuer.to_owned(), key: SigningKey::generate(algorithm) }
    }

    /// Returns its name, the `iss` of its tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns its public key as a set of JSON Web Keys (RFC 7517).
    pub fn jwks(&self) -> String {
        json!({ "keys": [self.key.public()] }).to_string()
    }

    /// Issues a token.
    pub fn token(&self, claims: Value) -> String {
        self.sign(self.payload(claims))
    }

    /// Issues a token that only the holder of this certificate may use (RFC 8705): `cnf` names it.
    pub fn bound_token(&self, holder: &Identity, claims: Value) -> String {
        let mut claims = object(claims);
        claims.insert("cnf".to_owned(), json!({ "x5t#S256": holder.thumbprint() }));
        self.token(Value::Object(claims))
    }

    /// Issues a token that expired an hour ago.
    pub fn expired(&self, claims: Value) -> String {
        let mut claims = object(claims);
        claims.insert("exp".to_owned(), json!(now() - HOUR));
        self.token(Value::Object(claims))
    }

    /// Forges a token without a signature (`alg: none`).
    pub fn unsigned(&self, claims: Value) -> String {
        signed_part(&json!({ "alg": "none", "typ": "JWT" }), &self.payload(claims)) + "."
    }

    /// Forges a token: its header names this issuer's key, but another key has signed it.
    pub fn signed_by_other_key(&self, claims: Value) -> String {
        let other = SigningKey::generate(self.key.algorithm());
        self.sign_with(&other, &self.payload(claims))
    }

    /// Signs a payload as it is, be it JSON or not.
    pub fn sign(&self, payload: impl AsRef<[u8]>) -> String {
        self.sign_with(&self.key, payload.as_ref())
    }

    fn payload(&self, claims: Value) -> Vec<u8> {
        let (mut claims, now) = (object(claims), now());
        for (name, value) in
            [("iss", json!(self.issuer)), ("iat", json!(now)), ("exp", json!(now + TEN_MINUTES))]
        {
            claims.entry(name).or_insert(value);
        }
        Value::Object(claims).to_string().into_bytes()
    }

    fn sign_with(&self, key: &SigningKey, payload: &[u8]) -> String {
        let header = json!({ "alg": key.algorithm().name(), "kid": self.key.id(), "typ": "JWT" });
        let signed = signed_part(&header, payload);
        let signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }
}

/// Writes what a signature covers: header and payload.
fn signed_part(header: &Value, payload: &[u8]) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(payload))
}

fn object(claims: Value) -> Map<String, Value> {
    match claims {
        Value::Object(claims) => claims,
        other => panic!("claims are an object, not {other}"),
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the time in seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970").as_secs()
}

const TEN_MINUTES: u64 = 600;
const HOUR: u64 = 3600;

#[cfg(test)]
mod tests;
