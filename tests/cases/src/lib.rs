//! Decision cases: tables of requests and of what a policy must make of them.
//!
//! A file of cases is data: a policy, certificates, and requests with what is expected of each. It is run
//! by the very core that decides in Envoy, natively, on wasm32, and for users by `peergate test`.
//!
//! ```
//! let document = serde_json::json!({
//!     "description": "Only who is on the list",
//!     "at": "2026-01-01T00:00:00Z",
//!     "policy": { "version": 1, "apis": [{ "name": "public", "policy": "open" }] },
//!     "cases": [{
//!         "description": "anybody may read",
//!         "request": { "path": "/" },
//!         "expect": { "outcome": "allowed", "reason": "anonymous" },
//!     }],
//! });
//! let table = peergate_cases::Table::read(document, &|_| Err("no other files".into()))?;
//! assert!(table.run().iter().all(peergate_cases::Checked::passed));
//! # Ok::<(), peergate_cases::Unusable>(())
//! ```
#![forbid(unsafe_code)]

mod certificate;
mod connection;
mod contents;
mod difference;
mod expectation;
mod fixture;
mod format;
mod material;
mod moment;
mod placeholder;
mod reader;
mod request;
mod staging;
mod table;
mod token;
mod unusable;

pub use certificate::Certificate;
pub use contents::page;
pub use difference::Difference;
pub use fixture::{Fixture, Property};
pub use moment::{NoMoment, moment};
pub use request::Request;
pub use table::{Checked, Load, Table};
pub use token::Token;
pub use unusable::Unusable;
