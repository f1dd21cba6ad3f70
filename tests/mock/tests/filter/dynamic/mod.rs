//! Dynamic lists: the filter and the sync service between a feed, shared data and clients. The feed is
//! played here, and so is time.

mod age;
mod cost;
mod ends;
mod faults;
mod feed;
mod garbage;
mod leaders;
mod ready;
pub(crate) mod running;
mod service;
mod spaces;
mod start;

use std::time::Duration;

use peergate_mock::{CallResponse, Fault, Filter, Request, Service, SharedData, Status, Tick};
use serde_json::{Value, json};

use self::running::{Clock, Plugin as _, Running, Worker, worker};
use crate::NOW;

/// Clients that are known by their fingerprints alone.
const ALICE: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
const BOB: &str = "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0";

/// SHA-256 of [`STRANGER`](crate::STRANGER).
pub(crate) const STRANGER_FINGERPRINT: &str =
    "19781ac82e16221af4fff15fb8f57c5d3387c63f6a55ca5b24835d4f13c422f9";

/// How long a leader leads without a word.
const LEASE: Duration = Duration::from_secs(3);

/// A list that a feed fills.
pub(crate) fn list() -> Value {
    json!({
        "feed": {"cluster": "feed", "authority": "feed.internal", "path": "/v1/changes"},
        "secret": "0123456789abcdef",
    })
}

/// Admits whoever is on the list to one API, and everybody to another.
fn policy() -> Value {
    json!({
        "version": 1,
        "lists": {"registered": list()},
        "apis": [
            {
                "name": "employee",
                "match": {"hosts": ["api.example.com"], "path_prefix": "/employee"},
                "policy": "mandatory",
                "certificate": {"allow": ["registered"], "validity": "unchecked"},
            },
            {
                "name": "public",
                "match": {"hosts": ["api.example.com"], "path_prefix": "/public"},
                "policy": "open",
            },
        ],
        "forward": {
            "identity": "x-client-identity",
            "method": "x-client-auth",
            "fingerprint": "x-client-cert-sha256",
            "labels": {"plan": "x-client-plan"},
        },
    })
}

/// The same policy where the list refuses too.
fn denying(policy: &Value) -> Value {
    let mut policy = policy.clone();
    policy["apis"][0]["certificate"]["deny"] = json!(["registered"]);
    policy
}

/// The lists of [`policy`], as the service reads them.
fn lists() -> Value {
    json!({"version": 1, "lists": {"registered": list()}})
}

/// A request to the API that asks for a certificate, by a client.
fn by(fingerprint: &str) -> Request {
    Request::get("https://api.example.com/employee").fingerprint(fingerprint).at(NOW)
}

/// The same, where Envoy knows the whole certificate (PEM).
fn holding(certificate: &str) -> Request {
    Request::get("https://api.example.com/employee").certificate(certificate).at(NOW)
}

fn put(fingerprint: &str) -> Value {
    entry(fingerprint, json!({}))
}

/// Puts an entry with more members than it must have.
fn entry(fingerprint: &str, more: Value) -> Value {
    let mut entry = json!({"certificate": fingerprint, "apis": ["*"]});
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"put": entry})
}

fn delete(fingerprint: &str) -> Value {
    json!({"delete": {"certificate": fingerprint}})
}

/// A page with an answer's version for its cursor.
pub(crate) fn page(version: u64, changes: impl IntoIterator<Item = Value>) -> CallResponse {
    let changes: Vec<Value> = changes.into_iter().collect();
    body(&json!({"version": version, "cursor": format!("c{version}"), "changes": changes}))
}

/// The same for all that there is.
pub(crate) fn reset(version: u64, changes: impl IntoIterator<Item = Value>) -> CallResponse {
    let changes: Vec<Value> = changes.into_iter().collect();
    let cursor = format!("c{version}");
    body(&json!({"version": version, "cursor": cursor, "reset": true, "changes": changes}))
}

pub(crate) fn body(page: &Value) -> CallResponse {
    CallResponse::new(200).body(page.to_string())
}
