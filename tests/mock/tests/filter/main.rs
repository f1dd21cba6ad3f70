//! The filter in the mock: what it makes of policies, requests and failing hosts.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy sees tests in #[test] functions alone, and not in what they share"
)]

mod authorities;
mod chain;
mod credentials;
mod dynamic;
mod expiry;
mod faults;
mod memory;
mod plugin;
mod policy;
mod request;
mod traces;
mod walk;

use peergate_mock::{Answer, Filter, Request};

/// On the list of [`policy`]; valid through 2026.
pub(crate) const PARTNER: &str = include_str!("../certificates/partner.pem");

/// SHA-256 of [`PARTNER`].
pub(crate) const PARTNER_FINGERPRINT: &str =
    "77ad12e6c33aa5797677cb3ec27310bc3a9486298372b89889d0c4a58334234b";

/// On no list; valid through 2026.
pub(crate) const STRANGER: &str = include_str!("../certificates/stranger.pem");

/// When the tests take place.
pub(crate) const NOW: &str = "2026-11-22T00:00:00Z";

/// Admits the partner to one API.
pub(crate) fn policy() -> serde_json::Value {
    serde_json::json!({
        "version": 1,
        "lists": {"partners": {"entries": [
            {"sha256": PARTNER_FINGERPRINT, "identity": "partner-a", "labels": {"tier": "gold"}}
        ]}},
        "apis": [{
            "name": "employee",
            "match": {"hosts": ["api.example.com"]},
            "policy": "mandatory",
            "certificate": {"allow": ["partners"]},
        }],
        "forward": {
            "identity": "x-client-identity",
            "method": "x-client-auth",
            "fingerprint": "x-client-cert-sha256",
            "labels": {"tier": "x-client-tier"},
        },
    })
}

/// The filter under [`policy`].
pub(crate) fn filter() -> Filter {
    load(&policy())
}

/// The filter under a policy that it accepts.
pub(crate) fn load(policy: &serde_json::Value) -> Filter {
    Filter::load(&policy.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

/// A request for [`policy`]'s API, without a certificate.
pub(crate) fn request() -> Request {
    Request::get("https://api.example.com/employee").at(NOW)
}

/// Sends a request that is well-formed.
pub(crate) fn send(filter: &Filter, request: Request) -> Answer {
    filter.send(&request).unwrap_or_else(|error| panic!("{error}"))
}
