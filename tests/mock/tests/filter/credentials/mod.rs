//! Tokens and API keys, alone and bound to certificates: what the filter makes of them, what that costs, and
//! what happens when the host fails.

mod attacks;
mod cost;
mod faults;
mod rates;
mod replies;
mod start;
mod streams;
mod strip;
mod uncounted;

use peergate::KeyDigest;
use peergate_mock::{Answer, Call, Fault, Filter, Request, Status};
use serde_json::{Value, json};

use crate::dynamic::list;
use crate::dynamic::running::Running;
use crate::{NOW, PARTNER, PARTNER_FINGERPRINT};

pub(crate) const KEY: &str = "key-of-app-7";

/// A token of nobody's certificate.
pub(crate) const TOKEN: &str =
    r#"{"iss": "https://idp.example", "sub": "alice", "scope": "orders.read"}"#;

/// A token that is bound to [`PARTNER`].
pub(crate) const BOUND: &str = r#"{"iss": "https://idp.example", "sub": "alice", "cnf":
    {"x5t#S256": "d60S5sM6pXl2d8s-wnMQvDqUhimDcriYidDEpYM0I0s"}}"#;

/// A policy with one API that asks for these credentials: `policy` of the configuration. Each method that it
/// names has its block. Nothing is told to the upstream.
pub(crate) fn policy(requirement: &Value) -> Value {
    let mut api = json!({
        "name": "orders",
        "match": {"hosts": ["api.example.com"]},
        "policy": requirement,
    });
    let blocks = [
        ("certificate", json!({"allow": ["partners"]})),
        ("jwt", json!({"issuers": ["https://idp.example"]})),
        (
            "api_key",
            json!({
                "lists": ["registered"],
                "from": [
                    {"header": "x-api-key"}, {"header": "authorization", "scheme": "ApiKey"},
                    {"query": "api_key"}, {"cookie": "key"},
                ],
            }),
        ),
    ];
    for (method, block) in blocks {
        if requirement.to_string().contains(method) {
            api[method] = block;
        }
    }
    json!({
        "version": 1,
        "lists": {
            "partners": {"entries": [{"sha256": PARTNER_FINGERPRINT, "identity": "partner-a"}]},
            "registered": list(),
        },
        "apis": [api],
    })
}

/// The filter under a policy, its list filled with [`KEY`], of which more is said.
fn running(policy: &Value, more: Value) -> Running<Filter> {
    Running::loaded(policy, [key(KEY, more)])
}

/// Registers a key, and says more of it.
pub(crate) fn key(key: &str, more: Value) -> Value {
    let mut entry = json!({"api_key": digest(key), "identity": "acme/app-7", "apis": ["*"]});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"put": entry})
}

/// What lists hold of a key.
fn digest(key: &str) -> String {
    KeyDigest::Sha256.hex(key.as_bytes()).unwrap()
}

fn request() -> Request {
    Request::get("https://api.example.com/orders").at(NOW)
}

fn by_key() -> Request {
    request().header("x-api-key", KEY)
}

fn by_query() -> Request {
    request().header(":path", format!("/orders?a=1&api_key={KEY}&b=2"))
}

fn by_cookie() -> Request {
    request().header("cookie", format!("a=1; key={KEY}; b=2"))
}

/// A request over the connection of the partner.
fn holding() -> Request {
    request().certificate(PARTNER)
}
