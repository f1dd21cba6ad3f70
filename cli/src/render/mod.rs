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

use serde_json::Value;

use crate::failure::Failure;

pub(crate) use envoy::Envoy;
pub(crate) use envoy_gateway::EnvoyGateway;
pub(crate) use istio::Istio;

/// The guard's typed configuration, the same everywhere.
const GUARD: &str = include_str!("templates/guard.yaml");

/// Refuses a policy that chooses by hosts otherwise than the Envoy of every manifest here does, which is
/// without regard to the port: `Host: name:1` would fall under other rules than the route that Envoy takes.
pub(crate) fn agree_on_hosts(policy: &Value) -> Result<(), Failure> {
    let list = |value: Option<&Value>| match value {
        Some(Value::Array(items)) => items.clone(),
        Some(item) => vec![item.clone()],
        None => vec![],
    };
    let apis = list(policy.get("apis"));
    let operations = apis.iter().flat_map(|api| list(api.get("operations")));
    let owners: Vec<Value> = apis.iter().cloned().chain(operations).collect();
    let mut rules = owners.iter().flat_map(|owner| list(owner.get("match")));
    let ignores_port = policy.pointer("/global/authority/ignore_port") == Some(&Value::Bool(true));
    if !ignores_port && rules.any(|rule| rule.get("hosts").is_some()) {
        return Err(Failure::Input(
            "global.authority.ignore_port: has to be true here, where the policy matches hosts: Envoy \
             compares them without their port"
                .to_owned(),
        ));
    }
    Ok(())
}
