//! Manifests: a policy and all that has to stand around it in Envoy, Istio or Envoy Gateway.
//!
//! A policy alone protects little: a listener that verifies certificates itself, resumes sessions, or
//! lacks the guard decides otherwise than the policy says. So what is rendered is complete.

mod argument;
mod envoy;
mod envoy_gateway;
mod istio;
mod quote;
mod template;

pub(crate) use envoy::Envoy;
pub(crate) use envoy_gateway::EnvoyGateway;
pub(crate) use istio::Istio;

/// The guard's typed configuration, the same everywhere.
const GUARD: &str = include_str!("templates/guard.yaml");
