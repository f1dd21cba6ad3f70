//! Limits for a fleet: Envoy's own filter, which asks a service, behind the guard.

use peergate::Policy;

use crate::failure::Failure;

use super::argument::Endpoint;
use super::quote;
use super::template::fill;

/// The filter, as an item of `http_filters`.
///
/// # Errors
/// A policy that does not tell other filters who a client is, and as [`fill`].
pub(crate) fn filter(policy: &Policy) -> Result<String, Failure> {
    let states: Vec<&str> = policy.forwarded_states().collect();
    if !states.contains(&"identity") {
        return Err(Failure::Input(
            "forward.filter_state: has to name identity, which --rate-limit-service counts by"
                .to_owned(),
        ));
    }
    let words = ["api", "identity"].into_iter().filter(|word| states.contains(word));
    let action = |word| fill(include_str!("templates/ratelimit-action.yaml"), &[("word", word)]);
    let actions: String = words.map(action).collect::<Result<_, _>>()?;
    fill(include_str!("templates/ratelimit.yaml"), &[("actions", &actions)])
}

/// The service, as an item of `clusters`.
///
/// # Errors
/// As [`fill`].
pub(crate) fn cluster(service: &Endpoint) -> Result<String, Failure> {
    let (host, port) = (quote::text(&service.host), service.port.to_string());
    fill(include_str!("templates/ratelimit-cluster.yaml"), &[("host", &host), ("port", &port)])
}
