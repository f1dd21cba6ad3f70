//! What follows from a call of a request that goes wrong.

use peergate_mock::{Call, Status};

use super::wrong::{Place, Wrong};

/// What becomes of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The same as without the fault: the call decides nothing, or not alone.
    Same,
    /// The same as on a connection that has no such property.
    Without(&'static [&'static str]),
    /// It is refused for one of these.
    Refused(&'static [&'static str]),
    /// Whatever became of it: the host says that it has done what it has not.
    Lied,
}

use Expected::{Lied, Refused, Same, Without};

const INTERNAL: Expected = Refused(&["internal"]);

impl Expected {
    /// Of a request that passes otherwise.
    pub(super) fn of(place: &Place, wrong: &Wrong) -> Self {
        let call = place.made.call;
        match call {
            // A lost count and a lost line are no reason to refuse.
            Call::Log | Call::LogLevel | Call::DefineMetric | Call::IncrementMetric => Same,
            // The time of a line in the log.
            Call::Time if place.is_after => Same,
            _ if wrong.is_lie(call) => Lied,
            Call::Property if wrong.is_absence(call) => absent(place.argument()),
            Call::Property => match wrong {
                Wrong::Bytes(_) => odd(place.argument()),
                _ => INTERNAL,
            },
            Call::HeaderPairs if *wrong == Wrong::Empty => match place.argument() {
                // There are none, for all that anybody can see.
                "trailers" => Lied,
                _ => Refused(&["bad_target"]),
            },
            // The guest verifies the signature itself.
            Call::ForeignFunction => Same,
            Call::SharedData if wrong.is_absence(call) => match place.argument() {
                SALT => Same,
                // A bucket of a list that grants, one of a list that denies, a slot of rates, or a head.
                _ => Refused(&[
                    "certificate_not_allowed",
                    "api_key_unknown",
                    "list_stale",
                    "allowed",
                ]),
            },
            // Whatever lies there, all take the same.
            Call::SharedData if place.argument() == SALT && is_bytes(wrong) => Same,
            // What is none of ours counts as if everybody in it had used up his burst.
            Call::SharedData if is_bytes(wrong) => Refused(&["internal", "rate_limited"]),
            // Somebody else was faster: it is asked for again, and nobody has made it.
            Call::SetSharedData if place.argument() == SALT => INTERNAL,
            // The same of a count, which is tried again.
            Call::SetSharedData if *wrong == Wrong::Status(Status::CAS_MISMATCH.0) => Same,
            _ => INTERNAL,
        }
    }
}

fn is_bytes(wrong: &Wrong) -> bool {
    matches!(wrong, Wrong::Bytes(_))
}

/// To say that there is none is no fault.
fn absent(property: &str) -> Expected {
    match property {
        "plugin_name" => Same,
        "metadata" => Refused(&["jwt_required"]),
        "connection.peer_certificate" => Without(&["connection", "peer_certificate"]),
        "connection.sha256_peer_certificate_digest" => {
            Without(&["connection", "sha256_peer_certificate_digest"])
        }
        "connection.requested_server_name" => Refused(&["misdirected"]),
        "connection.tls_version" => Without(&["connection", "tls_version"]),
        "filter_state.peergate.peer_certificate" => {
            Without(&["filter_state", "peergate.peer_certificate"])
        }
        "xds.route_name" | "xds.virtual_host_name" => Refused(&["no_matching_api"]),
        _ => INTERNAL,
    }
}

/// Bytes that are no value of the property.
fn odd(property: &str) -> Expected {
    match property {
        // Any name will do, and any version.
        "plugin_name" | "connection.tls_version" => Same,
        // Other names than those that match.
        "xds.route_name" | "xds.virtual_host_name" => Refused(&["no_matching_api"]),
        "connection.requested_server_name" => Refused(&["misdirected"]),
        "connection.peer_certificate" | "filter_state.peergate.peer_certificate" => {
            Refused(&["certificate_malformed"])
        }
        _ => INTERNAL,
    }
}

const SALT: &str = "peergate/salt";
