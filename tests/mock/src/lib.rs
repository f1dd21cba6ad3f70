//! A native proxy-wasm host for tests of Peergate and of policies for it.
//!
//! It defines the functions that Envoy offers a Wasm module, under their own names, and so runs the real
//! filter in an ordinary `cargo test`: its configuration reader, its decisions, its headers, counters and
//! log lines, without Envoy and without WebAssembly. What it answers is what Envoy answers.
//!
//! ```toml
//! [dev-dependencies]
//! peergate-mock = { path = "…" }
//! ```
//!
//! ```
//! use peergate_mock::{Filter, Request};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! const PARTNER: &str = "
//! -----BEGIN CERTIFICATE-----
//! MIIBVjCB/aADAgECAgEBMAoGCCqGSM49BAMCMBIxEDAOBgNVBAMMB3BhcnRuZXIw
//! HhcNMjYwMTAxMDAwMDAwWhcNMjcwMTAxMDAwMDAwWjASMRAwDgYDVQQDDAdwYXJ0
//! bmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvmzPx+8T8tp9P3sv+3PYjFuF
//! hRZvZUsgAZ3G8z5qtdZ26MlB+Bb9TjZDtlvDhGM0IkjyGrT+C30P5SVsnBtiI6NE
//! MEIwDAYDVR0TAQH/BAIwADATBgNVHSUEDDAKBggrBgEFBQcDAjAdBgNVHQ4EFgQU
//! hzvG8UQuTgS/MoWZn6NoeYSyzMYwCgYIKoZIzj0EAwIDSAAwRQIgVTqkUw3e75yx
//! j/7x5NUSqYK+NB00nzguZDToORyzovoCIQDY9s9SkiXE6TEdok3SosKssNKM8Q3h
//! hZvLLbnVSohpfA==
//! -----END CERTIFICATE-----";
//!
//! let filter = Filter::load(r#"{
//!   "version": 1,
//!   "lists": {"partners": {"entries": [{
//!     "sha256": "77ad12e6c33aa5797677cb3ec27310bc3a9486298372b89889d0c4a58334234b",
//!     "identity": "partner-a"
//!   }]}},
//!   "apis": [{
//!     "name": "employee",
//!     "match": {"hosts": ["api.example.com"], "path_prefix": "/employee"},
//!     "policy": "mandatory",
//!     "certificate": {"allow": ["partners"]}
//!   }],
//!   "forward": {"identity": "x-client-identity"}
//! }"#)?;
//!
//! // Who is listed passes, and the upstream learns who it is, whatever the client wrote there.
//! let request = Request::get("https://api.example.com/employee").at("2026-11-22T00:00:00Z");
//! let answer = filter.send(
//!     &request.clone().certificate(PARTNER).header("X-Client_Identity", "somebody-else"),
//! )?;
//! assert!(answer.passed());
//! assert_eq!(answer.upstream_headers("x-client-identity"), ["partner-a"]);
//! assert!(answer.upstream_headers("x-client_identity").is_empty());
//!
//! // Who shows no certificate is told so.
//! let answer = filter.send(&request)?;
//! assert_eq!(answer.status(), Some(403));
//! assert_eq!(answer.reason(), "certificate_required");
//!
//! // A certificate is of no use once it has expired.
//! let answer = filter.send(&request.certificate(PARTNER).at("2027-02-01T00:00:00Z"))?;
//! assert_eq!(answer.reason(), "certificate_expired");
//!
//! let denied = "peergate.api.employee.outcome.denied.reason.certificate_expired";
//! assert_eq!(filter.metric(denied), 1);
//!
//! // A policy with a mistake is refused, and every mistake is named.
//! let error = Filter::load(r#"{"version": 1, "apis": []}"#).unwrap_err();
//! assert_eq!(error.logs()[0].message, "invalid policy: apis: empty list");
//! # Ok(())
//! # }
//! ```
//!
//! A token is told by what a filter ahead says of it ([`Request::jwt_payload`], [`Request::jwt_refused`]), and
//! an API key is registered as in Envoy: by a feed, whose part the test plays.
//!
//! ```
//! use std::time::Duration;
//!
//! use peergate_mock::{CallResponse, Filter, Request};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! const NOW: &str = "2026-11-22T00:00:00Z";
//!
//! let filter = Filter::load(r#"{
//!   "version": 1,
//!   "lists": {"apps": {"feed": {"cluster": "feed", "path": "/v1/changes"}}},
//!   "apis": [{
//!     "name": "orders",
//!     "policy": {"any_of": ["jwt", "api_key"]},
//!     "jwt": {"issuers": ["https://idp.example"], "scopes": ["orders.read"]},
//!     "api_key": {"lists": ["apps"], "from": [{"header": "x-api-key"}]},
//!     "strip": true
//!   }],
//!   "forward": {"identity": "x-client-identity", "method": "x-client-auth"}
//! }"#)?;
//!
//! // The filter asks the feed, and the test answers: with an app by the SHA-256 of its key. While the clock
//! // stands still, the filter does at once what it would otherwise spread over several ticks.
//! filter.set_monotonic(Duration::from_secs(1));
//! filter.tick(NOW)?;
//! for call in filter.pending_calls() {
//!     let page = r#"{"version": 1, "cursor": "1", "changes": [{"put": {
//!       "api_key": "4ac652f3d2b7af08a9851eadc4ca7f50cdfe961e49f63aa03071a602c91dce88",
//!       "identity": "acme/app-7", "apis": ["orders"]
//!     }}]}"#;
//!     filter.answer_call(call.token, CallResponse::new(200).body(page), NOW)?;
//! }
//!
//! // Who has a token passes by it, and who has a key by that. The key is for the filter alone.
//! let request = Request::get("https://api.example.com/orders").at(NOW);
//! let token = r#"{"iss": "https://idp.example", "sub": "alice", "scope": "orders.read"}"#;
//! let answer = filter.send(&request.clone().jwt_payload(token))?;
//! assert_eq!(answer.upstream_headers("x-client-identity"), ["https://idp.example#alice"]);
//! assert_eq!(answer.upstream_headers("x-client-auth"), ["jwt"]);
//! let answer = filter.send(&request.clone().header("x-api-key", "key-of-app-7-0123456789"))?;
//! assert_eq!(answer.upstream_headers("x-client-identity"), ["acme/app-7"]);
//! assert!(answer.upstream_headers("x-api-key").is_empty());
//!
//! // Nobody passes without either, by a token that grants less, or by one that does not verify.
//! assert_eq!(filter.send(&request)?.reason(), "jwt_required");
//! let token = r#"{"iss": "https://idp.example", "sub": "alice", "scope": "orders.list"}"#;
//! assert_eq!(filter.send(&request.clone().jwt_payload(token))?.reason(), "jwt_insufficient");
//! assert_eq!(filter.send(&request.jwt_refused())?.status(), Some(401));
//! # Ok(())
//! # }
//! ```
//!
//! A thread is one of Envoy's workers: what one test does, no other sees. The filter keeps its memory from
//! request to request, as it does in Envoy. A panic inside the filter, which would be a trap there, ends
//! the test process with its message.
//!
//! Time passes when a test says so: [`Filter::tick`] calls the filter as Envoy's timer does. Filters on
//! several threads share data once their threads join the same [`SharedData`]. Foreign functions are those
//! that a test offers ([`Filter::offer_foreign_function`]).
//!
//! The sync service, which fills dynamic lists in place of the filter, is there too: [`Service`].
//!
//! A request that the filter may hold is [opened](Filter::open) instead of sent: it stays open while time
//! passes. Calls that the filter makes to other services wait for a test to answer them
//! ([`Filter::answer_call`]).
//!
//! What is not there: request and response bodies, responses, gRPC calls, shared queues. A filter that asks
//! for one of these is told that it is not implemented, and the log says so.
#![cfg(not(target_family = "wasm"))]

#[expect(unsafe_code, reason = "defines the proxy-wasm ABI: one module, behind safe functions")]
mod abi;
mod answer;
mod call;
mod clock;
mod contexts;
mod fault;
mod filter;
mod foreign;
mod http_call;
mod lifecycle;
mod load_error;
mod malformed;
mod metadata;
mod open;
mod pairs;
mod request;
mod service;
mod shared;
mod status;
mod stream;
mod tick;
mod turn;
mod world;
mod xfcc;

pub use answer::{Answer, Reply};
pub use call::{Call, HostCall, Level, Log};
pub use clock::MalformedTime;
pub use fault::Fault;
pub use filter::Filter;
pub use http_call::{AnswerError, CallResponse, HttpCall};
pub use load_error::LoadError;
pub use malformed::MalformedRequest;
pub use metadata::MalformedMetadata;
pub use open::{OpenStream, StreamState};
pub use request::Request;
pub use service::Service;
pub use shared::SharedData;
pub use status::Status;
pub use tick::Tick;
