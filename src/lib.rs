//! Peergate's core: decides, per API and per request, which client certificates may pass.
//!
//! Pure: no IO, no clock, no globals. A configuration becomes a [`Policy`], which cannot be invalid; a
//! request is judged by [`Policy::judge`] on what a [`Source`] shows of it; the [`Verdict`] becomes
//! [`Effects`], which somebody else carries out: the filter in Envoy, the command line, a test.
#![forbid(unsafe_code)]

mod alike;
mod api_key;
mod audit;
mod authority;
mod believed;
mod bytes;
pub mod carrier;
mod certificate;
mod config;
mod decision;
mod digest;
mod digits;
mod doubts;
pub mod dynamic;
mod effects;
mod evidence;
mod expiry;
pub mod feed;
mod fit;
pub mod follower;
mod header_name;
mod lengths;
mod list;
mod location;
mod matched;
mod memory;
pub mod metadata;
mod name;
mod policy;
mod rate;
mod readiness;
mod reason;
mod reply;
mod request;
mod serial;
mod signature;
mod surroundings;
mod target;
mod token;

pub use api_key::KeyDigest;
pub use audit::Audit;
pub use certificate::{Leaf, MalformedCertificate, Validity};
pub use config::{Problem, Problems};
pub use decision::{Accepted, Aim, Outcome, Pass, Ticket, Tried, Verdict};
pub use digest::{Fingerprint, KeyHash, MalformedDigest, TbsHash};
pub use effects::{CONNECTION, Effects, GUARD, UNMATCHED, VERDICT};
pub use evidence::{Reading, Source, Unreadable};
pub use expiry::{Ending, ListState};
pub use location::Location;
pub use matched::Matched;
pub use memory::Memory;
pub use name::{MalformedName, Name};
pub use policy::{Api, Credential, Policy};
pub use reason::{Reason, Status};
pub use reply::{Reply, internal_refusal};
pub use request::Headers;
pub use serial::{MalformedSerial, Serial};
pub use signature::{HostVerifier, SignatureCheck};
pub use surroundings::ExpectedTokens;
