//! Keys that sign tokens.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::encode;

/// By what a token is signed (RFC 7518).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSA of 2048 bits by PKCS #1 v1.5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// Returns the name in a token's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

#[derive(Debug)]
pub(super) struct SigningKey {
    pair: Pair,
    id: String,
}

#[derive(Debug)]
enum Pair {
    Ecdsa(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

impl SigningKey {
    pub(super) fn generate(algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Ecdsa)
            }
            Algorithm::Rs256 => rsa::KeyPair::generate(KeySize::Rsa2048).map(Pair::Rsa),
        };
        let pair = pair.expect("a key can be generated");
        let id = HEXLOWER.encode(digest::digest(&digest::SHA256, pair.public().as_ref()).as_ref());
        Self { pair, id: id[..16].to_owned() }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Ecdsa(_) => Algorithm::Es256,
            Pair::Rsa(_) => Algorithm::Rs256,
        }
    }

    /// Returns the name of the key (`kid`), one for each key.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the public key as a JSON Web Key.
    pub(super) fn public(&self) -> Value {
        let der = self.pair.public();
        let (_, key) = SubjectPublicKeyInfo::from_der(der.as_ref()).expect("a public key");
        let mut key = match key.parsed().expect("a public key of a known kind") {
            PublicKey::EC(point) => {
                // An uncompressed point: a byte 4, then two coordinates of 32 bytes.
                let (x, y) = point.data()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
            PublicKey::RSA(key) => {
                let (n, e) = (unsigned(key.modulus), unsigned(key.exponent));
                json!({ "kty": "RSA", "n": encode(n), "e": encode(e) })
            }
            other => panic!("no such key is generated: {other:?}"),
        };
        key["alg"] = json!(self.algorithm().name());
        key["kid"] = json!(self.id);
        key["use"] = json!("sig");
        key
    }

    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ecdsa(pair) => {
                pair.sign(&random, text).expect("a key can sign").as_ref().to_vec()
            }
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
                    .expect("a key can sign");
                signature
            }
        }
    }
}

impl Pair {
    /// Returns the public key in DER.
    fn public(&self) -> PublicKeyX509Der<'static> {
        match self {
            Self::Ecdsa(pair) => pair.public_key().as_der(),
            Self::Rsa(pair) => pair.public_key().as_der(),
        }
        .expect("a public key can be written")
    }
}

/// Takes the zero octet away that says in DER that a number is not negative.
fn unsigned(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}
