//! A token, as the filter that verifies it tells of it.

use peergate::Policy;
use peergate::metadata::{JWT_FAILED_STATUS, JWT_PAYLOAD};
use serde_json::{Map, Value, json};

/// A token that a request carries.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// One that holds: what it claims.
    Verified(Map<String, Value>),
    /// One that does not: its time is over, say.
    Refused,
}

impl Token {
    /// What `jwt_authn` says of it: under every name by which a policy reads tokens, so that it is told to
    /// whichever API decides.
    pub fn said(&self, policy: &Policy) -> Map<String, Value> {
        let mut names = policy.token_names();
        if names.is_empty() {
            names.push((JWT_PAYLOAD, JWT_FAILED_STATUS));
        }
        let said = names.into_iter().map(|(payload, failed_status)| match self {
            Self::Verified(claims) => (payload.to_owned(), Value::Object(claims.clone())),
            // As jwt_authn says it of an expired one.
            Self::Refused => {
                (failed_status.to_owned(), json!({ "code": 3, "message": "Jwt is expired" }))
            }
        });
        said.collect()
    }
}
