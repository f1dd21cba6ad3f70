//! Manifests: a policy and all that has to stand around it in Envoy, Istio or Envoy Gateway.
//!
//! A policy alone protects little: a listener that verifies certificates itself, resumes sessions, or
//! lacks the guard decides otherwise than the policy says. So what is rendered is complete.

mod argument;
mod envoy;
mod envoy_gateway;
mod feeds;
mod istio;
mod jwks;
mod jwt_authn;
mod quote;
mod rate_limit;
mod server;
mod template;
mod tokens;
mod version;

use peergate::Policy;

use crate::failure::Failure;

pub(crate) use envoy::Envoy;
pub(crate) use envoy_gateway::EnvoyGateway;
pub(crate) use istio::{Istio, IstioSidecar};

/// The guard's typed configuration, the same everywhere.
const GUARD: &str = include_str!("templates/guard.yaml");

/// Refuses a policy that chooses by hosts otherwise than the Envoy of every manifest here does, which is
/// without regard to the port: `Host: name:1` would fall under other rules than the route that Envoy takes.
pub(crate) fn agree_on_hosts(policy: &Policy) -> Result<(), Failure> {
    if policy.tells_ports_apart() {
        return Err(Failure::Input(
            "global.authority.ignore_port: has to be true here, where the policy matches hosts: Envoy \
             compares them without their port"
                .to_owned(),
        ));
    }
    Ok(())
}
