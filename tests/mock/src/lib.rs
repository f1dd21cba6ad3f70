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
pub use open::{OpenStream, StreamState};
pub use request::Request;
pub use service::Service;
pub use shared::SharedData;
pub use status::Status;
pub use tick::Tick;
